/**
 * The table's port: what the sink commits ranges of a log to. A table knows which logs it holds and how
 * far it is with each partition of them; the group's commit is only the fence.
 */
import type { LakeFormat } from "../lake/format/lake_format.ts";
import type { RowSchema } from "../schema/schema.ts";

/** A log, and the topic's name under which it was found. */
export interface LogName {
  topic: string;
  /** The cluster's id; empty where the broker has none. */
  cluster: string;
  /** The topic's id; `null` where the broker gives topics none. */
  topicId: string | null;
}

/** What a table is: whoever writes to it must agree. */
export interface TableDescription {
  schema: RowSchema;
  format: LakeFormat;
  /** Specification of the partitions, see `Partitioning`. */
  partitionBy: string;
}

/** How far a table is with one partition of a log: it has `[from, end)`. */
export interface TablePosition {
  /** First offset that the table was ever responsible for. */
  from: number;
  /** First offset that is not in the table. */
  end: number;
}

/** Bounds of one column's values in one object, for engines that skip objects by them. */
export interface ColumnStatistics {
  /** The column's name in the lake. */
  name: string;
  /** Rows without a value. */
  nulls: number;
  /** As the schema's type has it: number, or text; absent where there is no value. */
  min?: number | string;
  max?: number | string;
}

/** An object that was put and is durable. */
export interface WrittenObject {
  name: string;
  /** Size in bytes. */
  bytes: number;
  /** Rows, or dead letters. */
  rows: number;
  /** Hive partition values by column, in the path's order, decoded. */
  partitions: ReadonlyArray<readonly [column: string, value: string]>;
  /** As far as the encoder counts them. */
  columns?: readonly ColumnStatistics[];
}

/** Why offsets have no row and no dead letter. */
export type GapReason = "retention" | "reset" | "unreadable";

/** Offsets `[first, end)` that are in no object, on record. */
export interface GapRecord {
  first: number;
  end: number;
  reason: GapReason;
}

/** The contiguous offsets `[first, end)` of one partition: all their objects are put. */
export interface WrittenRange {
  partition: number;
  first: number;
  /** First offset after the range. */
  end: number;
  /** Objects with rows. */
  objects: readonly WrittenObject[];
  /** Objects with dead letters. */
  deadLetters: readonly WrittenObject[];
  gaps: readonly GapRecord[];
}

/** `already`: the table was at or beyond the range's end; nothing has changed. */
export type TakeAnswer = "taken" | "already";

/** What an object of a range is named for. */
export interface ObjectPlace {
  partition: number;
  first: number;
  /** Last offset, inclusive. */
  last: number;
  kind: "rows" | "dead-letters" | "gap";
  /** Hive partition values by column, in the path's order. */
  partitions: ReadonlyArray<readonly [column: string, value: string]>;
  /** Ending without the dot. */
  extension: string;
}

/** Options of a single call. */
export interface TableCallOptions {
  /** Ends the call early; the signal's reason is thrown. */
  signal?: AbortSignal;
}

/** A table. All failures of the services underneath are {@linkcode Failure}s of kind `service`. */
export interface Table {
  /** For people: such as `table index_quotes in s3://bucket/prefix`. */
  readonly description: string;
  /**
   * The log in this table; it is registered at its first use, with the group that writes it. Twice is
   * once.
   * @throws {Failure} kind `usage`, when the table was made for something else (format, column types,
   * partitioning), or when another group writes this log
   */
  log(name: LogName, options: TableCallOptions & { group: string }): Promise<TableLog>;
}

/** One log in one table. */
export interface TableLog {
  readonly name: LogName;
  /** What was done at its opening that people should know, a line each; empty in the normal case. */
  readonly notices: readonly string[];
  /**
   * How far the table is, by partition; a partition of which it has nothing is absent. Asked anew at
   * each call, and at a cost that does not grow with the table. To be called after each assignment,
   * before the first range of it is taken.
   */
  positions(options?: TableCallOptions): Promise<ReadonlyMap<number, TablePosition>>;
  /** Name of an object below the lake's root: a function of the log and its place alone. */
  objectName(place: ObjectPlace): string;
  /**
   * Takes ranges whose objects are all put; they are in the table when it returns, all of one call or
   * none. A range must begin where its partition's position ends, or at any offset where it has none.
   * A range whose end the table has reached is answered with `already`, whoever has brought it: so a
   * take may be repeated. May be called again for other partitions before it has returned; a table
   * whose commits are costly may join such calls.
   */
  take(ranges: readonly WrittenRange[], options?: TableCallOptions): Promise<TakeAnswer[]>;
  /**
   * What becomes of a range of which objects may have been put, that was not taken, and that cannot be
   * repeated (some of its messages are gone from the topic). `taken`: all `objects` were there, and it
   * is in the table. `removed`: nothing of it is in the table, and whatever of it a former owner of the
   * partition still brings will not stay.
   */
  settle(
    range: { partition: number; first: number; end: number; objects: number },
    options?: TableCallOptions,
  ): Promise<"taken" | "removed">;
}
