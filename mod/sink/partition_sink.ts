import { type AssignedPartition, FencedError, type RecordBatch } from "../broker/broker.ts";
import type { Encoder } from "../lake/format/encoder.ts";
import type { MessageReader } from "../schema/message_reader.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { GapReason, TableLog } from "../table/table.ts";
import type { EncodeQueue } from "./encode_queue.ts";
import { FlushJournal } from "./flush_journal.ts";
import type { FlushPolicy } from "./flush_policy.ts";
import { type Intent, parseCheckpoint } from "./intent.ts";
import type { Layout, Layouts } from "./layouts.ts";
import type { Charge, MemoryAccount, MemoryLedger } from "./memory_ledger.ts";
import { OpenRange, type RangeContent, type RowListener, type SealedRange } from "./open_range.ts";
import { heldBytes, type RangeObject, rangeObjects, releaseObjects } from "./range_objects.ts";
import type { SinkListener } from "./sink_event.ts";
import type { StartingPoint } from "./starting_point.ts";
import { Turns } from "./turns.ts";
import type { Uploader } from "./uploader.ts";

/** What all partitions of a sink share. */
export interface SinkParts {
  topic: string;
  schema: RowSchema;
  layouts: Layouts;
  policy: FlushPolicy;
  reader: MessageReader;
  encoder: Encoder;
  encodings: EncodeQueue;
  uploader: Uploader;
  ledger: MemoryLedger;
  tell: SinkListener;
  onRow: RowListener | undefined;
  /** Called with the error that ended a partition's work, unless the partition was lost. */
  failed(error: unknown): void;
  /** Called when a partition has committed. */
  progressed(): void;
}

/**
 * One partition from its assignment until it is lost: reads into an open range, seals it, and has
 * the {@linkcode FlushJournal} write sealed ranges one after the other.
 */
export class PartitionSink {
  readonly #assigned: AssignedPartition;
  readonly #log: TableLog;
  readonly #parts: SinkParts;
  readonly #journal: FlushJournal;
  readonly #account: MemoryAccount;
  /** Offset at which reading stops, for `--until-end`. */
  #stop: number;
  #open: OpenRange;
  #openCharge: Charge;
  /** A former owner's flush that the open range repeats. */
  #begun: Intent | undefined;
  /** Offset up to which a commit is in flight while the open range holds no message. */
  #passedOver: number;
  readonly #turns: Turns;
  /** Messages read and not committed. */
  #held = 0;
  /** Whether the beginning of the open range is being determined. */
  #unsettled = false;
  #sealAsked = false;

  /** @param stop offset at which reading stops; infinite for none */
  constructor(assigned: AssignedPartition, log: TableLog, parts: SinkParts, stop: number) {
    const { start, lost } = assigned;
    this.#assigned = assigned;
    this.#log = log;
    this.#parts = parts;
    this.#stop = stop;
    this.#journal = new FlushJournal(assigned, { ...parts, log });
    this.#account = parts.ledger.account();
    this.#openCharge = this.#account.charge();
    this.#turns = new Turns((error) => {
      if (!lost.aborted && !(error instanceof FencedError)) parts.failed(error);
    });
    this.#passedOver = start;
    this.#open = this.#range(start, start);
  }

  /** The partition's number. */
  get partition(): number {
    return this.#assigned.partition;
  }

  /** Aborts when the partition is no longer assigned to this member. */
  get lost(): AbortSignal {
    return this.#assigned.lost;
  }

  /** Bytes of memory for what is read and not sealed. */
  get openBytes(): number {
    return this.#account.open;
  }

  /** Bytes of memory for what is sealed and not committed. */
  get sealedBytes(): number {
    return this.#account.ahead;
  }

  /** Ranges sealed and not committed. */
  get waiting(): number {
    return this.#turns.waiting;
  }

  /** Messages read and not committed. */
  get held(): number {
    return this.#held;
  }

  /** Whether everything before `stop` is committed. */
  get isFinished(): boolean {
    return this.#journal.committed >= this.#stop;
  }

  /**
   * Starts where the table ends: finishes or settles the flush that a former owner has begun, and
   * records what retention has removed. Deliveries begin afterwards.
   */
  async begin(point: StartingPoint): Promise<void> {
    const { layouts, tell } = this.#parts;
    const assigned = this.#assigned;
    const journal = this.#journal;
    const { key } = this.#log;
    const { reset } = point;
    let { first, next, begun, settle } = point;
    journal.from = point.from;
    if (point.notice !== undefined) tell({ kind: "notice", text: point.notice });
    if (begun?.layout !== undefined && layouts.hasGrownSince(begun.layout)) {
      settle = { first, intent: begun, isOver: false, take: true };
      begun = undefined;
    }
    if (begun?.layout !== undefined) {
      const range = `partition ${this.partition}, offsets ${first} to ${begun.end - 1},`;
      const layout = layouts.recorded(begun.layout, range);
      this.#begun = begun;
      this.#stop = Math.max(this.#stop, begun.end);
      this.#open = this.#range(first, next, layout, begun.end);
      return;
    }
    if (settle !== undefined) {
      first = await journal.settle(settle);
    }
    // Otherwise a restart before the first flush would start over, with `latest` at another offset.
    next = Math.max(next, first);
    const { since, intent, log = key, sweep = false } = journal.checkpoint;
    const isPlaced = parseCheckpoint(assigned.committed.metadata) !== undefined &&
      journal.committed === next &&
      (since ?? next) === first && intent === undefined && log === key && !sweep;
    // The group's offset holds a reset until the record of its gap is begun.
    if (!isPlaced && begun === undefined && reset === undefined) await journal.place(first, next);
    // The gap that a former owner has begun to record, and newly found ones.
    const gaps = [
      [begun?.end, begun?.gap] as const,
      [reset, "reset"] as const,
      [assigned.offsets.low > next ? assigned.offsets.low : undefined, "retention"] as const,
    ];
    for (const [end = 0, reason = "retention"] of gaps) {
      if (end <= first) continue;
      await journal.gap(first, end, reason);
      first = end;
    }
    this.#passedOver = Math.max(first, next);
    if (this.#passedOver !== assigned.start) {
      assigned.seek(this.#passedOver, this.#passedOver === point.next ? point.epoch : undefined);
    }
    this.#open = this.#range(first, this.#passedOver);
  }

  /** Reports the partition's position. */
  tellPosition(): void {
    const { partition } = this;
    const { tell } = this.#parts;
    const { next } = this.#open;
    tell({ kind: "position", partition, next, highWatermark: this.#assigned.offsets.high });
    tell({ kind: "committed", partition, offset: this.#journal.committed });
  }

  /** Whether nothing has been read yet. */
  #isFirst = true;

  /**
   * Takes messages of a batch from index `i` on, and seals what becomes due.
   * @returns index of the first one that was not taken: memory must be checked before it is
   */
  accept(batch: RecordBatch, i: number): number {
    const { reader, policy, onRow, tell } = this.#parts;
    const { partition } = this;
    while (i < batch.count && !this.#assigned.lost.aborted) {
      const open = this.#open;
      const { next, rows, messages, bytes, isSlice } = open.fill(
        batch,
        i,
        reader,
        policy,
        this.#stop,
        onRow,
      );
      i = next;
      this.#held += messages;
      if (this.#isFirst && messages > 0) {
        this.#isFirst = false;
        if (rows === 0) tell({ kind: "no row", batch });
      }
      if (messages > 0) tell({ kind: "read", partition, messages, rows, bytes });
      if (i === batch.count) break;
      if (isSlice) {
        this.#chargeOpen();
        return i;
      }
      const offset = batch.offset(i);
      if (offset >= this.#stop) {
        this.#moved(this.#stop, batch.highWatermark);
        return batch.count;
      }
      if (offset >= open.cut) open.advance(open.cut);
      this.seal();
      // The ranges of one batch are written one after the other and must not accumulate.
      return i;
    }
    this.#moved(batch.nextOffset, batch.highWatermark);
    return batch.count;
  }

  /** Advances past offsets without a message. */
  skip(nextOffset: number): void {
    this.#moved(nextOffset, nextOffset);
  }

  #moved(next: number, highWatermark: number): void {
    this.#open.advance(next);
    if (this.#begun !== undefined && this.#open.maySeal) {
      this.seal();
      this.#open.advance(next);
    }
    if (this.#open.next >= this.#stop) {
      this.#assigned.pause();
      this.seal();
    } else if (this.#open.isFull(this.#parts.policy)) {
      this.seal();
    }
    this.#chargeOpen();
    const { partition } = this;
    this.#parts.tell({ kind: "position", partition, next: this.#open.next, highWatermark });
  }

  /** Seals the open range if its oldest message has waited long enough. @param now `performance.now()` */
  sealIfDue(now: number): void {
    // While the lake is unavailable this would produce many small objects.
    if (this.waiting > 0) return;
    const { openedAt } = this.#open;
    if (openedAt !== undefined && now - openedAt >= this.#parts.policy.intervalMs) this.seal();
  }

  /** Fixes the bounds of what was read, and queues it for writing. */
  seal(): void {
    const open = this.#open;
    if (this.#unsettled) {
      this.#sealAsked = true;
      return;
    }
    if (!open.maySeal || this.#assigned.lost.aborted) return;
    const begun = this.#begun;
    if (open.messages === 0) {
      if (begun !== undefined) this.#settleEmpty(open, begun);
      else if (open.next > this.#passedOver) this.#passOver(open);
      return;
    }
    this.#begun = undefined;
    const charge = this.#openCharge;
    this.#openCharge = this.#account.charge();
    this.#openNext(open.next);
    const { range, content } = open.seal();
    this.#hand(range, content, charge, begun !== undefined);
  }

  /** Resolves when everything sealed is committed, or cannot be. */
  settled(): Promise<void> {
    return this.#turns.settled();
  }

  /**
   * Whether reading must wait until {@linkcode settled}, as it is not known where the open range
   * begins.
   */
  get isUnsettled(): boolean {
    return this.#unsettled;
  }

  /**
   * The unread offsets up to `to` will not be read: writes what was read before, then the record of
   * the gap.
   * @param details see {@linkcode FlushJournal.gap}
   */
  async gap(to: number, reason: GapReason, details?: Record<string, unknown>): Promise<void> {
    if (this.#unsettled) await this.settled();
    const begun = this.#begun;
    if (begun !== undefined) {
      this.#begun = undefined;
      const { first } = this.#open;
      let next = first;
      await this.#inTurn(async () => next = await this.#settle(first, first, begun));
      if (next === begun.end) {
        this.#giveBack(this.#open.messages);
        this.#openNext(next);
      } else {
        this.#open.liftCut();
      }
    }
    this.seal();
    const { first } = this.#open;
    this.#openNext(Math.max(first, to));
    if (to > first) this.#inTurn(() => this.#journal.gap(first, to, reason, details));
    await this.settled();
  }

  /** Discards what is held: the partition belongs to another member. */
  drop(): void {
    this.#giveBack(this.#open.messages);
    this.#openNext(this.#open.next);
  }

  #giveBack(messages: number): void {
    if (messages === 0) return;
    this.#held -= messages;
    this.#parts.tell({ kind: "gave back", partition: this.partition, messages });
  }

  #range(first: number, next: number, layout?: Layout, cut?: number): OpenRange {
    const { topic, schema, layouts } = this.#parts;
    const { partition } = this;
    layout ??= layouts.current;
    const { fieldIds } = this.#log;
    return new OpenRange({ topic, partition, first, next, schema, layout, cut, fieldIds });
  }

  #openNext(first: number, next = first): void {
    this.#passedOver = next;
    this.#open = this.#range(first, next);
    this.#openCharge.release();
  }

  #chargeOpen(): void {
    this.#openCharge.set("open", this.#open.messages === 0 ? 0 : this.#open.byteLength);
  }

  /** Commits a position that was reached only by offsets without a message. */
  #passOver(open: OpenRange): void {
    const { first, next } = open;
    this.#passedOver = next;
    open.rest();
    this.#inTurn(() => this.#journal.place(first, next));
  }

  /**
   * No message is left of a flush that was to be repeated: all were compacted away. The next range
   * begins where the table ends, which is only known after settling; until then none is sealed.
   */
  #settleEmpty({ first, next }: OpenRange, begun: Intent): void {
    this.#begun = undefined;
    this.#openNext(begun.end, next);
    this.#unsettled = true;
    this.#inTurn(async () => {
      this.#open.first = await this.#settle(first, next, begun);
      this.#unsettled = false;
      if (this.#sealAsked) this.seal();
      this.#sealAsked = false;
    });
  }

  /**
   * Settles a begun flush whose messages are gone; none is left in `[first, next)`.
   * @returns the first offset that is not in the table
   */
  async #settle(first: number, next: number, intent: Intent): Promise<number> {
    const settled = await this.#journal.settle({ first, intent, isOver: true, take: true });
    if (settled === first) {
      await this.#journal.place(first, Math.max(next, this.#journal.committed));
    }
    return settled;
  }

  /** Encodes a sealed range, and writes it in its turn. */
  #hand(range: SealedRange, content: RangeContent, charge: Charge, begun: boolean): void {
    charge.set("sealed", content.byteLength);
    const release = this.#log.announce?.(this.partition);
    const encoded = this.#encode(range, content, charge);
    // Its turn may come later, or never; until then the rejection must not count as unhandled.
    encoded.catch(() => {});
    const written = this.#inTurn(
      async () => await this.#journal.write(range, await encoded, begun),
      range.messages,
    );
    Promise.allSettled([encoded, written]).then(([encoded]) => {
      charge.release();
      release?.();
      if (encoded.status === "fulfilled") releaseObjects(encoded.value);
    });
  }

  /**
   * Only its closure holds the content: what waits for its turn must not hold both content and
   * objects.
   */
  #encode(
    { first, end, layout }: SealedRange,
    content: RangeContent,
    charge: Charge,
  ): Promise<RangeObject[]> {
    const { encoder, encodings } = this.#parts;
    const place = { log: this.#log, partition: this.partition, first, end };
    return encodings.add(async () => {
      this.#assigned.lost.throwIfAborted();
      const objects = await rangeObjects(content, layout.format, place, encoder);
      charge.set("encoded", heldBytes(objects));
      return objects;
    });
  }

  /** @param messages number of messages to give back if it is not done */
  async #inTurn(work: () => Promise<unknown>, messages = 0): Promise<void> {
    const done = await this.#turns.add(async () => {
      this.#assigned.lost.throwIfAborted();
      await work();
      this.#held -= messages;
    });
    if (done) this.#parts.progressed();
    else this.#giveBack(messages);
  }
}
