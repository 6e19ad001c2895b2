/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;

/**
 * Days since 1970-01-01 of a day in the proleptic Gregorian calendar; may be negative.
 * Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
 */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const shifted = month > 2 ? month - 3 : month + 9;
  const dayOfYear = ((153 * shifted + 2) / 5 | 0) + day - 1;
  const dayOfEra = yearOfEra * 365 + (yearOfEra >> 2) - (yearOfEra / 100 | 0) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** 0001-01-01 and the last millisecond of 9999-12-31, since 1970. */
const [FIRST_MS, LAST_MS] = [-62_135_596_800_000, 253_402_300_799_999];

/** Whether an instant is in the years 1 to 9999: what every reader of the lake can write as a day. */
export function hasDay(timestampMs: number): boolean {
  return timestampMs >= FIRST_MS && timestampMs <= LAST_MS;
}

/** Number of days of a month (1 to 12). */
export function daysInMonth(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && leap ? 29 : MONTH_DAYS[month - 1];
}

/** `YYYY-MM-DD` of days since 1970-01-01. */
export function isoDay(days: number): string {
  return new Date(days * DAY_MS).toISOString().slice(0, 10);
}

/** `YYYY-MM-DD HH:MM:SS.mmm` of milliseconds since 1970, as SQL engines read a timestamp. */
export function isoTimestamp(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, -1).replace("T", " ");
}
