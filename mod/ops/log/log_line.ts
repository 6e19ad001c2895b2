import { getJsonLinesFormatter, getTextFormatter, type LogRecord } from "@logtape/logtape";

import { safeText } from "../../terminal/safe_text.ts";

/** Options of {@linkcode logLine}. */
export interface LogLineOptions {
  format: "text" | "json";
  /** Whether a person watches: the time of day is enough then. @default {false} */
  terminal?: boolean;
}

/**
 * A function that writes a record as one line, without the line's end. Text: time, level, part of
 * the program, message, then the fields that the message does not name. JSON: an object with
 * `@timestamp`, `level`, `message`, `logger` and the fields.
 */
export function logLine(options: LogLineOptions): (record: LogRecord) => string {
  if (options.format === "json") {
    const format = getJsonLinesFormatter({ properties: "flatten" });
    return (record) => safeText(format(plain(record)).trimEnd());
  }
  const format = getTextFormatter({
    timestamp: options.terminal === true ? "time" : "rfc3339",
    level: (level) => level,
    // The program's own name would be on every line.
    category: (category) => category.slice(1).join("."),
    value: plainText,
    format: ({ timestamp, level, category, message, record }) =>
      `${timestamp} ${level} ${category}: ${message}${fields(record)}`,
    // oneLine is stricter: text that others chose can neither begin a line nor move the cursor.
    sanitize: false,
  });
  return (record) => oneLine(format(record).trimEnd());
}

/** The fields that the message does not name, as ` name=value`. */
function fields({ rawMessage, properties }: LogRecord): string {
  const template = String(rawMessage);
  return Object.entries(properties)
    .filter(([name, value]) => value !== undefined && !template.includes(`{${name}}`))
    .map(([name, value]) => ` ${name}=${quoted(plainText(value))}`)
    .join("");
}

/**
 * The record with its message put together as in the text form, and each error as its message: an
 * expected failure's stack is of no use in a log.
 */
function plain(record: LogRecord): LogRecord {
  const properties = Object.entries(record.properties).map(([name, value]) => [
    name,
    value instanceof Error ? value.message : value,
  ]);
  return {
    ...record,
    message: [record.message.map(plainText).join("")],
    properties: Object.fromEntries(properties),
  };
}

function plainText(value: unknown): string {
  if (value instanceof Error) return value.message;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

function quoted(text: string): string {
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

function oneLine(text: string): string {
  return safeText(text.replaceAll("\n", "\\n").replaceAll("\r", "\\r"));
}
