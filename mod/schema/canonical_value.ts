import { DAY_MS, hasDay, isoDay } from "./calendar.ts";
import { instantParser } from "./date_pattern.ts";
import { lenientNumber } from "./lenient_number.ts";
import { isNoValue } from "./null_words.ts";
import { parseDate, parseTimestamp } from "./parse_date.ts";
import type { Column } from "./schema.ts";

/**
 * A field's text in the one form that messages have: without a value `undefined`, numbers as JSON
 * writes them, days and instants in ISO 8601. A text that is in no form that its column takes is
 * given back as it is, so that the check names what was found.
 */
export function canonicalText(column: Column, field: string | undefined): string | undefined {
  if (field === undefined) return undefined;
  // White space is part of a text; around other values it is ignored.
  const text = column.type === "string" ? field : field.trim();
  if (isNoValue(text)) return undefined;
  switch (column.type) {
    case "double":
    case "long":
      return canonicalNumber(column, text);
    case "date":
      return canonicalDay(column, text);
    case "timestamp":
      return canonicalInstant(column, text);
    default:
      return text;
  }
}

function canonicalNumber({ number, decimal }: Column, field: string): string {
  if (number === undefined && decimal !== ",") return field;
  // With a decimal comma `1.5` is not a number and must not be read as one.
  return lenientNumber(field, decimal) ?? (decimal === "," ? `${field} (decimal comma)` : field);
}

function canonicalDay(column: Column, field: string): string {
  if (typeof parseDate(field) === "number") return field.slice(0, 10);
  // The day as it is written there, whatever the offset: dropping the time is what was declared.
  if (column.time === "drop" && typeof parseTimestamp(field) === "number") {
    return field.slice(0, 10);
  }
  const ms = declaredInstant(column, field);
  if (ms === null) return field;
  return column.time === "drop" || ms % DAY_MS === 0 ? isoDay(Math.floor(ms / DAY_MS)) : field;
}

function canonicalInstant(column: Column, field: string): string {
  // A day alone is its first instant.
  const day = parseDate(field);
  if (typeof day === "number" && field.length === 10) return `${field} 00:00:00`;
  const ms = declaredInstant(column, field);
  return ms === null ? field : new Date(Math.floor(ms)).toISOString().replace("T", " ");
}

/** The instant of a text in one of the column's declared forms. */
function declaredInstant({ format = [] }: Column, field: string): number | null {
  for (const form of format) {
    const ms = instantParser(form)(field);
    if (typeof ms === "number" && hasDay(Math.floor(ms))) return ms;
  }
  return null;
}
