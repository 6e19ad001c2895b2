import { Failure } from "../failure/failure.ts";

/** Kinds of value that a setting can have, and what each becomes in the program. */
export interface ValueTypes {
  string: string;
  boolean: boolean;
  /** An integer, zero or more. */
  integer: number;
  /** Milliseconds, at most {@linkcode LONGEST_MS}; written `500ms`, `1s`, `5m`, `2h`. */
  duration: number;
  /** Bytes; written `512KiB`, `64MiB`, `1GiB` or a plain number. */
  size: number;
  /** Rows a second; `max` is `Infinity`. */
  rate: number;
  /** One of a list of words. */
  choice: string;
}

/** Name of a kind of value. */
export type ValueType = keyof ValueTypes;

const DURATION_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const SIZE_BYTES: Record<string, number> = {
  "": 1,
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
};

/** The longest duration that a timer supports, 596 hours; a longer one would fire immediately. */
const LONGEST_MS = 2 ** 31 - 1;

/** What a value of each kind looks like, for messages and help. */
export const EXPECTED: Readonly<Record<Exclude<ValueType, "choice">, string>> = {
  string: "text",
  boolean: "true or false",
  integer: "a whole number, 0 or more",
  duration: "a duration such as 500ms, 1s, 5m or 2h, at most 596h",
  size: "a size such as 64MiB, 512KiB or a number of bytes",
  rate: "a number of rows a second above 0, or max",
};

/** What {@linkcode parseValue} has to know of a setting. */
export interface ValueRule {
  type: ValueType;
  /** Allowed words, for the type `choice`. */
  choices?: readonly string[];
  /** Smallest value, for `integer` and `size`. @default {0} */
  min?: number;
  /** Largest value, for `size`. @default {no limit} */
  max?: number;
  /** Never printed. */
  secret?: true;
}

/**
 * Reads one value.
 * @param source where the text came from, as the message names it: `--interval`, `KAFKA_TOPIC in .env`
 * @throws {Failure} kind `usage`, naming the source, what was found (but no secret) and what was expected
 */
export function parseValue(
  rule: ValueRule,
  text: string,
  source: string,
): ValueTypes[ValueType] {
  // A secret may begin or end with a blank.
  const value = read(rule, rule.secret === true ? text : text.trim());
  if (value !== undefined) return value;
  const found = rule.secret === true ? "something else" : JSON.stringify(text);
  throw new Failure("usage", `${source}: expected ${expected(rule)}, found ${found}`);
}

function expected(rule: ValueRule): string {
  return rule.type === "choice" ? `one of ${rule.choices!.join(", ")}` : expectedValue(rule);
}

/** What a value of any type but `choice` must be. */
export function expectedValue(
  { type, min, max }: Pick<ValueRule, "type" | "min" | "max">,
): string {
  if (type === "size" && min !== undefined && max !== undefined) {
    return `a size from ${formatValue(type, min)} to ${formatValue(type, max)}`;
  }
  if (type === "integer" && min !== undefined) return `a whole number, ${min} or more`;
  return EXPECTED[type as keyof typeof EXPECTED];
}

function read(
  { type, choices = [], min = 0, max = Number.MAX_SAFE_INTEGER }: ValueRule,
  text: string,
): ValueTypes[ValueType] | undefined {
  switch (type) {
    case "string":
      return text === "" ? undefined : text;
    case "boolean":
      if (/^(true|1|yes|on)$/i.test(text)) return true;
      return /^(false|0|no|off)$/i.test(text) ? false : undefined;
    case "integer": {
      const number = Number(text);
      const fits = /^\d+$/.test(text) && Number.isSafeInteger(number) && number >= min;
      return fits ? number : undefined;
    }
    case "duration":
      return scaled(text, DURATION_MS, LONGEST_MS);
    case "size": {
      const size = scaled(text, SIZE_BYTES, max);
      return size === undefined || size < min ? undefined : size;
    }
    case "rate": {
      if (text === "max") return Infinity;
      const number = Number(text);
      return /^\d+(\.\d+)?$/.test(text) && number > 0 ? number : undefined;
    }
    case "choice":
      return choices.includes(text) ? text : undefined;
  }
}

function scaled(
  text: string,
  units: Record<string, number>,
  largest: number,
): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text);
  if (match === null || !Object.hasOwn(units, match[2])) return undefined;
  const value = Math.round(Number(match[1]) * units[match[2]]);
  return value <= largest ? value : undefined;
}

/** Writes a value the way {@linkcode parseValue} reads it. */
export function formatValue(type: ValueType, value: ValueTypes[ValueType]): string {
  if (type === "duration") {
    return largestUnit(value as number, [["h", 3.6e6], ["m", 6e4], ["s", 1e3], ["ms", 1]]);
  }
  if (type === "size") {
    return largestUnit(value as number, [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10], [
      "",
      1,
    ]]);
  }
  if (type === "rate" && value === Infinity) return "max";
  return String(value);
}

function largestUnit(value: number, units: Array<[string, number]>): string {
  const [unit, factor] = units.find(([, factor]) => value >= factor && value % factor === 0) ??
    units[units.length - 1];
  return `${value / factor}${unit}`;
}
