import type { DatabaseSync } from "node:sqlite";
import { daysFromCivil } from "../../schema/calendar.ts";
import { add, difference, truncate } from "./date_arithmetic.ts";
import { dateFormat } from "./date_format.ts";
import { parseDate } from "./date_parse.ts";
import {
  type DateParts,
  dateParts,
  dateText,
  isoWeek,
  timestampText,
  weekday,
} from "./date_parts.ts";
import { defineScalar, type Scalar } from "./define_function.ts";

/** Trino's functions of dates and timestamps. Source: Trino, "Date and time functions and operators". */
export function defineDateFunctions(db: DatabaseSync): void {
  const scalar = (name: string, length: number, fn: (...values: Scalar[]) => Scalar) =>
    defineScalar(db, name, length, fn);
  const unitOf = (unit: Scalar) => String(unit).toLowerCase();
  for (const [name, of] of Object.entries(PARTS)) scalar(name, 1, (x) => BigInt(of(dateParts(x))));
  scalar("date_trunc", 2, (unit, x) => truncate(unitOf(unit), dateParts(x)));
  scalar(
    "date_diff",
    3,
    (unit, a, b) => BigInt(difference(unitOf(unit), dateParts(a), dateParts(b))),
  );
  scalar("date_add", 3, (unit, n, x) => add(unitOf(unit), Number(n), dateParts(x)));
  scalar("date_format", 2, (x, format) => dateFormat(dateParts(x), String(format)));
  scalar("date_parse", 2, (x, format) => parseDate(String(x), String(format)));
  scalar("from_iso8601_date", 1, (x) => dateText(dateParts(x).days, 0, true));
  scalar("to_iso8601", 1, (x) => String(x).replace(" ", "T"));
  scalar("to_unixtime", 1, (x) => {
    const { days, ms } = dateParts(x);
    return days * 86_400 + ms / 1000;
  });
  scalar("from_unixtime", 1, (x) => timestampText(Number(x) * 1000));
  scalar("last_day_of_month", 1, (x) => {
    const { year, month } = dateParts(x);
    return dateText(daysFromCivil(year, month + 1, 1) - 1, 0, true);
  });
  db.function("now", () => timestampText(Date.now()));
}

/** Parts of a date or time that are integers. */
const PARTS: Record<string, (date: DateParts) => number> = {
  year: ({ year }) => year,
  quarter: ({ month }) => Math.ceil(month / 3),
  month: ({ month }) => month,
  day: ({ day }) => day,
  hour: ({ ms }) => Math.floor(ms / 3_600_000),
  minute: ({ ms }) => Math.floor(ms / 60_000) % 60,
  second: ({ ms }) => Math.floor(ms / 1000) % 60,
  millisecond: ({ ms }) => ms % 1000,
  day_of_month: ({ day }) => day,
  day_of_week: ({ days }) => weekday(days),
  dow: ({ days }) => weekday(days),
  day_of_year: ({ days, year }) => days - daysFromCivil(year, 1, 1) + 1,
  doy: ({ days, year }) => days - daysFromCivil(year, 1, 1) + 1,
  week: ({ days }) => isoWeek(days).week,
  week_of_year: ({ days }) => isoWeek(days).week,
  year_of_week: ({ days }) => isoWeek(days).year,
  yow: ({ days }) => isoWeek(days).year,
};
