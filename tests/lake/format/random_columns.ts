import fc from "fast-check";
import type { ColumnJob, JobColumn } from "../../../mod/lake/format/encode_job.ts";
import type { Compression } from "../../../mod/lake/format/compression.ts";
import type { ColumnType } from "../../../mod/schema/schema.ts";

/** How a column's values follow each other: each shape has an encoding that suits it. */
const SHAPES = ["one", "runs", "few", "rhythm", "ascending", "jumps", "random", "edges"] as const;
type Shape = (typeof SHAPES)[number];

/** One column of a case. */
export interface RandomColumn {
  name: string;
  type: ColumnType;
  shape: Shape;
  /** One in so many rows has no value; 0 for a required column. */
  absentEvery: number;
  /** As in an Iceberg table, whose timestamps are in microseconds. */
  fieldId?: number;
}

/** A file to be written. */
export interface RandomFile {
  rows: number;
  compression: Compression;
  columns: RandomColumn[];
  seed: number;
}

/** Counts around the ends of groups, miniblocks, blocks, samples and pages, and some between. */
const rows = fc.oneof(
  fc.constantFrom(1, 2, 7, 8, 9, 31, 32, 33, 127, 128, 129, 130, 257, 4096, 4097, 32_768, 32_770),
  fc.integer({ min: 1, max: 9000 }),
);

const column = fc.record({
  type: fc.constantFrom<ColumnType>("string", "date", "double", "long", "timestamp"),
  shape: fc.constantFrom(...SHAPES),
  absentEvery: fc.constantFrom(0, 0, 1, 2, 3, 40),
  fieldId: fc.constantFrom(undefined, undefined, 7),
});

/** Files of columns of all types and shapes, in all compressions. */
export const randomFile: fc.Arbitrary<RandomFile> = fc.record({
  rows,
  compression: fc.constantFrom<Compression>("snappy", "zstd", "gzip", "none"),
  columns: fc.array(column, { minLength: 1, maxLength: 6 })
    .map((columns) =>
      columns.map((some, i) => ({
        ...some,
        name: `c${i}`,
        fieldId: some.fieldId && some.fieldId + i,
      }))
    ),
  seed: fc.nat(),
});

/** A column's values: texts or numbers, and which rows have none. */
export interface RandomValues extends RandomColumn {
  values: Float64Array | string[];
  absent: Uint8Array;
}

/** The values of a file's columns, always the same for the same file. */
export function valuesOf({ rows, columns, seed }: RandomFile): RandomValues[] {
  let state = seed >>> 0;
  // mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
  const random = () => {
    let t = state = (state + 0x6d2b79f5) >>> 0;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return columns.map((column) => {
    const one = () => randomValue(column.type, random, column.shape === "edges");
    const pool = Array.from({ length: column.shape === "rhythm" ? 300 : 5 }, one);
    const numbers = new Float64Array(rows);
    let last = one();
    for (let i = 0; i < rows; i++) {
      numbers[i] = last = nextValue(column, i, last, pool, random, one);
    }
    const { absentEvery } = column;
    const absent = Uint8Array.from(
      { length: rows },
      () => absentEvery > 0 && random() * absentEvery < 1 ? 1 : 0,
    );
    return {
      ...column,
      absent,
      values: column.type === "string" ? Array.from(numbers, (n) => `é${n}`) : numbers,
    };
  });
}

function nextValue(
  { shape, type }: RandomColumn,
  i: number,
  last: number,
  pool: number[],
  random: () => number,
  one: () => number,
): number {
  switch (shape) {
    case "one":
      return pool[0];
    case "runs":
      return random() < 0.02 ? one() : last;
    case "few":
      return pool[Math.floor(random() * pool.length)];
    case "rhythm":
      return pool[i % pool.length];
    case "ascending":
      return clamp(type, i === 0 ? 1000 : last + 1);
    case "jumps":
      return clamp(type, i === 0 ? 0 : last + Math.round((random() - 0.4) * 2 ** (random() * 30)));
    default:
      return one();
  }
}

const MAX = Number.MAX_SAFE_INTEGER;
const LIMITS: Record<ColumnType, [min: number, max: number]> = {
  string: [0, MAX],
  date: [-719_162, 2_932_896],
  double: [-MAX, MAX],
  long: [-MAX, MAX],
  timestamp: [-62_135_596_800_000, 253_402_300_799_999],
};

function clamp(type: ColumnType, value: number): number {
  const [min, max] = LIMITS[type];
  return Math.min(max, Math.max(min, value));
}

function randomValue(type: ColumnType, random: () => number, edge: boolean): number {
  const [min, max] = LIMITS[type];
  if (edge) {
    const edges = type === "double"
      ? [-0, 0, 5e-324, -Number.MAX_VALUE, Number.MAX_VALUE, 0.1]
      : [min, max, 0, 1, min + 1, max - 1];
    return edges[Math.floor(random() * edges.length)];
  }
  if (type === "double") return (random() + random() / 2 ** 32 - 0.5) * 10 ** (random() * 20);
  return Math.floor(min / 2 + random() * (max / 2 - min / 2));
}

/** The columns as the encoder takes them; a job is spent when it is encoded. */
export function jobOf(
  { rows, compression }: RandomFile,
  columns: readonly RandomValues[],
): ColumnJob {
  return {
    kind: "columns",
    compression,
    rows,
    columns: columns.map(jobColumn),
    groupCount: 1,
  };
}

function jobColumn(
  { name, type, absentEvery, absent, values, fieldId }: RandomValues,
): JobColumn {
  const optional = absentEvery > 0;
  const base = { name, type, optional, fieldId, absent: optional ? [absent.slice()] : undefined };
  if (!(values instanceof Float64Array)) {
    const distinct = [...new Set(values)];
    const places = new Map(distinct.map((value, i) => [value, i]));
    const bytes = distinct.map((value) => new TextEncoder().encode(value));
    let end = 0;
    return {
      ...base,
      integers: [Int32Array.from(values, (value) => places.get(value)!)],
      values: {
        bytes: Uint8Array.from(bytes.flatMap((some) => [...some])),
        ends: Int32Array.from(bytes, ({ length }) => end += length),
      },
    };
  }
  return type === "date"
    ? { ...base, integers: [Int32Array.from(values)] }
    : { ...base, numbers: [values.slice()] };
}
