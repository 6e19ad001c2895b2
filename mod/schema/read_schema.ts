import { valueText } from "./value_text.ts";
import { LENIENCES } from "./lenience.ts";
import { formatMistake } from "./date_pattern.ts";
import { type Column, COLUMN_TYPES, type NotBelow, type RowSchema } from "./schema.ts";
import { COLUMN_FIELDS, SCHEMA_FIELDS } from "./schema_fields.ts";

/** A schema, or what is wrong with it. */
export type ReadSchema =
  | { schema: RowSchema; mistakes: [] }
  | { schema: null; mistakes: string[] };

/** Names of the lake's columns and of its table: what Glue, Athena, Hive and SQLite all take. */
const NAME = /^[a-z][a-z0-9_]{0,127}$/;

/** Words of `--partition-by`, and the lake's own folder. */
const RESERVED_COLUMNS = ["dt", "hour", "none"];
const RESERVED_TABLES = ["dead_letter"];

const FIELDS = SCHEMA_FIELDS.map(({ name }) => name);
const OF_COLUMN = COLUMN_FIELDS.map(({ name }) => name);

/** Reads a schema out of JSON, collecting every mistake instead of stopping at the first. */
export function readSchema(json: unknown): ReadSchema {
  const mistakes: string[] = [];
  const schema = isObject(json)
    ? read(json, (mistake) => mistakes.push(mistake))
    : (mistakes.push(`expected a JSON object, found ${valueText(json)}`), null);
  return mistakes.length === 0 && schema !== null
    ? { schema, mistakes: [] }
    : { schema: null, mistakes };
}

type Report = (mistake: string) => void;

function read(json: Record<string, unknown>, report: Report): RowSchema {
  reportUnknown(json, FIELDS, "", report);
  const { table, key = [] } = json;
  if (typeof table !== "string" || !NAME.test(table)) {
    report(`table: expected a name of a-z, 0-9 and _, found ${valueText(table ?? null)}`);
  } else if (RESERVED_TABLES.includes(table)) {
    report(`table: "${table}" is the lake's own folder, choose another name`);
  }
  const columns = readColumns(json.columns, report);
  reportRepeated(columns, "wire", report);
  reportRepeated(columns, "name", report);
  for (const name of Array.isArray(key) ? key : [key]) {
    if (columns.every(({ wire }) => wire !== name)) {
      report(`key: expected the wire name of a column, found ${valueText(name ?? null)}`);
    }
  }
  const notBelow = readRules(json.notBelow ?? [], columns, report);
  const { lenient } = json;
  const words = Object.keys(LENIENCES);
  if (lenient !== undefined && !(isTexts(lenient) && lenient.every((w) => words.includes(w)))) {
    report(`lenient: expected a list of ${words.join(", ")}; found ${valueText(lenient)}`);
  }
  const { strictFields } = json;
  if (strictFields !== undefined && typeof strictFields !== "boolean") {
    report(`strictFields: expected true or false, found ${valueText(strictFields)}`);
  }
  const { rows } = json;
  if (rows !== undefined) readArray(rows, columns, report);
  else if (columns.some(({ from }) => from === "index" || from === "message")) {
    report("from: index and message are for a schema with rows");
  }
  const more = {
    ...(rows === undefined ? {} : { rows: rows as string }),
    ...(lenient === undefined ? {} : { lenient: lenient as string[] }),
    ...(strictFields === true ? { strictFields } : {}),
  };
  return { ...more, table: table as string, key: key as RowSchema["key"], columns, notBelow };
}

/** Checks what a schema says of arrays: a row must be told from the others of its message. */
function readArray(rows: unknown, columns: Column[], report: Report): void {
  if (typeof rows !== "string" || rows === "") {
    report(`rows: expected a path, or ".", found ${valueText(rows)}`);
  }
  const indexes = columns.filter(({ from }) => from === "index");
  if (indexes.length !== 1) {
    report(`rows: expected one column with "from": "index", found ${indexes.length}`);
  }
  for (const { wire, type } of indexes) {
    if (type !== "long") report(`${valueText(wire)}: from: index needs the type long`);
  }
}

function readColumns(json: unknown, report: Report): Column[] {
  if (!Array.isArray(json) || json.length === 0) {
    report(`columns: expected a list of columns, found ${valueText(json ?? null)}`);
    return [];
  }
  return json.flatMap((entry, i) => {
    const place = `columns[${i}]`;
    if (isObject(entry)) return [readColumn(entry, place, report)];
    report(`${place}: expected a JSON object, found ${valueText(entry)}`);
    return [];
  });
}

function readColumn(json: Record<string, unknown>, at: string, report: Report): Column {
  const { wire, name, type, required = false, min, max, maxLength, description } = json;
  const place = typeof wire === "string" ? `${at} ${valueText(wire)}` : at;
  reportUnknown(json, OF_COLUMN, place + ": ", report);
  // deno-lint-ignore no-control-regex
  if (typeof wire !== "string" || !/^[^\x00-\x1f]{1,128}$/.test(wire) || !wire.isWellFormed()) {
    report(
      `${place}: wire: expected a name of 1 to 128 characters, found ${valueText(wire ?? null)}`,
    );
  }
  if (typeof name !== "string" || !NAME.test(name)) {
    report(`${place}: name: expected a name of a-z, 0-9 and _, found ${valueText(name ?? null)}`);
  } else if (name.startsWith("kafka_") || RESERVED_COLUMNS.includes(name)) {
    report(`${place}: name: "${name}" is one that the lake adds itself, choose another`);
  }
  const isNumber = type === "double" || type === "long";
  if (!COLUMN_TYPES.includes(type as Column["type"])) {
    report(
      `${place}: type: expected one of ${COLUMN_TYPES.join(", ")}; found ${
        valueText(type ?? null)
      }`,
    );
  }
  if (typeof required !== "boolean") {
    report(`${place}: required: expected true or false, found ${valueText(required)}`);
  }
  for (const [bound, value] of [["min", min], ["max", max]] as const) {
    if (value === undefined) continue;
    if (!isNumber) report(`${place}: ${bound}: only double and long columns have one`);
    else if (!isBound(value, type)) {
      report(`${place}: ${bound}: expected a number of type ${type}, found ${valueText(value)}`);
    }
  }
  if (typeof min === "number" && typeof max === "number" && min > max) {
    report(`${place}: min ${min} is above max ${max}`);
  }
  if (maxLength !== undefined) {
    if (type !== "string") report(`${place}: maxLength: only string columns have one`);
    else if (!Number.isSafeInteger(maxLength) || (maxLength as number) < 1) {
      report(`${place}: maxLength: expected a whole number above 0, found ${valueText(maxLength)}`);
    }
  }
  for (const [field, text] of [["description", description], ["default", json.default]] as const) {
    if (text !== undefined && typeof text !== "string") {
      report(`${place}: ${field}: expected text, found ${valueText(text)}`);
    }
  }
  const format = typeof json.format === "string" ? [json.format] : json.format;
  readForms({ ...json, format }, place, report);
  return {
    required: false,
    ...json,
    ...(format === undefined ? {} : { format }),
  } as unknown as Column;
}

/** Checks what a column says of how its values are written. */
function readForms(json: Record<string, unknown>, place: string, report: Report): void {
  const { type, aliases, number, decimal, format, time } = json;
  const isNumber = type === "double" || type === "long";
  const isTime = type === "date" || type === "timestamp";
  if (aliases !== undefined && !isTexts(aliases)) {
    report(`${place}: aliases: expected a list of texts, found ${valueText(aliases)}`);
  }
  if (number !== undefined) {
    if (number !== "lenient") {
      report(`${place}: number: expected "lenient", found ${valueText(number)}`);
    }
    if (!isNumber) report(`${place}: number: only double and long columns have it`);
  }
  if (decimal !== undefined) {
    if (decimal !== "." && decimal !== ",") {
      report(`${place}: decimal: expected "." or ",", found ${valueText(decimal)}`);
    }
    if (!isNumber) report(`${place}: decimal: only double and long columns have it`);
  }
  if (time !== undefined) {
    if (time !== "drop") report(`${place}: time: expected "drop", found ${valueText(time)}`);
    if (type !== "date") report(`${place}: time: only date columns have it`);
  }
  const { from } = json;
  if (
    from !== undefined &&
    !(typeof from === "string" && /^(key|value|index|message|header:.+)$/s.test(from))
  ) {
    report(
      `${place}: from: expected key, value, header:NAME, index or message, found ${
        valueText(from)
      }`,
    );
  }
  if (format === undefined) return;
  if (!isTime) report(`${place}: format: only date and timestamp columns have it`);
  if (!isTexts(format)) {
    report(`${place}: format: expected a text or a list of texts, found ${valueText(format)}`);
    return;
  }
  for (const form of format) {
    const mistake = formatMistake(form);
    if (mistake !== null) report(`${place}: format: ${valueText(form)} ${mistake}`);
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 &&
    value.every((text) => typeof text === "string" && text !== "");
}

function readRules(json: unknown, columns: Column[], report: Report): NotBelow[] {
  if (!Array.isArray(json)) {
    report(`notBelow: expected a list of {"column", "than"}, found ${valueText(json)}`);
    return [];
  }
  return json.flatMap((rule, i) => {
    const place = `notBelow[${i}]`;
    if (!isObject(rule)) {
      report(`${place}: expected a JSON object, found ${valueText(rule)}`);
      return [];
    }
    reportUnknown(rule, ["column", "than"], place + ": ", report);
    const sides = (["column", "than"] as const).map((side) => {
      const column = columns.find(({ wire }) => wire === rule[side]);
      if (column === undefined) {
        report(
          `${place}: ${side}: expected a column's wire name, found ${
            valueText(rule[side] ?? null)
          }`,
        );
      } else if (column.type === "string") {
        report(`${place}: ${side}: ${valueText(column.wire)} is text, which has no order here`);
      }
      return column;
    });
    const [upper, lower] = sides;
    if (upper !== undefined && upper === lower) {
      report(`${place}: ${valueText(upper.wire)} is compared with itself`);
    } else if (upper !== undefined && lower !== undefined && order(upper) !== order(lower)) {
      report(`${place}: a ${upper.type} cannot be compared with a ${lower.type}`);
    }
    return [{ column: rule.column as string, than: rule.than as string }];
  });
}

/** Columns of the same order can be compared with each other. */
function order({ type }: Column): string {
  return type === "long" ? "double" : type;
}

function reportRepeated(columns: Column[], field: "wire" | "name", report: Report): void {
  const seen = new Set<string>();
  for (const column of columns) {
    const value = column[field];
    if (typeof value !== "string") continue;
    if (seen.has(value)) report(`columns: ${field} ${valueText(value)} comes more than once`);
    seen.add(value);
  }
}

function reportUnknown(
  json: Record<string, unknown>,
  known: string[],
  place: string,
  report: Report,
): void {
  for (const field of Object.keys(json)) {
    if (!known.includes(field)) {
      report(`${place}unknown field ${valueText(field)}; the fields are ${known.join(", ")}`);
    }
  }
}

function isBound(value: unknown, type: unknown): boolean {
  return type === "long" ? Number.isSafeInteger(value) : Number.isFinite(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
