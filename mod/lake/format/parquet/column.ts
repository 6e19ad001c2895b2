import { type JobColumn, joinChunks } from "../encode_job.ts";

/** A column with its chunks concatenated. */
export interface WholeColumn extends Omit<JobColumn, "absent" | "numbers" | "integers"> {
  absent?: Uint8Array;
  numbers?: Float64Array;
  integers?: Int32Array;
}

/** Concatenates a column's chunks, which cannot be used afterwards. */
export function wholeColumn(column: JobColumn, rows: number): WholeColumn {
  const { absent, numbers, integers, constant } = column;
  return {
    ...column,
    absent: absent && joinChunks(absent, new Uint8Array(rows)),
    numbers: constant === undefined
      ? numbers && joinChunks(numbers, new Float64Array(rows))
      : new Float64Array(rows).fill(constant),
    integers: integers && joinChunks(integers, new Int32Array(rows)),
  };
}

/** The values of some rows of a column, in order. */
export function gather(column: WholeColumn, rows: Int32Array): WholeColumn {
  const { numbers, integers, absent, wide } = column;
  return {
    ...column,
    wide: wide && pickWide(wide, rows),
    numbers: numbers && pick(numbers, rows, new Float64Array(rows.length)),
    integers: integers && pick(integers, rows, new Int32Array(rows.length)),
    absent: absent && pick(absent, rows, new Uint8Array(rows.length)),
  };
}

function pickWide(wide: ReadonlyMap<number, bigint>, rows: Int32Array): Map<number, bigint> {
  const own = new Map<number, bigint>();
  rows.forEach((row, i) => {
    const value = wide.get(row);
    if (value !== undefined) own.set(i, value);
  });
  return own;
}

function pick<A extends Uint8Array | Int32Array | Float64Array>(
  from: A,
  rows: Int32Array,
  into: A,
): A {
  for (let i = 0; i < rows.length; i++) into[i] = from[rows[i]];
  return into;
}

/** The values that are not null. */
export function withoutAbsent(column: WholeColumn, present: number): WholeColumn {
  const rows = new Int32Array(present);
  const absent = column.absent!;
  for (let row = 0, i = 0; i < present; row++) {
    if (absent[row] === 0) rows[i++] = row;
  }
  return gather(column, rows);
}

/**
 * Releases the columns' memory: the garbage collector would let that of several jobs accumulate.
 */
export function release(columns: readonly WholeColumn[]): void {
  for (const { absent, numbers, integers } of columns) {
    for (const values of [absent, numbers, integers]) {
      if (values !== undefined) (values.buffer as ArrayBuffer).transfer(0);
    }
  }
}
