import { DAY_MS, daysFromCivil, daysInMonth, isoDay, isoTimestamp } from "../../schema/calendar.ts";
import type { Scalar } from "./define_function.ts";

/** A date or timestamp, in its parts. */
export interface DateParts {
  year: number;
  month: number;
  day: number;
  /** Days since 1970-01-01. */
  days: number;
  /** Milliseconds of the day. */
  ms: number;
  /** Whether it is a date without a time. */
  date: boolean;
}

const DATE_TEXT = /^(\d{4})-(\d\d?)-(\d\d?)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?$/;

/** Reads a date or timestamp. @throws {Error} when the text is neither */
export function dateParts(value: Scalar): DateParts {
  const parts = tryDateParts(value);
  if (parts === undefined) {
    throw new Error(`${JSON.stringify(String(value))} is not a date or timestamp`);
  }
  return parts;
}

/** Reads a date or timestamp; `undefined` if the text is neither. */
export function tryDateParts(value: Scalar): DateParts | undefined {
  const match = DATE_TEXT.exec(String(value));
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((x) => Number(x ?? 0));
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return {
    year,
    month,
    day,
    days: daysFromCivil(year, month, day),
    ms: ((hour * 60 + minute) * 60 + second) * 1000 +
      Number((match[7] ?? "").padEnd(3, "0").slice(0, 3)),
    date: match[4] === undefined,
  };
}

/** Monday is 1, Sunday 7; 1970-01-01 was a Thursday. */
export function weekday(days: number): number {
  return ((days + 3) % 7 + 7) % 7 + 1;
}

/** `YYYY-MM-DD`, or with `HH:MM:SS.mmm` if it is not only a date. */
export function dateText(days: number, ms: number, date: boolean): string {
  return date ? isoDay(days) : timestampText(days * DAY_MS + ms);
}

/** `YYYY-MM-DD HH:MM:SS.mmm` of milliseconds since 1970. */
export function timestampText(epochMs: number): string {
  return isoTimestamp(Math.round(epochMs));
}

/** Week of ISO 8601, of the year that its Thursday is in. */
export function isoWeek(days: number): { year: number; week: number } {
  const thursday = days - weekday(days) + 4;
  const year = new Date(thursday * DAY_MS).getUTCFullYear();
  return { year, week: Math.floor((thursday - daysFromCivil(year, 1, 1)) / 7) + 1 };
}
