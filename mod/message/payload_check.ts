import { DAY_MS, hasDay } from "../schema/calendar.ts";
import { checkRow } from "../schema/check_row.ts";
import { type CheckedValue, checkValue, rejected } from "../schema/check_value.ts";
import type { MessageRecord, RowScan } from "../schema/message_reader.ts";
import type { CheckedMessage } from "../schema/row.ts";
import type { Column, RowSchema } from "../schema/schema.ts";
import { arrayRows } from "./array_rows.ts";
import type { Fields } from "./fields.ts";
import { fieldFinder } from "./find_field.ts";
import { Instant, type PayloadReader } from "./payload.ts";
import { jsonText, plainValue } from "./plain_value.ts";
import { recordText } from "./record_text.ts";
import { isOfRecord } from "../schema/is_of_record.ts";
import { typeMisfit } from "./writer_draft.ts";

/** What a payload's schema lacks for the table, or has beside it. */
export interface PayloadMisfit {
  /** Required columns without a field. */
  missing: Column[];
  /** Fields that are no column. */
  unknown: string[];
  /** Columns whose field has a type that they never take, a sentence each. */
  types: string[];
}

/**
 * Makes rows of the payloads that one schema has written. A column's field is the one with its wire
 * name, its lake name or an alias, without regard to case: a schema's names cannot have spaces.
 */
export class PayloadCheck {
  readonly misfit: PayloadMisfit;
  /** The fast reader, if the format has one for these columns. */
  readonly scan: RowScan | undefined;
  readonly #schema: RowSchema;
  readonly #reader: PayloadReader;
  readonly #lenient: ReadonlySet<string>;
  /** By column: its field, if a top-level one. */
  readonly #fields: Array<string | undefined>;
  /** Whether a value may have a form that the strict check does not take. */
  readonly #isLenient: boolean[];

  constructor(schema: RowSchema, reader: PayloadReader) {
    const { columns } = schema;
    this.#schema = schema;
    this.#reader = reader;
    this.#lenient = new Set(schema.lenient);
    const find = fieldFinder(Object.fromEntries(reader.fields.map((name) => [name, name])), true);
    this.#fields = columns.map((column) => find(column) as string | undefined);
    this.#isLenient = columns.map(({ format, number, type }) =>
      format !== undefined || number !== undefined || (type !== "string" && this.#lenient.size > 0)
    );
    const isPlain = schema.rows === undefined &&
      columns.every(({ wire, from }, c) =>
        from === undefined && (this.#fields[c] !== undefined || !wire.includes(".")) &&
        this.#fields.indexOf(this.#fields[c]) >= (this.#fields[c] === undefined ? -1 : c)
      );
    this.scan = isPlain ? reader.scan?.(schema, (field) => this.#fields.indexOf(field)) : undefined;
    // The schema of an array's elements is not checked here.
    const isArray = schema.rows !== undefined;
    const isNested = ({ wire }: Column) => reader.fields.includes(wire.split(".")[0]);
    const known = new Set([...this.#fields, ...columns.map(({ wire }) => wire.split(".")[0])]);
    this.misfit = {
      missing: columns.filter((column, c) =>
        !isArray && column.required && column.from === undefined && this.#fields[c] === undefined &&
        !isNested(column)
      ),
      unknown: isArray ? [] : reader.fields.filter((name) => !known.has(name)),
      types: isArray ? [] : this.#typeMisfits(),
    };
  }

  #typeMisfits(): string[] {
    const drafts = new Map(this.#reader.draft().columns.map((draft) => [draft.wire, draft]));
    return this.#schema.columns.flatMap((column, c) => {
      const draft = drafts.get(this.#fields[c] ?? column.wire);
      if (draft === undefined || column.from !== undefined) return [];
      return typeMisfit(draft, column, this.#schema) ?? [];
    });
  }

  /** The row or rows of a payload, or the reason why it is rejected. Never throws. */
  check(payload: Uint8Array, value: Uint8Array, record?: MessageRecord): CheckedMessage {
    let fields: Fields;
    try {
      fields = this.#reader.read(payload);
    } catch (error) {
      return `damaged payload: ${error instanceof Error ? error.message : error}`;
    }
    const { rows } = this.#schema;
    if (rows !== undefined) {
      const findOutside = fieldFinder(fields, true);
      return arrayRows(fields, rows, (element, index) => {
        const find = fieldFinder(element as Fields, true);
        return checkRow(this.#schema, (column) => {
          const { from } = column;
          if (from === "index") return index;
          if (from === "message") return findOutside(column);
          return from === undefined ? find(column) : recordText(from, value, record);
        }, (column, own, c) => this.#value(column, own, c));
      });
    }
    const names = this.#fields;
    return checkRow(this.#schema, (column, c) => {
      if (column.from !== undefined) return recordText(column.from, value, record);
      const name = names[c];
      return name === undefined ? nested(fields, column) : fields[name];
    }, (column, own, c) => this.#value(column, own, c));
  }

  #value(column: Column, value: unknown, c: number): CheckedValue {
    if (value instanceof Instant) return instantValue(column, value);
    if (isOfRecord(column.from)) return checkValue(column, plainValue(column, value, true));
    if (column.type === "string") {
      if (value instanceof Uint8Array) return checkValue(column, value.toBase64());
      if (typeof value === "object" && value !== null) return checkValue(column, jsonText(value));
      if (typeof value === "boolean") return checkValue(column, String(value));
    }
    if (typeof value === "number" && !Number.isFinite(value)) {
      if (!column.required && this.#lenient.has("nan")) return null;
      return rejected(`${column.wire} is NaN or Infinity`);
    }
    if (!this.#isLenient[c]) return checkValue(column, value);
    const lenient = this.#lenient;
    return checkValue(column, plainValue(column, value, lenient.has("numbers"), lenient));
  }
}

function nested(fields: Fields, column: Column): unknown {
  return column.wire.includes(".") ? fieldFinder(fields, false)(column) : undefined;
}

function instantValue(column: Column, instant: Instant): CheckedValue {
  const { ms } = instant;
  const { wire, type, time } = column;
  if (type === "string") return checkValue(column, instant.toJSON());
  if (type !== "date" && type !== "timestamp") {
    return rejected(`${wire}: expected a number, found ${instant.toJSON()}`);
  }
  if (!hasDay(ms)) {
    return rejected(`${wire}: no such ${instant.isDay ? "day" : "time"} ${instant.toJSON()}`);
  }
  if (type === "timestamp") return Math.floor(ms);
  if (ms % DAY_MS !== 0 && time !== "drop") {
    return rejected(`${wire}: expected a day, found ${instant.toJSON()}`);
  }
  return Math.floor(ms / DAY_MS);
}
