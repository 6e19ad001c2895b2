import type { AssignedPartition } from "../broker/broker.ts";
import type { GapReason, TableLog, WrittenRange } from "../table/table.ts";
import {
  type Checkpoint,
  formatCheckpoint,
  type Intent,
  parseCheckpoint,
  RULES,
} from "./intent.ts";
import type { SealedRange } from "./open_range.ts";
import { gapObject, type RangeObject } from "./range_objects.ts";
import type { SinkListener } from "./sink_event.ts";
import type { Uploader } from "./uploader.ts";

/** A flush that was begun and will not be repeated. */
export interface Settlement {
  /** First offset of the range. */
  first: number;
  intent: Intent;
  /** Whether messages of it are gone, so that no range with the same bounds can follow. */
  isOver: boolean;
  /** Whether it may be taken unchanged if all its objects are there. */
  take: boolean;
}

/** What a {@linkcode FlushJournal} needs. */
export interface JournalParts {
  log: TableLog;
  uploader: Uploader;
  tell: SinkListener;
}

/**
 * The flush protocol of one partition, from its assignment until it is lost. Each offset of a log
 * is in the table once, whatever is killed between any two lines of this file, because:
 *
 * - A range `[first, end)` is fixed before its first byte is put (the intent), and the group's
 *   coordinator refuses the intent of a consumer that no longer owns the partition.
 * - Names and bytes of a range's objects are a function of log, range, layout, rules and messages
 *   alone: repeating the range overwrites the objects with identical ones.
 * - The table takes a range only when all its objects are durable, and only once. The table is the
 *   truth; the group's offset is a fence, and follows it.
 *
 * Calls must not overlap: each begins after the previous one has ended.
 */
export class FlushJournal {
  readonly #assigned: AssignedPartition;
  readonly #parts: JournalParts;
  #committed: number;
  #checkpoint: Checkpoint;

  // ── Checkpoint: what the group's coordinator keeps ─────────────────────────────────────────────────

  constructor(assigned: AssignedPartition, parts: JournalParts) {
    this.#assigned = assigned;
    this.#parts = parts;
    const { start, committed } = assigned;
    this.#committed = committed.offset ?? start;
    this.#checkpoint = parseCheckpoint(committed.metadata) ?? { from: this.#committed };
  }

  /** The group's offset. Everything before it is in the table, or was not a message. */
  get committed(): number {
    return this.#committed;
  }

  /** First offset that the group is responsible for; part of the next commit. */
  set from(from: number) {
    this.#checkpoint = { ...this.#checkpoint, from };
  }

  /** The metadata committed with it. */
  get checkpoint(): Checkpoint {
    return this.#checkpoint;
  }

  /**
   * Commits that the table has everything before `first`, and that there is no message in
   * `[first, next)`. Invariant: the next range begins at `since`, or at the offset if there is
   * none.
   */
  async place(first: number, next: number): Promise<void> {
    const { from } = this.#checkpoint;
    await this.#commit(next, { from, since: first < next ? first : undefined });
  }

  // ── A flush ────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Writes a sealed range.
   * @param begun whether a former owner has already committed its intent
   */
  async write(range: SealedRange, objects: readonly RangeObject[], begun: boolean): Promise<void> {
    const startedAt = performance.now();
    const { partition } = this.#assigned;
    const { tell } = this.#parts;
    const { first, end, rows, rejected, reasons, layout } = range;
    const intent = { end, objects: objects.length, layout: layout.recorded, rules: RULES };
    if (!begun) await this.#intend(first, intent);
    await this.#put(objects);
    await this.#take({ partition, first, end, ...written(objects), gaps: [] });
    await this.#conclude(end);
    for (const [reason, count] of reasons) tell({ kind: "rejected", partition, reason, count });
    const bytes = objects.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const seconds = (performance.now() - startedAt) / 1000;
    const last = end - 1;
    tell({
      kind: "flushed",
      flush: { partition, first, last, rows, rejected, objects: objects.length, bytes, seconds },
    });
  }

  /**
   * Intent: the committed offset is committed again, with the bounds of the coming range.
   * Invariant: no byte of a range is put before its intent is durable. The next owner finds it, and
   * repeats or settles the range before writing anything else of this partition.
   */
  async #intend(first: number, intent: Intent): Promise<void> {
    const { from } = this.#checkpoint;
    const since = first < this.#committed ? first : undefined;
    await this.#commit(this.#committed, { from, since, intent });
  }

  /**
   * Put: all objects are durable when this returns. Retries for as long as the lake is unavailable.
   */
  async #put(objects: readonly RangeObject[]): Promise<void> {
    await this.#parts.uploader.putAll(objects, this.#assigned.lost);
  }

  /**
   * Take: the range is in the table when this returns. If it already was (we or a former owner were
   * killed between take and commit), nothing changes. Invariant: taken before committed, so the
   * table is never behind the group.
   */
  async #take(range: WrittenRange): Promise<void> {
    const { log, uploader } = this.#parts;
    const signal = this.#assigned.lost;
    const epoch = this.#assigned.epochBefore(range.end);
    const taken = epoch === undefined ? range : { ...range, epoch };
    await uploader.persist("take", () => log.take([taken], { signal }), signal);
  }

  /** Commit: the intent is done, and the group's offset is the range's end. */
  async #conclude(end: number): Promise<void> {
    await this.#commit(end, { from: this.#checkpoint.from });
  }

  // ── What is no flush of rows ───────────────────────────────────────────────────────────────────────

  /**
   * Settle: handles a range that was begun at `first` and cannot be repeated, because messages of
   * it are gone from the log or it was begun under other rules. Either the table takes it
   * unchanged, or it is removed and its messages are written again. The intent must then be
   * replaced by {@linkcode place}; until it is, a next owner settles the same range once more.
   * @returns the first offset that is not in the table
   */
  async settle({ first, intent, isOver, take }: Settlement): Promise<number> {
    const { end, objects } = intent;
    const { log, uploader } = this.#parts;
    const { partition, lost: signal } = this.#assigned;
    const range = { partition, first, end, objects: take ? objects : null, isOver };
    const answer = await uploader.persist("take", () => log.settle(range, { signal }), signal);
    if (answer === "removed") return first;
    await this.#conclude(end);
    return end;
  }

  /**
   * Gap: offsets without a row are a range of their own, with one object that says why. It is
   * repeated like any other range.
   * @param details see {@linkcode gapObject}
   */
  async gap(
    first: number,
    end: number,
    reason: GapReason,
    details?: Record<string, unknown>,
  ): Promise<void> {
    const { log, tell } = this.#parts;
    const { partition } = this.#assigned;
    // There was no message up to the committed offset; a reset has moved that offset itself.
    const lostFrom = reason === "reset"
      ? first
      : Math.max(first, Math.min(this.#committed, end - 1));
    await this.#intend(first, { end, objects: 1, gap: reason });
    await this.#put([gapObject({ log, partition, first, end }, reason, details)]);
    const gaps = [{ first, end, reason }];
    await this.#take({ partition, first, end, objects: [], deadLetters: [], gaps });
    await this.#conclude(end);
    tell({ kind: "gap", gap: { partition, first: lostFrom, end, reason } });
  }

  async #commit(offset: number, checkpoint: Checkpoint): Promise<void> {
    const { key: log, table } = this.#parts.log;
    await this.#assigned.commit(offset, formatCheckpoint({ ...checkpoint, log, table }));
    this.#committed = offset;
    this.#checkpoint = checkpoint;
    this.#parts.tell({ kind: "committed", partition: this.#assigned.partition, offset });
  }
}

/** Objects as they are reported to the table. */
function written(
  objects: readonly RangeObject[],
): Pick<WrittenRange, "objects" | "deadLetters"> {
  const of = (wanted: RangeObject["kind"]) =>
    objects.filter(({ kind }) => kind === wanted)
      .map(({ bytes, kind: _, ...object }) => ({ ...object, bytes: bytes.length }));
  return { objects: of("rows"), deadLetters: of("dead-letters") };
}
