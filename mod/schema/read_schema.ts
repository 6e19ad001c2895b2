import { found } from "./value_text.ts";
import { type Column, COLUMN_TYPES, type NotBelow, type RowSchema } from "./schema.ts";

/** A schema, or what is wrong with it. */
export type ReadSchema =
  | { schema: RowSchema; mistakes: [] }
  | { schema: null; mistakes: string[] };

/** Names of the lake's columns and of its table: what Glue, Athena, Hive and SQLite all take. */
const NAME = /^[a-z][a-z0-9_]{0,127}$/;

/** Words of `--partition-by`, and the lake's own folder. */
const RESERVED_COLUMNS = ["dt", "hour", "none"];
const RESERVED_TABLES = ["dead_letter"];

const FIELDS = ["table", "key", "columns", "notBelow"];
const COLUMN_FIELDS = [
  "wire",
  "name",
  "type",
  "required",
  "min",
  "max",
  "maxLength",
  "description",
];

/** Reads a schema out of JSON, collecting every mistake instead of stopping at the first. */
export function readSchema(json: unknown): ReadSchema {
  const mistakes: string[] = [];
  const schema = isObject(json)
    ? read(json, (mistake) => mistakes.push(mistake))
    : (mistakes.push(`expected a JSON object, found ${found(json)}`), null);
  return mistakes.length === 0 && schema !== null
    ? { schema, mistakes: [] }
    : { schema: null, mistakes };
}

type Report = (mistake: string) => void;

function read(json: Record<string, unknown>, report: Report): RowSchema {
  reportUnknown(json, FIELDS, "", report);
  const { table, key } = json;
  if (typeof table !== "string" || !NAME.test(table)) {
    report(`table: expected a name of a-z, 0-9 and _, found ${found(table ?? null)}`);
  } else if (RESERVED_TABLES.includes(table)) {
    report(`table: "${table}" is the lake's own folder, choose another name`);
  }
  const columns = readColumns(json.columns, report);
  reportRepeated(columns, "wire", report);
  reportRepeated(columns, "name", report);
  const keyColumn = columns.find(({ wire }) => wire === key);
  if (typeof key !== "string" || keyColumn === undefined) {
    report(`key: expected the wire name of a column, found ${found(key ?? null)}`);
  } else if (keyColumn.type !== "string" || !keyColumn.required) {
    report(`key: column ${found(key)} must be a required string, as it keys the messages`);
  }
  const notBelow = readRules(json.notBelow ?? [], columns, report);
  return { table: table as string, key: key as string, columns, notBelow };
}

function readColumns(json: unknown, report: Report): Column[] {
  if (!Array.isArray(json) || json.length === 0) {
    report(`columns: expected a list of columns, found ${found(json ?? null)}`);
    return [];
  }
  return json.flatMap((entry, i) => {
    const place = `columns[${i}]`;
    if (isObject(entry)) return [readColumn(entry, place, report)];
    report(`${place}: expected a JSON object, found ${found(entry)}`);
    return [];
  });
}

function readColumn(json: Record<string, unknown>, at: string, report: Report): Column {
  const { wire, name, type, required = false, min, max, maxLength, description } = json;
  const place = typeof wire === "string" ? `${at} ${found(wire)}` : at;
  reportUnknown(json, COLUMN_FIELDS, place + ": ", report);
  // deno-lint-ignore no-control-regex
  if (typeof wire !== "string" || !/^[^\x00-\x1f]{1,128}$/.test(wire) || !wire.isWellFormed()) {
    report(`${place}: wire: expected a name of 1 to 128 characters, found ${found(wire ?? null)}`);
  }
  if (typeof name !== "string" || !NAME.test(name)) {
    report(`${place}: name: expected a name of a-z, 0-9 and _, found ${found(name ?? null)}`);
  } else if (name.startsWith("kafka_") || RESERVED_COLUMNS.includes(name)) {
    report(`${place}: name: "${name}" is one that the lake adds itself, choose another`);
  }
  const isNumber = type === "double" || type === "long";
  if (!COLUMN_TYPES.includes(type as Column["type"])) {
    report(
      `${place}: type: expected one of ${COLUMN_TYPES.join(", ")}; found ${found(type ?? null)}`,
    );
  }
  if (typeof required !== "boolean") {
    report(`${place}: required: expected true or false, found ${found(required)}`);
  }
  for (const [bound, value] of [["min", min], ["max", max]] as const) {
    if (value === undefined) continue;
    if (!isNumber) report(`${place}: ${bound}: only double and long columns have one`);
    else if (!isBound(value, type)) {
      report(`${place}: ${bound}: expected a number of type ${type}, found ${found(value)}`);
    }
  }
  if (typeof min === "number" && typeof max === "number" && min > max) {
    report(`${place}: min ${min} is above max ${max}`);
  }
  if (maxLength !== undefined) {
    if (type !== "string") report(`${place}: maxLength: only string columns have one`);
    else if (!Number.isSafeInteger(maxLength) || (maxLength as number) < 1) {
      report(`${place}: maxLength: expected a whole number above 0, found ${found(maxLength)}`);
    }
  }
  if (description !== undefined && typeof description !== "string") {
    report(`${place}: description: expected text, found ${found(description)}`);
  }
  return { required: false, ...json } as unknown as Column;
}

function readRules(json: unknown, columns: Column[], report: Report): NotBelow[] {
  if (!Array.isArray(json)) {
    report(`notBelow: expected a list of {"column", "than"}, found ${found(json)}`);
    return [];
  }
  return json.flatMap((rule, i) => {
    const place = `notBelow[${i}]`;
    if (!isObject(rule)) {
      report(`${place}: expected a JSON object, found ${found(rule)}`);
      return [];
    }
    reportUnknown(rule, ["column", "than"], place + ": ", report);
    const sides = (["column", "than"] as const).map((side) => {
      const column = columns.find(({ wire }) => wire === rule[side]);
      if (column === undefined) {
        report(
          `${place}: ${side}: expected a column's wire name, found ${found(rule[side] ?? null)}`,
        );
      } else if (column.type === "string") {
        report(`${place}: ${side}: ${found(column.wire)} is text, which has no order here`);
      }
      return column;
    });
    const [upper, lower] = sides;
    if (upper !== undefined && upper === lower) {
      report(`${place}: ${found(upper.wire)} is compared with itself`);
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
    if (seen.has(value)) report(`columns: ${field} ${found(value)} comes more than once`);
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
      report(`${place}unknown field ${found(field)}; the fields are ${known.join(", ")}`);
    }
  }
}

function isBound(value: unknown, type: unknown): boolean {
  return type === "long" ? Number.isSafeInteger(value) : Number.isFinite(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
