import type { DatabaseSync } from "node:sqlite";
import { defineScalar, defineVariadic, type Scalar } from "./define_function.ts";

/** Trino's functions of numbers. Source: Trino, "Mathematical functions and operators". */
export function defineNumberFunctions(db: DatabaseSync): void {
  const scalar = (name: string, length: number, fn: (...values: Scalar[]) => Scalar) =>
    defineScalar(db, name, length, fn);
  for (const [name, fn] of Object.entries(MATH)) scalar(name, 1, (x) => double(fn(Number(x))));
  for (const [name, fn] of Object.entries(WHOLE)) {
    scalar(name, 1, (x) => typeof x === "bigint" ? x : double(fn(Number(x))));
  }
  for (const name of ["power", "pow"]) scalar(name, 2, (x, y) => double(Number(x) ** Number(y)));
  scalar("log", 2, (base, x) => double(Math.log(Number(x)) / Math.log(Number(base))));
  scalar("mod", 2, (a, b) => {
    if (Number(b) === 0) return null;
    return typeof a === "bigint" && typeof b === "bigint" ? a % b : Number(a) % Number(b);
  });
  scalar("round", 1, (x) => rounded(x, 0));
  scalar("round", 2, (x, digits) => rounded(x, Number(digits)));
  scalar("bitwise_and", 2, (a, b) => BigInt(a!) & BigInt(b!));
  scalar("bitwise_or", 2, (a, b) => BigInt(a!) | BigInt(b!));
  scalar("bitwise_xor", 2, (a, b) => BigInt(a!) ^ BigInt(b!));
  scalar("atan2", 2, (y, x) => double(Math.atan2(Number(y), Number(x))));
  db.function("e", { deterministic: true }, () => Math.E);
  db.function("pi", { deterministic: true }, () => Math.PI);
  for (const [name, sign] of [["greatest", 1], ["least", -1]] as const) {
    defineVariadic(
      db,
      name,
      (...values) =>
        values.reduce((best, value) =>
          (sign === 1 ? value! > best! : value! < best!) ? value : best
        ),
    );
  }
}

const MATH: Record<string, (x: number) => number> = {
  sqrt: Math.sqrt,
  cbrt: Math.cbrt,
  exp: Math.exp,
  ln: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  radians: (x) => x / 180 * Math.PI,
  degrees: (x) => x * 180 / Math.PI,
};

const WHOLE: Record<string, (x: number) => number> = {
  floor: Math.floor,
  ceil: Math.ceil,
  ceiling: Math.ceil,
  truncate: Math.trunc,
};

/** SQLite has no NaN; it would store it as NULL too. */
function double(value: number): Scalar {
  return Number.isNaN(value) ? null : value;
}

/** Half away from zero, after a multiplication of doubles as Trino's. */
function rounded(value: Scalar, digits: number): Scalar {
  if (typeof value === "bigint") {
    if (digits >= 0) return value;
    const unit = 10n ** BigInt(-digits);
    const half = value < 0n ? -unit / 2n : unit / 2n;
    return (value + half) / unit * unit;
  }
  const x = Number(value);
  const factor = 10 ** digits;
  const scaled = Math.round(Math.abs(x) * factor);
  // Larger ones have no digits to round.
  if (!(scaled < 2 ** 53)) return x;
  return x < 0 ? -scaled / factor || 0 : scaled / factor;
}
