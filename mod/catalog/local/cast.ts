import type { DatabaseSync } from "node:sqlite";
import { dateText, tryDateParts } from "./date_parts.ts";
import type { Scalar } from "./define_function.ts";

/**
 * Functions that implement CAST and TRY_CAST to Trino's types, with the type's name as second
 * argument.
 */
export const CAST = "ticklake_cast";
export const TRY_CAST = "ticklake_try_cast";

/** Defines {@linkcode CAST} and {@linkcode TRY_CAST}. */
export function defineCasts(db: DatabaseSync): void {
  const options = { deterministic: true, useBigIntArguments: true } as const;
  const cast = (value: Scalar, type: Scalar): Scalar | undefined =>
    value === null ? null : CASTS[String(type)](value);
  db.function(
    CAST,
    options,
    ((value: Scalar, type: Scalar) => {
      const result = cast(value, type);
      if (result !== undefined) return result;
      throw new Error(`cannot cast ${JSON.stringify(String(value))} to ${type}`);
    }) as never,
  );
  db.function(
    TRY_CAST,
    options,
    ((value: Scalar, type: Scalar) => cast(value, type) ?? null) as never,
  );
}

/** By type: the converted value, `undefined` if that is not possible. */
const CASTS: Record<string, (value: string | number | bigint) => Scalar | undefined> = {
  bigint: (value) => whole(value, 63),
  integer: (value) => whole(value, 31),
  int: (value) => whole(value, 31),
  smallint: (value) => whole(value, 15),
  tinyint: (value) => whole(value, 7),
  double: number,
  real: (value) => {
    const x = number(value);
    return x === undefined ? undefined : Math.fround(x);
  },
  decimal: number,
  varchar: (value) => typeof value === "number" ? doubleText(value) : String(value),
  boolean: (value) => {
    if (typeof value !== "string") return Number(value) === 0 ? 0n : 1n;
    const word = value.toLowerCase();
    if (["true", "t", "1"].includes(word)) return 1n;
    return ["false", "f", "0"].includes(word) ? 0n : undefined;
  },
  date: (value) => {
    const parts = tryDateParts(String(value).trim());
    return parts && dateText(parts.days, 0, true);
  },
  timestamp: (value) => {
    const parts = tryDateParts(String(value).trim());
    return parts && dateText(parts.days, parts.ms, false);
  },
};

/** Names of the types that a value can be cast to here. */
export const CAST_TYPES: ReadonlySet<string> = new Set(Object.keys(CASTS));

/** An integer of so many bits and a sign; doubles are rounded, half away from zero. */
function whole(value: string | number | bigint, bits: number): bigint | undefined {
  const found = typeof value === "bigint"
    ? value
    : typeof value === "string"
    ? /^\s*[+-]?\d+\s*$/.test(value) ? BigInt(value.trim().replace(/^\+/, "")) : undefined
    : Number.isFinite(value)
    ? BigInt(Math.sign(value) * Math.round(Math.abs(value)))
    : undefined;
  if (found === undefined) return undefined;
  return BigInt.asIntN(bits + 1, found) === found ? found : undefined;
}

function number(value: string | number | bigint): number | undefined {
  if (typeof value !== "string") return Number(value);
  return /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(value) ? Number(value) : undefined;
}

/** A double as Trino writes it: `2.5E0`. */
function doubleText(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (value === 0) return "0E0";
  const [mantissa, exponent] = value.toExponential().split("e");
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
}
