import { murmur3 } from "../../lake/murmur3.ts";
import { DAY_MS } from "../../schema/calendar.ts";
import type { SingleValue } from "./bounds.ts";

/** Type of a transform's result. Source: https://iceberg.apache.org/spec/#partition-transforms */
export function transformedType(transform: string, type: string): string {
  if (transform === "identity") return type;
  if (transform === "day") return "date";
  return "int";
}

/** Whether values of a partition can be computed here. */
export function isKnownTransform(transform: string): boolean {
  return /^(identity|year|month|day|hour|bucket\[\d+\])$/.test(transform);
}

/**
 * The partition's value of a column's value.
 * @param value `null` stays `null`; a date is days since 1970, a timestamp microseconds
 * @param type Iceberg's name of the column's type
 */
export function transformed(
  transform: string,
  value: SingleValue | null,
  type: string,
): SingleValue | null {
  if (value === null || transform === "identity") return value;
  const bucket = /^bucket\[(\d+)\]$/.exec(transform);
  if (bucket !== null) return (hash(value, type) & 0x7fffffff) % Number(bucket[1]);
  const isDate = type === "date";
  const ms = isDate ? (value as number) * DAY_MS : floorDiv(value as bigint, 1000n);
  switch (transform) {
    case "day":
      return Math.floor(ms / DAY_MS);
    case "hour":
      return Math.floor(ms / 3_600_000);
    case "year":
      return new Date(ms).getUTCFullYear() - 1970;
    case "month": {
      const date = new Date(ms);
      return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
    }
    default:
      throw new Error(`no transform ${transform}`);
  }
}

function floorDiv(value: bigint, by: bigint): number {
  const quotient = value / by;
  return Number(value % by < 0n ? quotient - 1n : quotient);
}

/** Iceberg's hash: https://iceberg.apache.org/spec/#appendix-b-32-bit-hash-requirements */
function hash(value: SingleValue, type: string): number {
  if (type === "string") return murmur3(new TextEncoder().encode(value as string));
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value as number | bigint), true);
  return murmur3(bytes);
}
