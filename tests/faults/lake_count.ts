import { python } from "../services/services.ts";
import type { TrinoCount } from "./iceberg_in_s3.ts";

/** What a lake holds, as counted by independent programs: kafka-python, pyarrow and DuckDB. */
export interface LakeCount {
  /** Offsets that must be there. */
  expected: number;
  /** Offsets of those that are there. */
  found: number;
  missing: number;
  /** How many are there too often. */
  duplicate: number;
  /** Offsets that are there and must not be. */
  unexpected: number;
  /** Offsets in an object whose name says that it does not hold them. */
  misplaced: number;
  /** Messages below another day (`dt`) than that of their own timestamp. */
  misdated: number;
  rows: number;
  /** Dead letters. */
  rejected: number;
  /** Dead letters with a reason. */
  reasons: number;
  /** Offsets that retention removed, by the records of it. */
  lost: number;
  /** Of those, offsets that the topic still has. */
  stillThere: number;
  /** Rows that were acknowledged to their sender and are not there. */
  lostRows: number;
  objects: number;
  /** Different numbers in the column `number`. */
  numbers: number;
  /** Largest number in that column. */
  largestNumber: number | null;
  /** Rows that another program has deleted: not among those that must be there. @default {0} */
  deleted?: number;
  /** Of an Iceberg table, where Trino was asked. */
  trino?: TrinoCount;
}

/** Options of {@linkcode countLake}. */
export interface LakeCountOptions {
  topic: string;
  table: string;
  /** Column with the rows' own numbers, where they have one. */
  number?: string;
  /** Broker that says which offsets must be there: all that the topic ever had. */
  kafka?: string;
  /** Embedded log that says so. */
  log?: string;
  /** File with the names of the table's data files, one a line; others are not counted. @default {all} */
  live?: string;
  /** File with the numbers of the rows that were acknowledged, one a line. */
  acknowledged?: string;
  /** The lake as a directory. */
  folder?: string;
  /** The lake in S3; `path` is `BUCKET/PREFIX`. */
  s3?: { endpoint: string; access_key: string; secret_key: string; path: string };
}

/** Reads every object of a lake and counts what is in it. */
export async function countLake(options: LakeCountOptions): Promise<LakeCount> {
  const script = new URL("./count_lake.py", import.meta.url);
  return JSON.parse(await python(script, [JSON.stringify(options)]));
}
