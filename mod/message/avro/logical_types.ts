import avro from "avsc";
import { DAY_MS } from "../../schema/calendar.ts";
import { Instant } from "../payload.ts";
import { unscaled } from "../unscaled.ts";

const { LogicalType } = avro.types;

/**
 * Avro's logical types that a column can have, by name.
 * @param onDecimal told when a schema has a decimal
 */
export function logicalTypes(onDecimal: () => void): Record<string, LogicalTypeClass> {
  const perMs = (units: number) => instants((value) => ms(value, units));
  const millis = perMs(1);
  const micros = perMs(1e3);
  const nanos = perMs(1e6);
  return {
    date: instants((days) => Number(days) * DAY_MS, true),
    "timestamp-millis": millis,
    "timestamp-micros": micros,
    "timestamp-nanos": nanos,
    "local-timestamp-millis": millis,
    "local-timestamp-micros": micros,
    "local-timestamp-nanos": nanos,
    decimal: decimals(onDecimal),
  };
}

type LogicalTypeClass = new (schema: avro.Schema, options?: unknown) => avro.types.LogicalType;

/** Whole milliseconds, towards the past. */
function ms(value: number | bigint, units: number): number {
  if (typeof value === "number") return Math.floor(value / units);
  const divisor = BigInt(units);
  const quotient = value / divisor;
  return Number(value < 0n && value % divisor !== 0n ? quotient - 1n : quotient);
}

function instants(toMs: (value: number | bigint) => number, isDay = false): LogicalTypeClass {
  return class extends LogicalType {
    protected override _fromValue(value: unknown): Instant {
      return new Instant(toMs(value as number | bigint), isDay);
    }
    protected override _toValue(value: unknown): unknown {
      return value;
    }
  } as unknown as LogicalTypeClass;
}

function decimals(onDecimal: () => void): LogicalTypeClass {
  return class extends LogicalType {
    readonly #scale: number;
    constructor(schema: { scale?: number }, options?: unknown) {
      super(schema as avro.Schema, options as never);
      this.#scale = schema.scale ?? 0;
      onDecimal();
    }
    protected override _export(attributes: avro.Schema): void {
      (attributes as { scale?: number }).scale = this.#scale;
    }
    protected override _fromValue(value: unknown): number {
      return Number(`${unscaled(value as Uint8Array | undefined)}e-${this.#scale}`);
    }
    protected override _toValue(value: unknown): unknown {
      return value;
    }
  } as unknown as LogicalTypeClass;
}
