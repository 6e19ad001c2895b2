import { isoDay } from "../../schema/calendar.ts";
import type { ColumnType } from "../../schema/schema.ts";

/** A value as it is read from the lake: dates are text, timestamps milliseconds since 1970 UTC. */
export type CellValue = string | number | bigint | Uint8Array | null;

/** `YYYY-MM-DD` by days since 1970: a column of dates has few different ones. */
const DAYS = new Map<number, string>();

/** The text of a day, by its number since 1970-01-01. */
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
 * A value of JSON or of a path in the form of its column's type: dates as text, timestamps as
 * milliseconds. What does not fit is left as it is; a STRICT table then refuses it.
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
