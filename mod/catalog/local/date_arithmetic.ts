import { DAY_MS, daysFromCivil, daysInMonth } from "../../schema/calendar.ts";
import { type DateParts, dateText, weekday } from "./date_parts.ts";

const UNIT_MS: Record<string, number> = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
};
const UNIT_MONTHS: Record<string, number> = { month: 1, quarter: 3, year: 12 };

/** Day of a year that 29 February is in a leap year, from 0. */
const LEAP_DAY = 59;

/** `date_trunc`. @throws {Error} for an unknown unit */
export function truncate(unit: string, { year, month, days, ms, date }: DateParts): string {
  const months = UNIT_MONTHS[unit];
  if (months !== undefined) {
    const first = Math.floor((month - 1) / months) * months + 1;
    return dateText(daysFromCivil(year, first, 1), 0, date);
  }
  if (unit === "week") return dateText(days - weekday(days) + 1, 0, date);
  const size = unitMs(unit);
  return dateText(days, Math.floor(ms / size) * size, date);
}

/** `date_diff`: whole units from one to the other, negative backwards. @throws {Error} for an unknown unit */
export function difference(unit: string, from: DateParts, to: DateParts): number {
  const ms = epochMs(to) - epochMs(from);
  const months = UNIT_MONTHS[unit];
  // `|| 0`: there is no negative zero in SQL.
  if (months === undefined) return Math.trunc(ms / unitMs(unit)) || 0;
  if (ms < 0) return -difference(unit, to, from) || 0;
  return unit === "year" ? years(from, to) : Math.trunc(wholeMonths(from, to) / months);
}

/**
 * Whole months from an earlier time to a later one; from the 31st to the last day of a month is whole.
 * Source: Joda-Time, BasicMonthOfYearDateTimeField.getDifferenceAsLong, which Trino uses.
 */
function wholeMonths(from: DateParts, to: DateParts): number {
  const months = (to.year - from.year) * 12 + to.month - from.month;
  const isLast = to.day === daysInMonth(to.year, to.month);
  const day = isLast ? Math.min(from.day, to.day) : from.day;
  return to.day < day || (to.day === day && to.ms < from.ms) ? months - 1 : months;
}

/** Source: Joda-Time, BasicChronology.getYearDifference. */
function years(from: DateParts, to: DateParts): number {
  const [a, b] = [from, to].map(({ year, days }) => ({
    leap: daysInMonth(year, 2) === 29,
    day: days - daysFromCivil(year, 1, 1),
  }));
  if (a.day >= LEAP_DAY && a.leap && !b.leap) a.day--;
  else if (a.day >= LEAP_DAY && !a.leap && b.day >= LEAP_DAY && b.leap) b.day--;
  const whole = to.year - from.year;
  return b.day < a.day || (b.day === a.day && to.ms < from.ms) ? whole - 1 : whole;
}

/** `date_add`. @throws {Error} for an unknown unit */
export function add(unit: string, count: number, parts: DateParts): string {
  const { year, month, day, ms, date } = parts;
  const months = UNIT_MONTHS[unit];
  if (months === undefined) {
    const total = epochMs(parts) + count * unitMs(unit);
    const wholeDays = Math.floor(total / DAY_MS);
    return dateText(wholeDays, total - wholeDays * DAY_MS, date);
  }
  const index = year * 12 + month - 1 + count * months;
  const [toYear, toMonth] = [Math.floor(index / 12), (index % 12 + 12) % 12 + 1];
  const toDay = Math.min(day, daysInMonth(toYear, toMonth));
  return dateText(daysFromCivil(toYear, toMonth, toDay), ms, date);
}

function epochMs({ days, ms }: DateParts): number {
  return days * DAY_MS + ms;
}

function unitMs(unit: string): number {
  const ms = UNIT_MS[unit];
  if (ms === undefined) {
    const known = [...Object.keys(UNIT_MS), ...Object.keys(UNIT_MONTHS)].join(", ");
    throw new Error(`${JSON.stringify(unit)} is not a unit of time; expected one of ${known}`);
  }
  return ms;
}
