import type { Value } from "../engine.ts";

/** A column's values: numbers directly, everything else as indexes into its distinct values. */
type PackedColumn =
  | Float64Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | { words: Value[]; indexes: Int32Array<ArrayBuffer> };

/**
 * Rows by columns, which another thread can take over without copying every value: copying rows between
 * threads costs more than the statement that makes them.
 */
export interface PackedPage {
  rows: number;
  columns: PackedColumn[];
}

/** Packs rows of equal width; values are those of SQLite, integers as 64-bit bigints. */
export function packPage(rows: readonly Value[][]): PackedPage {
  const width = rows[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, c) => packColumn(rows, c));
  return { rows: rows.length, columns };
}

/** The buffers to transfer with a page. */
export function buffersOf({ columns }: PackedPage): ArrayBuffer[] {
  return columns.map((column) => ("words" in column ? column.indexes : column).buffer);
}

/** The rows that were packed. */
export function unpackPage({ rows, columns }: PackedPage): Value[][] {
  const page: Value[][] = Array.from({ length: rows }, () => new Array(columns.length));
  columns.forEach((column, c) => {
    if ("words" in column) {
      const { words, indexes } = column;
      for (let row = 0; row < rows; row++) page[row][c] = words[indexes[row]];
    } else {
      for (let row = 0; row < rows; row++) page[row][c] = column[row];
    }
  });
  return page;
}

function packColumn(rows: readonly Value[][], c: number): PackedColumn {
  const kind = typeof rows[0][c];
  const packed = kind === "number"
    ? packNumbers(rows, c)
    : kind === "bigint"
    ? packIntegers(rows, c)
    : undefined;
  return packed ?? packWords(rows, c);
}

/** @returns `undefined` if a value is not a number */
function packNumbers(rows: readonly Value[][], c: number): PackedColumn | undefined {
  const numbers = new Float64Array(rows.length);
  for (let row = 0; row < rows.length; row++) {
    const value = rows[row][c];
    if (typeof value !== "number") return undefined;
    numbers[row] = value;
  }
  return numbers;
}

/** @returns `undefined` if a value is not an integer */
function packIntegers(rows: readonly Value[][], c: number): PackedColumn | undefined {
  const integers = new BigInt64Array(rows.length);
  for (let row = 0; row < rows.length; row++) {
    const value = rows[row][c];
    if (typeof value !== "bigint") return undefined;
    integers[row] = value;
  }
  return integers;
}

function packWords(rows: readonly Value[][], c: number): PackedColumn {
  const words: Value[] = [];
  const known = new Map<Value, number>();
  const indexes = new Int32Array(rows.length);
  for (let row = 0; row < rows.length; row++) {
    const value = rows[row][c];
    let index = known.get(value);
    // A Map takes 0 for -0.
    if (index === undefined || value === 0) {
      index = words.push(value) - 1;
      known.set(value, index);
    }
    indexes[row] = index;
  }
  return { words, indexes };
}
