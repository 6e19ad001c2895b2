import type { ColumnType } from "../../schema/schema.ts";
import type { Compression } from "./compression.ts";

/**
 * Values of one column of a flush, in consecutive chunks, which can be transferred to a worker
 * without a copy.
 */
export interface JobColumn {
  name: string;
  type: ColumnType;
  /** Whether it may be null. */
  optional: boolean;
  /** Id of the column in an Iceberg table; its timestamps are then in microseconds. */
  fieldId?: number;
  /** 1 for each row that is null; absent if none is. */
  absent?: Uint8Array[];
  /** Numbers, timestamps (milliseconds since 1970). */
  numbers?: Float64Array[];
  /** By row: integers beyond 2^53, for which `numbers` has the nearest double. */
  wide?: ReadonlyMap<number, bigint>;
  /** The number that all rows share; `numbers` is then absent. */
  constant?: number;
  /** Dates (days since 1970); number of the string in `values` for strings. */
  integers?: Int32Array[];
  /** The distinct strings, concatenated, and where each ends. */
  values?: { bytes: Uint8Array; ends: Int32Array };
}

/** Rows as columns, for Parquet. */
export interface ColumnJob {
  kind: "columns";
  compression: Compression;
  rows: number;
  columns: JobColumn[];
  /** Number of each row's group, in chunks; absent if there is only one group. */
  groups?: Int32Array[];
  groupCount: number;
}

/** Rows as lines of JSON, for compression. */
export interface LineJob {
  kind: "lines";
  rows: number;
  /** The lines, each with its newline, in chunks. */
  chunks: Uint8Array[];
  /** Where each line ends, counted from the beginning of the first chunk. */
  ends: Int32Array;
  /** Number of each row's group; absent if there is only one group. */
  groups?: Int32Array;
  groupCount: number;
}

/** One flush's rows, for the encoder. */
export type EncodeJob = ColumnJob | LineJob;

/** The buffers of a job. */
export function buffersOf(job: EncodeJob): ArrayBuffer[] {
  const views = job.kind === "lines" ? [...job.chunks, job.ends, job.groups] : [
    ...job.groups ?? [],
    ...job.columns.flatMap(({ absent = [], numbers = [], integers = [], values }) => [
      ...absent,
      ...numbers,
      ...integers,
      values?.bytes,
      values?.ends,
    ]),
  ];
  return [
    ...new Set(views.flatMap((view) => view === undefined ? [] : view.buffer as ArrayBuffer)),
  ];
}

/**
 * Copies consecutive chunks into an array, as far as it has room. The chunks' memory is released
 * one by one, so that both are not held at once.
 */
export function joinChunks<A extends Uint8Array | Int32Array | Float64Array>(
  chunks: readonly A[],
  into: A,
): A {
  let used = 0;
  for (const chunk of chunks) {
    const part = chunk.subarray(0, into.length - used);
    into.set(part, used);
    used += part.length;
    (chunk.buffer as ArrayBuffer).transfer(0);
  }
  return into;
}

/** One object of a flush. */
export interface EncodedObject {
  /** Number of its group of rows. */
  group: number;
  rows: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Row numbers ordered by group, keeping their order within each (a counting sort), and where each
 * group ends.
 */
export function rowsByGroup(
  groups: Int32Array,
  rows: number,
  groupCount: number,
): { order: Int32Array; ends: Int32Array } {
  const next = new Int32Array(groupCount);
  for (let row = 0; row < rows; row++) next[groups[row]]++;
  let sum = 0;
  for (let group = 0; group < groupCount; group++) {
    const count = next[group];
    next[group] = sum;
    sum += count;
  }
  const order = new Int32Array(rows);
  for (let row = 0; row < rows; row++) order[next[groups[row]]++] = row;
  return { order, ends: next };
}
