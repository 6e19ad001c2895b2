import { daysFromCivil, daysInMonth } from "../../schema/calendar.ts";
import { MONTHS } from "./date_format.ts";
import { dateText } from "./date_parts.ts";

/** What a specifier of `date_parse` reads: a pattern, and the field that it sets. */
const SPECIFIERS: Record<string, readonly [pattern: string, field: string]> = {
  Y: ["\\d{4}", "year"],
  y: ["\\d\\d", "shortYear"],
  m: ["\\d\\d?", "month"],
  c: ["\\d\\d?", "month"],
  b: ["[A-Za-z]{3}", "monthName"],
  M: ["[A-Za-z]{3,9}", "monthName"],
  d: ["\\d\\d?", "day"],
  e: ["\\d\\d?", "day"],
  H: ["\\d\\d?", "hour"],
  k: ["\\d\\d?", "hour"],
  h: ["\\d\\d?", "hour12"],
  I: ["\\d\\d?", "hour12"],
  l: ["\\d\\d?", "hour12"],
  i: ["\\d\\d?", "minute"],
  s: ["\\d\\d?", "second"],
  S: ["\\d\\d?", "second"],
  f: ["\\d{1,9}", "fraction"],
  p: ["AM|PM|am|pm", "half"],
};

/**
 * Trino's `date_parse`: `YYYY-MM-DD HH:MM:SS.mmm` of a text in MySQL's format.
 * @throws {Error} when the text is not in the format, or for a specifier that is not offered here
 */
export function parseDate(text: string, format: string): string {
  const fields: string[] = [];
  const pattern = format.replace(
    /%(.)|[\\^$.*+?()[\]{}|/]/g,
    (found, specifier?: string) => {
      if (specifier === undefined) return `\\${found}`;
      if (specifier === "%") return "%";
      if (specifier === "T") {
        fields.push("hour", "minute", "second");
        return "(\\d\\d):(\\d\\d):(\\d\\d)";
      }
      const known = SPECIFIERS[specifier];
      if (known === undefined) throw new Error(`%${specifier} is not supported in date_parse here`);
      fields.push(known[1]);
      return `(${known[0]})`;
    },
  );
  const match = new RegExp(`^${pattern}$`).exec(text);
  const found = new Map(fields.map((field, i) => [field, match?.[i + 1] ?? ""]));
  const number = (field: string, otherwise: number) =>
    found.has(field) ? Number(found.get(field)) : otherwise;
  const named = MONTHS.findIndex((name) =>
    name.slice(0, 3).toLowerCase() === found.get("monthName")?.slice(0, 3).toLowerCase()
  );
  const short = number("shortYear", 70);
  const year = number("year", short < 70 ? 2000 + short : 1900 + short);
  const month = found.has("monthName") ? named + 1 : number("month", 1);
  const day = number("day", 1);
  const afternoon = /pm/i.test(found.get("half") ?? "") ? 12 : 0;
  const hour = found.has("hour12") ? number("hour12", 0) % 12 + afternoon : number("hour", 0);
  const [minute, second] = [number("minute", 0), number("second", 0)];
  const isTime = hour < 24 && minute < 60 && second < 60;
  if (match === null || month < 1 || month > 12 || day < 1 || !isTime) throw noDate(text, format);
  if (day > daysInMonth(year, month)) throw noDate(text, format);
  const ms = Number((found.get("fraction") ?? "").padEnd(3, "0").slice(0, 3));
  const time = ((hour * 60 + minute) * 60 + second) * 1000 + ms;
  return dateText(daysFromCivil(year, month, day), time, false);
}

function noDate(text: string, format: string): Error {
  return new Error(`${JSON.stringify(text)} is not a date in the format ${JSON.stringify(format)}`);
}
