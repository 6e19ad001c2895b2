import { gunzipSync } from "node:zlib";
import type { ParquetType } from "../../schema/types.ts";
import { STORE_TYPES } from "../../schema/types.ts";
import { ByteInterner } from "../../schema/byte_interner.ts";
import { DAY_MS } from "../../schema/calendar.ts";
import { type Column, COLUMN_TYPES, ORIGIN_COLUMNS } from "../../schema/schema.ts";
import type { CellValue } from "./cell_value.ts";
import type { Compression } from "./compression.ts";
import type { EncodeJob, JobColumn } from "./encode_job.ts";
import type { ObjectRows } from "./object_rows.ts";
import { parquetBatches } from "./parquet/read_parquet.ts";
import type { SchemaElement } from "hyparquet";
import { readFooter } from "./parquet/footer.ts";

/**
 * Merges the rows of several objects of one format, in the objects' order, into one object's. The
 * columns are those of all objects, whatever the current schema has: a column that an object lacks
 * is null in its rows.
 * @throws {Error} when an object has something that this program does not write, and would
 * therefore be changed
 */
export async function mergedRows(
  extension: string,
  objects: readonly Uint8Array[],
): Promise<EncodeJob> {
  return extension === "parquet" ? await mergedColumns(objects) : mergedLines(objects);
}

const NEWLINE = 0x0a;

function mergedLines(objects: readonly Uint8Array[]): EncodeJob {
  // Each gets a buffer of its own, as the job transfers them.
  const chunks = objects.map((bytes) => new Uint8Array(gunzipSync(bytes)));
  const ends: number[] = [];
  let before = 0;
  for (const chunk of chunks) {
    if (chunk.at(-1) !== NEWLINE) throw new Error("its last line is incomplete");
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) {
      ends.push(before + at + 1);
    }
    before += chunk.length;
  }
  return { kind: "lines", rows: ends.length, chunks, ends: Int32Array.from(ends), groupCount: 1 };
}

/** An object as it is read, and its columns. */
interface Part {
  columns: Array<Pick<Column, "name" | "type"> & { optional: boolean }>;
  batches: ObjectRows["batches"];
  rows: number;
}

async function mergedColumns(objects: readonly Uint8Array[]): Promise<EncodeJob> {
  const writers = new Map<string, ColumnWriter>();
  let rows = 0;
  let compression: Compression = "zstd";
  for (const bytes of objects) {
    const { part, compression: own } = await readPart(bytes);
    compression = own;
    for (const { name, type, optional } of part.columns) {
      const writer = writers.get(name) ?? new ColumnWriter(name, type, rows);
      if (writer.type !== type) throw new Error(`column ${name} is ${type}, not ${writer.type}`);
      writer.optional ||= optional;
      writers.set(name, writer);
    }
    for (const [name, writer] of writers) {
      for (const batch of part.batches) writer.add(batch.columns.get(name), batch.rows);
    }
    rows += part.rows;
  }
  const origins = new Set(ORIGIN_COLUMNS.map(({ name }) => name));
  const columns = [...writers.values()].map((writer) => writer.column())
    .sort((a, b) => Number(origins.has(a.name)) - Number(origins.has(b.name)));
  return { kind: "columns", compression, rows, columns, groupCount: 1 };
}

const CODECS: Readonly<Record<string, Compression>> = {
  SNAPPY: "snappy",
  ZSTD: "zstd",
  GZIP: "gzip",
  UNCOMPRESSED: "none",
};

async function readPart(bytes: Uint8Array): Promise<{ part: Part; compression: Compression }> {
  const metadata = readFooter(bytes);
  const elements = metadata.schema.slice(1);
  const columns = elements.map((element) => ({
    name: element.name,
    wire: "",
    type: typeOf(element),
    required: false,
    optional: element.repetition_type === "OPTIONAL",
  }));
  const codec = metadata.row_groups[0]?.columns[0]?.meta_data?.codec ?? "";
  const compression = CODECS[codec];
  if (compression === undefined) throw new Error(`it is compressed by ${codec}`);
  const batches = await parquetBatches(bytes, columns, metadata);
  const rows = batches.reduce((sum, { rows }) => sum + rows, 0);
  if (rows !== Number(metadata.num_rows)) {
    throw new Error(`it has ${rows} rows, but its footer says ${metadata.num_rows}`);
  }
  return { part: { columns, batches, rows }, compression };
}

/**
 * The column type that this program writes as such an element. @throws {Error} for another element
 */
function typeOf(element: SchemaElement): Column["type"] {
  const { name, type, converted_type, repetition_type, num_children } = element;
  const isFlat = repetition_type !== "REPEATED" && num_children === undefined;
  const found = COLUMN_TYPES.find((one) => {
    const stored: ParquetType = STORE_TYPES[one].parquet;
    return isFlat && stored.type === type && stored.converted_type === converted_type;
  });
  if (found !== undefined) return found;
  throw new Error(`column ${name} is ${converted_type ?? type}, which ticklake does not write`);
}

const encoder = new TextEncoder();

/** A column under construction. */
class ColumnWriter {
  readonly type: Column["type"];
  optional: boolean;
  readonly #name: string;
  readonly #numbers: Float64Array[] = [];
  readonly #integers: Int32Array[] = [];
  readonly #absent: Uint8Array[] = [];
  readonly #interner = new ByteInterner();
  readonly #numberOf = new Map<string, number>();
  readonly #wide = new Map<number, bigint>();
  #rows = 0;

  /** @param before rows of the preceding objects, which are null */
  constructor(name: string, type: Column["type"], before: number) {
    this.#name = name;
    this.type = type;
    this.optional = before > 0;
    if (before > 0) this.add(undefined, before);
  }

  /** Adds the values of a number of rows; `undefined` if the object has no such column. */
  add(values: ArrayLike<CellValue> | undefined, rows: number): void {
    if (rows === 0) return;
    const isInteger = this.type === "string" || this.type === "date";
    const absent = new Uint8Array(rows);
    const into = isInteger ? new Int32Array(rows) : new Float64Array(rows);
    this.optional ||= values === undefined;
    for (let row = 0; row < rows; row++) {
      const value = values?.[row] ?? null;
      if (value === null) absent[row] = 1;
      // Absent strings also have a number, as in the sink's buffer.
      into[row] = value === null && this.type !== "string"
        ? 0
        : this.#code(value ?? "", this.#rows + row);
    }
    this.#rows += rows;
    this.#absent.push(absent);
    if (into instanceof Int32Array) this.#integers.push(into);
    else this.#numbers.push(into);
  }

  column(): JobColumn {
    const isInteger = this.type === "string" || this.type === "date";
    return {
      name: this.#name,
      type: this.type,
      optional: this.optional,
      absent: this.optional ? this.#absent : undefined,
      numbers: isInteger ? undefined : this.#numbers,
      integers: isInteger ? this.#integers : undefined,
      values: this.type === "string" ? this.#interner.values() : undefined,
      ...this.#wide.size === 0 ? {} : { wide: this.#wide },
    };
  }

  #code(value: NonNullable<CellValue>, row: number): number {
    if (this.type === "string") return this.#textCode(String(value));
    if (this.type === "date") return Date.parse(`${value}T00:00:00Z`) / DAY_MS;
    const number = Number(value);
    if (typeof value !== "bigint" || Number.isSafeInteger(number)) return number;
    if (this.type !== "long") {
      throw new Error(`column ${this.#name}: ${value} has more digits than ticklake writes`);
    }
    this.#wide.set(row, value);
    return number;
  }

  #textCode(text: string): number {
    let number = this.#numberOf.get(text);
    if (number === undefined) {
      const bytes = encoder.encode(text);
      number = this.#interner.intern(bytes, 0, bytes.length);
      this.#numberOf.set(text, number);
    }
    return number;
  }
}
