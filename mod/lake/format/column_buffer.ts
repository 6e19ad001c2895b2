import { ByteInterner } from "../../schema/byte_interner.ts";
import type { MessageReader } from "../../schema/message_reader.ts";
import type { Column, ColumnType } from "../../schema/schema.ts";
import { ORIGIN_COLUMNS } from "../../schema/schema.ts";
import type { RowGroups } from "../partitioning.ts";
import type { Compression } from "./compression.ts";
import type { ColumnJob, JobColumn } from "./encode_job.ts";
import type { RowBuffer, RowBufferOptions } from "./row_buffer.ts";

const FIRST_CHUNK_ROWS = 256;

/** Approximate bytes of memory for an integer beyond 2^53. */
const WIDE_BYTES = 80;

/** Rows per chunk, from the fifth chunk on. */
const CHUNK_ROWS = 4096;

/** The values of some rows: one array per column that needs one. */
interface Chunk {
  rows: number;
  byteLength: number;
  numbers: Float64Array[];
  integers: Int32Array[];
  absent: Uint8Array[];
  offsets: Float64Array;
  timestamps: Float64Array;
  groups: Int32Array;
}

/**
 * Holds rows as typed arrays, one per column, as Parquet needs them. The arrays are chunks: arrays
 * that grow by doubling would take up to three times what their rows need.
 */
export class ColumnBuffer implements RowBuffer {
  readonly #partition: number;
  readonly #compression: Compression;
  readonly #columns: readonly Column[];
  /** The columns that the file holds; those in its path are left out. */
  readonly #kept: boolean[];
  readonly #types: ColumnType[];
  readonly #interners: ByteInterner[] = [];
  readonly #fieldIds: ReadonlyMap<string, number> | undefined;
  readonly #groups: RowGroups;
  /** By column: its integers beyond 2^53, by row. */
  readonly #wide: Array<Map<number, bigint>> = [];
  #wideBytes = 0;
  /** Full chunks. */
  readonly #full: Chunk[] = [];
  #fullRows = 0;
  #fullBytes = 0;
  /** The chunk being filled, and the number of rows in it. */
  #chunk: Chunk;
  #used = 0;

  constructor(
    { schema, partitioning, compression, partition, fieldIds }: RowBufferOptions,
  ) {
    this.#partition = partition;
    this.#compression = compression;
    this.#fieldIds = fieldIds;
    this.#columns = schema.columns;
    const inPath = fieldIds === undefined ? partitioning.columnsInPath : new Set<number>();
    this.#kept = schema.columns.map((_, c) => !inPath.has(c));
    this.#types = schema.columns.map(({ type }) => type);
    this.#groups = partitioning.group();
    schema.columns.forEach(({ type }, c) => {
      if (this.#kept[c] && type === "string") this.#interners[c] = new ByteInterner();
    });
    this.#chunk = this.#newChunk(FIRST_CHUNK_ROWS);
  }

  get rows(): number {
    return this.#fullRows + this.#used;
  }

  get byteLength(): number {
    const strings = this.#interners.reduce((sum, { byteLength }) => sum + byteLength, 0);
    return this.#fullBytes + this.#chunk.byteLength + strings + this.#groups.byteLength +
      this.#wideBytes;
  }

  get paths(): RowGroups["paths"] {
    return this.#groups.paths;
  }

  refusal(reader: MessageReader, timestampMs: number): string | null {
    const group = this.#groups.of(reader, timestampMs);
    return group < 0 ? this.#groups.refusal(group) : null;
  }

  append(reader: MessageReader, offset: number, timestampMs: number): string | null {
    const group = this.#groups.of(reader, timestampMs);
    if (group < 0) return this.#groups.refusal(group);
    if (this.#used === this.#chunk.rows) this.#nextChunk();
    const row = this.#used++;
    const chunk = this.#chunk;
    chunk.offsets[row] = offset;
    chunk.timestamps[row] = timestampMs;
    chunk.groups[row] = group;
    if (reader.hasWide) this.#keepWide(reader, this.#fullRows + row);
    const { numbers, absent } = reader;
    for (let c = 0; c < this.#types.length; c++) {
      if (!this.#kept[c]) continue;
      if (absent[c] === 1) chunk.absent[c][row] = 1;
      switch (this.#types[c]) {
        case "string":
          chunk.integers[c][row] = this.#interners[c].intern(
            reader.bytes,
            reader.starts[c],
            reader.ends[c],
          );
          break;
        case "date":
          chunk.integers[c][row] = numbers[c];
          break;
        default:
          chunk.numbers[c][row] = numbers[c];
      }
    }
    return null;
  }

  #keepWide({ wide }: MessageReader, row: number): void {
    wide.forEach((value, c) => {
      if (value === undefined || !this.#kept[c]) return;
      (this.#wide[c] ??= new Map()).set(row, value);
      this.#wideBytes += WIDE_BYTES;
    });
  }

  take(): ColumnJob {
    const { rows } = this;
    const chunks = [...this.#full, this.#chunk];
    const columns: JobColumn[] = [];
    this.#columns.forEach(({ name, type, required }, c) => {
      if (!this.#kept[c]) return;
      const isInteger = type === "string" || type === "date";
      columns.push({
        name,
        type,
        optional: !required,
        fieldId: this.#fieldIds?.get(name),
        absent: required ? undefined : chunks.map(({ absent }) => absent[c]),
        numbers: isInteger ? undefined : chunks.map(({ numbers }) => numbers[c]),
        integers: isInteger ? chunks.map(({ integers }) => integers[c]) : undefined,
        values: this.#interners[c]?.values(),
        ...this.#wide[c] === undefined ? {} : { wide: this.#wide[c] },
      });
    });
    const [partition, offset, timestamp] = ORIGIN_COLUMNS;
    const origin = ({ name, type }: Column, values: Partial<JobColumn>) => ({
      name,
      type,
      optional: false,
      fieldId: this.#fieldIds?.get(name),
      ...values,
    });
    columns.push(
      origin(partition, { constant: this.#partition }),
      origin(offset, { numbers: chunks.map(({ offsets }) => offsets) }),
      origin(timestamp, { numbers: chunks.map(({ timestamps }) => timestamps) }),
    );
    const groupCount = this.#groups.paths.length;
    return {
      kind: "columns",
      compression: this.#compression,
      rows,
      columns,
      groups: groupCount > 1 ? chunks.map(({ groups }) => groups) : undefined,
      groupCount,
    };
  }

  #nextChunk(): void {
    const { rows, byteLength } = this.#chunk;
    this.#full.push(this.#chunk);
    this.#fullRows += rows;
    this.#fullBytes += byteLength;
    this.#chunk = this.#newChunk(Math.min(rows * 2, CHUNK_ROWS));
    this.#used = 0;
  }

  #newChunk(rows: number): Chunk {
    const chunk: Chunk = {
      rows,
      byteLength: 20 * rows,
      numbers: [],
      integers: [],
      absent: [],
      offsets: new Float64Array(rows),
      timestamps: new Float64Array(rows),
      groups: new Int32Array(rows),
    };
    this.#columns.forEach(({ type, required }, c) => {
      if (!this.#kept[c]) return;
      const isInteger = type === "string" || type === "date";
      if (isInteger) chunk.integers[c] = new Int32Array(rows);
      else chunk.numbers[c] = new Float64Array(rows);
      if (!required) chunk.absent[c] = new Uint8Array(rows);
      chunk.byteLength += rows * ((isInteger ? 4 : 8) + (required ? 0 : 1));
    });
    return chunk;
  }
}
