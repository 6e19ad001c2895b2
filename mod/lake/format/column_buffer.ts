import { ByteInterner } from "../../schema/byte_interner.ts";
import type { MessageReader } from "../../schema/message_reader.ts";
import type { Column, ColumnType } from "../../schema/schema.ts";
import { ORIGIN_COLUMNS } from "../../schema/schema.ts";
import type { RowGroups } from "../partitioning.ts";
import type { ColumnJob, JobColumn } from "./encode_job.ts";
import type { RowBuffer, RowBufferOptions } from "./row_buffer.ts";

const INITIAL_ROWS = 256;

/** Holds rows as typed arrays, a column each: what Parquet is made of. */
export class ColumnBuffer implements RowBuffer {
  readonly #partition: number;
  readonly #columns: readonly Column[];
  /** Which columns the file holds: not those that its path holds. */
  readonly #kept: boolean[];
  readonly #types: ColumnType[];
  readonly #numbers: Float64Array[] = [];
  readonly #integers: Int32Array[] = [];
  readonly #interners: ByteInterner[] = [];
  readonly #absent: Uint8Array[] = [];
  #offsets = new Float64Array(INITIAL_ROWS);
  #timestamps = new Float64Array(INITIAL_ROWS);
  #groupNumbers = new Int32Array(INITIAL_ROWS);
  readonly #groups: RowGroups;
  #capacity = INITIAL_ROWS;
  #rows = 0;

  constructor({ schema, partitioning, partition }: RowBufferOptions) {
    this.#partition = partition;
    this.#columns = schema.columns;
    const inPath = partitioning.columnsInPath;
    this.#kept = schema.columns.map((_, c) => !inPath.has(c));
    this.#types = schema.columns.map(({ type }) => type);
    this.#groups = partitioning.group();
    schema.columns.forEach(({ type, required }, c) => {
      if (!this.#kept[c]) return;
      if (type === "string") this.#interners[c] = new ByteInterner();
      if (type === "string" || type === "date") this.#integers[c] = new Int32Array(INITIAL_ROWS);
      else this.#numbers[c] = new Float64Array(INITIAL_ROWS);
      if (!required) this.#absent[c] = new Uint8Array(INITIAL_ROWS);
    });
  }

  get rows(): number {
    return this.#rows;
  }

  get byteLength(): number {
    let bytes = this.#capacity * 20;
    for (let c = 0; c < this.#columns.length; c++) {
      bytes += (this.#numbers[c]?.byteLength ?? 0) + (this.#integers[c]?.byteLength ?? 0) +
        (this.#interners[c]?.byteLength ?? 0) + (this.#absent[c]?.byteLength ?? 0);
    }
    return bytes;
  }

  get paths(): RowGroups["paths"] {
    return this.#groups.paths;
  }

  append(reader: MessageReader, offset: number, timestampMs: number): void {
    if (this.#rows === this.#capacity) this.#grow();
    const row = this.#rows++;
    this.#offsets[row] = offset;
    this.#timestamps[row] = timestampMs;
    this.#groupNumbers[row] = this.#groups.of(reader, timestampMs);
    const { numbers, absent } = reader;
    for (let c = 0; c < this.#types.length; c++) {
      if (!this.#kept[c]) continue;
      if (absent[c] === 1) this.#absent[c][row] = 1;
      switch (this.#types[c]) {
        case "string":
          this.#integers[c][row] = this.#interners[c].intern(
            reader.bytes,
            reader.starts[c],
            reader.ends[c],
          );
          break;
        case "date":
          this.#integers[c][row] = numbers[c];
          break;
        default:
          this.#numbers[c][row] = numbers[c];
      }
    }
  }

  take(): ColumnJob {
    const rows = this.#rows;
    const columns: JobColumn[] = [];
    this.#columns.forEach(({ name, type, required }, c) => {
      if (!this.#kept[c]) return;
      columns.push({
        name,
        type,
        optional: !required,
        absent: this.#absent[c],
        numbers: this.#numbers[c],
        integers: this.#integers[c],
        values: this.#interners[c]?.values(),
      });
    });
    const [partition, offset, timestamp] = ORIGIN_COLUMNS;
    const origin = { optional: false };
    columns.push(
      {
        ...origin,
        name: partition.name,
        type: partition.type,
        numbers: new Float64Array(rows).fill(this.#partition),
      },
      { ...origin, name: offset.name, type: offset.type, numbers: this.#offsets },
      { ...origin, name: timestamp.name, type: timestamp.type, numbers: this.#timestamps },
    );
    const groupCount = this.#groups.paths.length;
    return {
      kind: "columns",
      rows,
      columns,
      groups: groupCount > 1 ? this.#groupNumbers : undefined,
      groupCount,
    };
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    this.#capacity = capacity;
    this.#offsets = grown(this.#offsets, new Float64Array(capacity));
    this.#timestamps = grown(this.#timestamps, new Float64Array(capacity));
    this.#groupNumbers = grown(this.#groupNumbers, new Int32Array(capacity));
    for (let c = 0; c < this.#columns.length; c++) {
      if (this.#numbers[c]) this.#numbers[c] = grown(this.#numbers[c], new Float64Array(capacity));
      if (this.#integers[c]) {
        this.#integers[c] = grown(this.#integers[c], new Int32Array(capacity));
      }
      if (this.#absent[c]) this.#absent[c] = grown(this.#absent[c], new Uint8Array(capacity));
    }
  }
}

function grown<T extends Float64Array | Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
