/**
 * The table's port: the sink commits ranges of a log to it. A table records its logs and its
 * position in each of their partitions; the group's commit is only the fence.
 */
import type { LakeFormat } from "../lake/format/lake_format.ts";
import type { ObjectKind } from "../lake/layout.ts";
import type { RowSchema } from "../schema/schema.ts";

/** A log, and the name of its topic. */
export interface LogName {
  topic: string;
  /** The cluster's id; empty if the broker has none. */
  cluster: string;
  /** The topic's id; `null` if the broker gives topics none. */
  topicId: string | null;
}

/** What all writers of a table must agree on. */
export interface TableDescription {
  schema: RowSchema;
  format: LakeFormat;
  /** Specification of the partitions, see `Partitioning`. */
  partitionBy: string;
}

/** The position of a table in one partition of a log: it has `[from, end)`. */
export interface TablePosition {
  /** First offset that the table was ever responsible for. */
  from: number;
  /** First offset that is not in the table. */
  end: number;
  /** Leader epoch of the message before `end`, if known. */
  epoch?: number;
}

/** Bounds of one column's values in one object, by which engines prune objects. */
export interface ColumnStatistics {
  /** The column's name in the lake. */
  name: string;
  /** Rows without a value. */
  nulls: number;
  /** Number or text, depending on the column's type; absent if there is no value. */
  min?: number | bigint | string;
  max?: number | bigint | string;
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
  /** Only columns that the encoder counts. */
  columns?: readonly ColumnStatistics[];
}

/**
 * Why offsets have no row and no dead letter. `lost`: lost from the lake and no longer in the topic.
 * `unread`: before where release 0.1.0 began, though the topic had them when its table was upgraded.
 */
export type GapReason = "retention" | "reset" | "unreadable" | "lost" | "unread";

/** A recorded gap: offsets `[first, end)` that are in no object. */
export interface GapRecord {
  first: number;
  end: number;
  reason: GapReason;
}

/** The contiguous offsets `[first, end)` of one partition, after all their objects were put. */
export interface WrittenRange {
  partition: number;
  first: number;
  /** First offset after the range. */
  end: number;
  /** Leader epoch of its last message, if known. */
  epoch?: number;
  /** Objects with rows. */
  objects: readonly WrittenObject[];
  /** Objects with dead letters. */
  deadLetters: readonly WrittenObject[];
  gaps: readonly GapRecord[];
}

/** `already`: the table was at or beyond the range's end; nothing has changed. */
export type TakeAnswer = "taken" | "already";

/** What an object's name is made of. */
export interface ObjectPlace {
  partition: number;
  first: number;
  /** Last offset, inclusive. */
  last: number;
  kind: ObjectKind;
  /** Hive partition values by column, in the path's order. */
  partitions: ReadonlyArray<readonly [column: string, value: string]>;
  /** See `FlushRange` of the lake's layout. @default {0} */
  generation?: number;
  /** Number of the replay of dead letters that writes it. @default {none} */
  replay?: number;
  /** Ending without the dot. */
  extension: string;
}

/** An in-flight range: some of its objects may have been put, but it was not taken. */
export interface BegunRange {
  partition: number;
  first: number;
  end: number;
  /** Number of its objects when complete; `null`: it is never taken, only removed. */
  objects: number | null;
  /** Whether the range is never taken by anyone again; otherwise one of the same bounds may follow. */
  isOver: boolean;
}

/** Options of a single call. */
export interface TableCallOptions {
  /** Ends the call early; the signal's reason is thrown. */
  signal?: AbortSignal;
  /** Told how many of the objects that a rewind takes out have been removed. */
  onRemoved?(done: number, all: number): void;
}

/** Options of `TableLog.rewind`. */
export interface RewindCallOptions extends TableCallOptions {
  /**
   * Called before anything is removed, once whoever is assigned the partitions from then on would complete the
   * rewind. If it throws, nothing is changed.
   */
  before?(): Promise<void>;
  /**
   * Rows that other programs have deleted and that a repair does not read again, recorded with the rewind; only of
   * an Iceberg table. @default {not known any more, unless all of the table is read again}
   */
  rowsLeftDeleted?: number;
}

/** What a table needs to know about the writer of a log. */
export interface LogWriter {
  /** The consumer group: a table has one writing group per log. */
  group: string;
  /** Whether this group replaces the previous writing group. */
  takeOver?: boolean;
  /**
   * Where the partitions of a log begin that is new to the table. With `latest` the table records
   * their ends, unless it knows another log of the topic's name. @default {"earliest"}
   */
  from?: "earliest" | "latest";
  /** What the group has committed, to adopt a table that does not yet record its position. */
  committed(): Promise<readonly GroupStanding[]>;
  /** Kafka's timestamp of the message at an offset; `null` if the log has no message there. */
  timestampAt(partition: number, offset: number): Promise<number | null>;
  /** The partitions' offsets. */
  offsets(): Promise<ReadonlyArray<{ partition: number; low: number; high: number }>>;
}

/** A group's committed progress in a partition. */
export interface GroupStanding {
  partition: number;
  /** Key of the log that this belongs to; absent in the commits of release 0.1.0. */
  log?: string;
  /** First offset that the group was ever responsible for; absent if nothing of ours is committed. */
  from?: number;
  /** First offset that is not in a finished flush; `null` if nothing of ours is committed. */
  written: number | null;
  /** First offset after the in-flight flush; absent if there is none. */
  begunEnd?: number;
}

/** A table. All failures of the services underneath are {@linkcode Failure}s of kind `service`. */
export interface Table {
  /** For messages, such as `table index_quotes in s3://bucket/prefix`. */
  readonly description: string;
  /**
   * Opens a log of this table; its first use registers it with the group that writes it.
   * Idempotent.
   * @throws {Failure} kind `usage`, when the table was created differently (format, column types,
   * partitioning), or when another group writes this log
   */
  log(name: LogName, writer: LogWriter, options?: TableCallOptions): Promise<TableLog>;
}

/** One log in one table. */
export interface TableLog {
  readonly name: LogName;
  /** See {@linkcode logKey}. */
  readonly key: string;
  /** Name of an Iceberg table, as part of the group's commits: they do not say how far another table is. */
  readonly table?: string;
  /** Ids of the columns, if the table's files must contain them. */
  readonly fieldIds?: ReadonlyMap<string, number>;
  /** What users should know about how it was opened, one line each; normally empty. */
  readonly notices: readonly string[];
  /**
   * The table's positions; a partition without one is absent. Each call reads them again, at a cost
   * that does not grow with the table. Must be called after each assignment, before its first range
   * is taken.
   * @param owned partitions that the caller owns: interrupted rewinds of theirs are completed
   */
  positions(
    owned: readonly number[],
    options?: TableCallOptions,
  ): Promise<ReadonlyMap<number, TablePosition>>;
  /**
   * Where `--from latest` began a partition, as {@linkcode positions} has read it; `undefined` if it
   * did not: its beginning is the log's.
   */
  begun(partition: number): number | undefined;
  /** Name of an object below the lake's root: depends only on the log and `place`. */
  objectName(place: ObjectPlace): string;
  /**
   * Generation of the objects that are written of a partition from now on, for objects that are in the table by
   * their names alone. `settle`, `sweep` and `rewind` raise it where they remove objects, so
   * that one that a former owner puts late is told from what is written in its place.
   */
  generation?(partition: number): number;
  /**
   * Announces a range of a partition that will be put, for tables that combine the ranges of several
   * partitions into one commit. The ranges of a partition are taken in the order in which they are announced.
   * @returns to be called once the range is taken, or will not be
   */
  announce?(partition: number): () => void;
  /**
   * Commits ranges whose objects are all put: when it returns, the ranges of the call are in the
   * table; if it fails, none or all are. A range must begin at its partition's position, or at any
   * offset if there is none. The answer for a range that the table already has is `already`,
   * whoever committed it, so a take can be retried. The caller retries `service` failures. Calls
   * for other partitions may overlap; a table whose commits are costly may combine them.
   */
  take(ranges: readonly WrittenRange[], options?: TableCallOptions): Promise<TakeAnswer[]>;
  /**
   * Settles an in-flight range that cannot be replayed (some of its messages are gone from the
   * topic, or it was started under other rules). `taken`: all `objects` existed, and the range is now
   * in the table. `removed`: nothing of it is in the table; what a former owner still puts will be
   * removed by a later `removeLate`, and what it takes changes nothing.
   */
  settle(range: BegunRange, options?: TableCallOptions): Promise<"taken" | "removed">;
  /**
   * Removes objects that were put but never taken: all that begin at or beyond the given offset, by
   * partition. Used when the in-flight range is unknown. What a former owner still puts or takes is
   * treated as by `settle`. May cost as much as a listing of the table.
   */
  sweep(beyond: ReadonlyMap<number, number>, options?: TableCallOptions): Promise<void>;
  /**
   * Removes what former owners have put late, of the partitions whose positions were asked last, where
   * something may be late. May cost as much as a listing of the table, and may run beside `take`.
   */
  removeLate?(options?: TableCallOptions): Promise<void>;
  /**
   * Rewinds positions: afterwards the table has nothing at or beyond the new end. `positions` must
   * have been called for the partition. The next owner's `positions` completes an interrupted
   * rewind.
   * @param to the new positions, by partition; each end is the beginning of a range
   * @throws {Failure} kind `failed`, when another has written one of the partitions since `positions`
   */
  rewind(to: ReadonlyMap<number, TablePosition>, options?: RewindCallOptions): Promise<void>;
  /**
   * The ranges of all the table's objects, for tables where object names do not show which are in
   * the table.
   */
  ranges?(
    options?: TableCallOptions,
  ): Promise<ReadonlyMap<number, ReadonlyArray<{ first: number; end: number }>>>;
  /** Commits rows of dead letters, for tables where putting an object does not add its rows. */
  readonly replays?: LogReplays;
}

/** The replays of dead letters of one log: each has an id and is committed atomically. */
export interface LogReplays {
  /** Id of the last replay that was taken; `null` if there was none. */
  last(options?: TableCallOptions): Promise<string | null>;
  /** Looks at the table as it is now. @returns names of the files that may hold rows of a range, of any log */
  filesNow(
    options?: TableCallOptions,
  ): Promise<(range: { partition: number; first: number; last: number }) => string[]>;
  /**
   * Commits the rows of a replay, unless another was taken since `after`. Idempotent.
   * @param after the result of {@linkcode LogReplays.last} when the replay started
   * @throws {Failure} kind `failed`, when there was another, or the table was rewound behind its offsets
   */
  take(
    replay: { id: string; after: string | null; objects: readonly WrittenObject[] },
    options?: TableCallOptions,
  ): Promise<void>;
}
