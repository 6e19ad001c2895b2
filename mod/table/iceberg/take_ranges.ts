import { Failure } from "../../failure/failure.ts";
import { backoff } from "../../wait/backoff.ts";
import { sleep } from "../../wait/sleep.ts";
import type { TablePosition, TakeAnswer } from "../table.ts";
import { afterConflict } from "./after_conflict.ts";
import type { LoadedTable, TableCatalog } from "./catalog.ts";
import { rangesSummary } from "./committed_range.ts";
import { expiredSnapshots } from "./expire.ts";
import {
  formatPosition,
  logProperty,
  positionProperty,
  positionsOf,
  rewindOf,
  rewindProperty,
  type Rewinds,
  settledRanges,
} from "./position.ts";
import { type AddedFile, writeSnapshot } from "./snapshot.ts";
import { groupSummary } from "./ownership.ts";
import { displaced, elsewhere } from "./refused_range.ts";
import type { TableFiles } from "./table_files.ts";
import type { TableUpdate } from "./updates.ts";

/** A range of one partition, with its files put. */
export interface FileRange {
  partition: number;
  first: number;
  /** First offset after it. */
  end: number;
  /** Leader epoch of its last message, if known. */
  epoch?: number;
  /** Its files, described by the table's metadata as it is then. */
  files(base: LoadedTable): AddedFile[];
}

/** What {@linkcode takeRanges} needs. */
export interface TakeOptions {
  catalog: TableCatalog;
  files: TableFiles;
  /** For messages. */
  table: string;
  /** `record`: what the log is, for the table's properties. */
  log: { id: string; description: string; record?: string };
  /** The consumer group that writes them, for the snapshot's summary. */
  group?: string;
  ranges: readonly FileRange[];
  /** The table's UUID when it was opened: files are written with its column ids. @default {any table} */
  uuid?: string;
  /** The rewinds known to the caller, by partition; those of some partitions may be unknown. */
  rewinds?: ReadonlyMap<number, Rewinds>;
  signal?: AbortSignal;
  /** Called on each retry. */
  onRetry?(reason: "conflict" | "unknown", error?: unknown): void;
  /** Told once the commit has succeeded, of what it was made from. */
  onCommitted?(base: LoadedTable, updates: readonly TableUpdate[]): void;
  /** Milliseconds since 1970. @default {Date.now} */
  now?(): number;
  /** Milliseconds of failing services after which it gives up. @default {forever} */
  patienceMs?: number;
  /** Milliseconds before a failing service is retried, at first. @default {100} */
  pauseMs?: number;
}

const LONGEST_PAUSE_MS = 10_000;

/**
 * Takes ranges into the table: their files and the positions after them in one compare-and-set.
 *
 * After a conflict, and after any error that leaves open whether the commit was done, the table is
 * loaded again, and its positions say which ranges are in. Files written for a commit are never removed
 * here: a commit whose answer is late may still add them to the table.
 * @returns an answer for each range, in their order
 * @throws {Failure} kind `failed`, when the table is elsewhere than where a range begins, or is not there any more
 */
export async function takeRanges(options: TakeOptions): Promise<TakeAnswer[]> {
  const { catalog, ranges, onRetry, onCommitted, now = Date.now, pauseMs = 100 } = options;
  const { signal } = options;
  const answers: TakeAnswer[] = ranges.map(() => "taken");
  const began = performance.now();
  const pauses = backoff({ firstMs: pauseMs, longestMs: LONGEST_PAUSE_MS, jitter: 0.5 });
  for (let first = true;; first = false) {
    signal?.throwIfAborted();
    const attempted = performance.now();
    try {
      const base = await catalog.load();
      if (base === undefined) throw missing(options);
      requireSame(base, options);
      const due = dueRanges(base, options);
      if (first) {
        ranges.forEach((range, i) => answers[i] = due.includes(range) ? "taken" : "already");
      }
      if (due.length === 0) return answers;
      const updates = await commitOf(base, due, options, now());
      if (await catalog.commit(base, updates)) {
        onCommitted?.(base, updates);
        return answers;
      }
      onRetry?.("conflict");
      await afterConflict(attempted, signal);
    } catch (error) {
      if (signal?.aborted || !(error instanceof Failure && error.kind === "service")) throw error;
      if (performance.now() - began > (options.patienceMs ?? Infinity)) throw error;
      onRetry?.("unknown", error);
      await sleep(pauses.next().value, signal);
    }
  }
}

function missing({ table, catalog }: TakeOptions): Failure {
  return new Failure("failed", `table ${table} is not in ${catalog.description}`, {
    fix:
      "It was dropped while this was running. Start consume again: it creates the table and reads the topic " +
      "from its beginning, as far as the messages are still there.",
  });
}

/** A recreated table may have other column ids and partitions than the files of the ranges. */
function requireSame({ metadata }: LoadedTable, { table, catalog, uuid }: TakeOptions): void {
  if (uuid === undefined || metadata["table-uuid"] === uuid) return;
  throw new Failure(
    "failed",
    `table ${table} in ${catalog.description} was dropped and recreated while this was running`,
    {
      fix:
        "The new table was not changed. Start consume again: it resumes at the new table's position, or, " +
        "in partitions of which the table has nothing, at the group's offset.",
    },
  );
}

/** Ranges that are not in the table yet. */
function dueRanges({ metadata }: LoadedTable, options: TakeOptions): FileRange[] {
  const { ranges, log, rewinds } = options;
  const positions = positionsOf(metadata, log.id);
  return ranges.filter((range) => {
    const { partition, first, end } = range;
    const position = positions.get(partition);
    const known = rewinds?.get(partition)?.count;
    if (known !== undefined && known !== rewindOf(metadata, log.id, partition).count) {
      throw displaced(metadata, range, options);
    }
    if (settledRanges(metadata, log.id, partition).includes(`${first}-${end}`)) {
      throw new Failure(
        "failed",
        `offsets ${first} to ${
          end - 1
        } of partition ${partition} of ${log.description} were given up ` +
          "by the partition's next owner, which writes them again",
        { fix: "Nothing is lost. Start this again: it resumes at the table's position." },
      );
    }
    if (position === undefined || position.end === first) return true;
    if (position.end >= end) return false;
    throw elsewhere(metadata, range, { ...options, position: position.end });
  });
}

async function commitOf(
  base: LoadedTable,
  due: readonly FileRange[],
  { files, log, group }: TakeOptions,
  nowMs: number,
): Promise<TableUpdate[]> {
  const { metadata } = base;
  const before = positionsOf(metadata, log.id);
  const positions: Record<string, string> = {};
  const known = metadata.properties ?? {};
  for (const { partition, first, end, epoch } of due) {
    const from = before.get(partition)?.from ?? first;
    const position: TablePosition = { from, end, epoch };
    positions[positionProperty(log.id, partition)] = formatPosition(position);
    const rewinds = rewindOf(metadata, log.id, partition);
    if (rewinds.end !== undefined) {
      positions[rewindProperty(log.id, partition)] = String(rewinds.count);
    }
  }
  const added = due.flatMap((range) => range.files(base));
  const summary = { ...rangesSummary(log.id, due), ...groupSummary(group) };
  // Also for a range without files: on a REST catalog only a new snapshot is compared and set.
  const updates = await writeSnapshot(base, files, { added, summary }, nowMs);
  const expired = expiredSnapshots(metadata, nowMs).map((snapshot) => snapshot["snapshot-id"]);
  return [
    ...updates,
    {
      action: "set-properties",
      updates: log.record === undefined || logProperty(log.id) in known
        ? positions
        : { ...positions, [logProperty(log.id)]: log.record },
    },
    ...(expired.length === 0
      ? []
      : [{ action: "remove-snapshots" as const, "snapshot-ids": expired }]),
  ];
}
