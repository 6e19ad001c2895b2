/**
 * The table's port: what the sink commits ranges of a log to. A table knows which logs it holds and how
 * far it is with each partition of them; the group's commit is only the fence.
 */
import type { LakeFormat } from "../lake/format/lake_format.ts";
import type { ObjectKind } from "../lake/layout.ts";
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
  /** As far as the encoder counts them. */
  columns?: readonly ColumnStatistics[];
}

/** Why offsets have no row and no dead letter; `lost`: the lake had them, and the topic no longer has. */
export type GapReason = "retention" | "reset" | "unreadable" | "lost";

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
  kind: ObjectKind;
  /** Hive partition values by column, in the path's order. */
  partitions: ReadonlyArray<readonly [column: string, value: string]>;
  /** Number of the replay of dead letters that writes it. @default {none} */
  replay?: number;
  /** Ending without the dot. */
  extension: string;
}

/** A range of which objects may have been put, and that was not taken. */
export interface BegunRange {
  partition: number;
  first: number;
  end: number;
  /** Objects that it has when it is complete; `null`: it is never taken, only removed. */
  objects: number | null;
  /** Whether a former owner may still bring objects of it. */
  late: boolean;
}

/** Options of a single call. */
export interface TableCallOptions {
  /** Ends the call early; the signal's reason is thrown. */
  signal?: AbortSignal;
}

/** What a table needs to know of the one who writes a log to it. */
export interface LogWriter {
  /** The consumer group: a table has one writing group a log. */
  group: string;
  /** Whether this group takes the log over from the one that has written it so far. */
  takeOver?: boolean;
  /** What the group has committed, to take over a table that does not yet say how far it is. */
  committed(): Promise<readonly GroupStanding[]>;
  /** Kafka's timestamp of the message at an offset; `null` where the log has none there (any more). */
  timestampAt(partition: number, offset: number): Promise<number | null>;
  /** The partitions' offsets. */
  offsets(): Promise<ReadonlyArray<{ partition: number; low: number; high: number }>>;
}

/** How far a group says that it is with a partition. */
export interface GroupStanding {
  partition: number;
  /** First offset that is not in a finished flush; `null` where it has said nothing. */
  written: number | null;
  /** First offset after the in-flight flush; absent where none was. */
  begunEnd?: number;
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
  log(name: LogName, writer: LogWriter, options?: TableCallOptions): Promise<TableLog>;
}

/** One log in one table. */
export interface TableLog {
  readonly name: LogName;
  /** See {@linkcode logKey}. */
  readonly key: string;
  /** Ids of the columns, where the table's files must carry them. */
  readonly fieldIds?: ReadonlyMap<string, number>;
  /** What was done at its opening that people should know, a line each; empty in the normal case. */
  readonly notices: readonly string[];
  /**
   * How far the table is with all partitions; one of which it has nothing is absent. Asked again at each
   * call, at a cost that does not grow with the table. To be called after each assignment, before the
   * first range of it is taken.
   * @param owned partitions that the caller owns: what former owners have left of them is cleared away
   */
  positions(
    owned: readonly number[],
    options?: TableCallOptions,
  ): Promise<ReadonlyMap<number, TablePosition>>;
  /** Name of an object below the lake's root: a function of the log and its place alone. */
  objectName(place: ObjectPlace): string;
  /**
   * Takes ranges whose objects are all put; they are in the table when it returns, all of one call or
   * none. A range must begin where its partition's position ends, or at any offset where it has none.
   * A range whose end the table has reached is answered with `already`, whoever has brought it: so a
   * take may be repeated. `service` failures are to be repeated by the caller. May be called again for other partitions before it has returned; a table
   * whose commits are costly may join such calls.
   */
  take(ranges: readonly WrittenRange[], options?: TableCallOptions): Promise<TakeAnswer[]>;
  /**
   * What becomes of a range of which objects may have been put, that was not taken, and that cannot be
   * repeated (some of its messages are gone from the topic). `taken`: all `objects` were there, and it
   * is in the table. `removed`: nothing of it is in the table; with `late`, whatever of it a former owner
   * of the partition still brings will not stay: then no range of the same bounds may be taken.
   */
  settle(range: BegunRange, options?: TableCallOptions): Promise<"taken" | "removed">;
  /**
   * Removes what was put and never taken: all that begins at or beyond the given offset, by partition.
   * For when it is not known which range was started. May cost as much as a listing of the table.
   */
  sweep(beyond: ReadonlyMap<number, number>, options?: TableCallOptions): Promise<void>;
  /**
   * Takes ranges back: afterwards the table has what is before the position's end, and nothing beyond.
   * `positions` of the partition must have been asked. A rewind that is interrupted is completed by the next
   * owner's `positions`.
   * @param to where the table is to end, by partition; each the beginning of a range
   */
  rewind(to: ReadonlyMap<number, TablePosition>, options?: TableCallOptions): Promise<void>;
  /**
   * The ranges that the table's objects hold as a whole, where their names in the lake alone do not say
   * which are in the table.
   */
  ranges?(
    options?: TableCallOptions,
  ): Promise<ReadonlyMap<number, ReadonlyArray<{ first: number; end: number }>>>;
  /** Takes rows of dead letters, where objects alone do not put rows into the table. */
  readonly replays?: LogReplays;
}

/** The replays of dead letters of one log: each has an id, and is in the table as a whole. */
export interface LogReplays {
  /** Id of the last replay that was taken; `null` where there was none. */
  last(options?: TableCallOptions): Promise<string | null>;
  /**
   * Takes the rows of a replay, unless another was taken since `after`; twice is once.
   * @param after what {@linkcode LogReplays.last} said when the replay was started
   * @throws {Failure} kind `failed`, when there was another, or the table was rewound behind its offsets
   */
  take(
    replay: { id: string; after: string | null; objects: readonly WrittenObject[] },
    options?: TableCallOptions,
  ): Promise<void>;
}
