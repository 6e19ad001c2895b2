import type { ColumnType } from "../../schema/schema.ts";

/** Values of one column of a flush: what a worker can be given without a copy. */
export interface JobColumn {
  name: string;
  type: ColumnType;
  /** Whether rows may have no value for it. */
  optional: boolean;
  /** 1 where a row has no value; absent where every row has one. */
  absent?: Uint8Array;
  /** Numbers, dates (days since 1970), timestamps (milliseconds since 1970). */
  numbers?: Float64Array;
  /** Dates; number of the string in `values` for strings. */
  integers?: Int32Array;
  /** The distinct strings, one after the other, and where each ends. */
  values?: { bytes: Uint8Array; ends: Int32Array };
}

/** Rows as columns, to become Parquet. */
export interface ColumnJob {
  kind: "columns";
  rows: number;
  columns: JobColumn[];
  /** Number of each row's group; absent where there is one group. */
  groups?: Int32Array;
  groupCount: number;
}

/** Rows as lines of JSON, to be compressed. */
export interface LineJob {
  kind: "lines";
  rows: number;
  /** The lines one after the other, each with its newline. */
  bytes: Uint8Array;
  /** Where each line ends. */
  ends: Int32Array;
  /** Number of each row's group; absent where there is one group. */
  groups?: Int32Array;
  groupCount: number;
}

/** One flush's rows, for the encoder. */
export type EncodeJob = ColumnJob | LineJob;

/** One object that came out of a flush. */
export interface EncodedObject {
  /** Number of the group of rows that it holds. */
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
