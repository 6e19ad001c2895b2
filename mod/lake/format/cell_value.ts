import { isoDay } from "../../schema/calendar.ts";
import type { ColumnType } from "../../schema/schema.ts";

/** A value as it is read from the lake: dates are text, timestamps milliseconds since 1970 UTC. */
export type CellValue = string | number | bigint | Uint8Array | null;

/** `YYYY-MM-DD` by days since 1970; cached, as a column of dates has few distinct ones. */
const DAYS = new Map<number, string>();

/** The text of a day, given as days since 1970-01-01. */
export function dayText(days: number): string {
  let text = DAYS.get(days);
  if (text === undefined) DAYS.set(days, text = isoDay(days));
  return text;
}

/** Milliseconds since 1970 of `YYYY-MM-DD HH:MM:SS.mmm` (UTC; also with `T`, `Z` or an offset). */
export function timestampMs(text: string): number {
  const iso = text.replace(" ", "T");
  const ms = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : iso + "Z");
  if (Number.isNaN(ms)) throw new Error(`${JSON.stringify(text)} is not a timestamp`);
  return ms;
}

/**
 * Converts a value from JSON or a path to its column's type: dates to text, timestamps to
 * milliseconds. A value that does not fit is returned unchanged; a STRICT table then refuses it.
 */
export function cellValue(value: unknown, type: ColumnType): CellValue {
  if (value === null || value === undefined) return null;
  switch (type) {
    case "timestamp":
      return typeof value === "string" ? timestampMs(value) : value as CellValue;
    case "double":
      return typeof value === "string" ? Number(value) : value as CellValue;
    case "long":
      return typeof value === "string" ? BigInt(value) : value as CellValue;
    default:
      return value as CellValue;
  }
}
