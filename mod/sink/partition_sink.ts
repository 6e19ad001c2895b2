import { type AssignedPartition, FencedError, type RecordBatch } from "../broker/broker.ts";
import type { Encoder } from "../lake/format/encoder.ts";
import type { FlushRange } from "../lake/layout.ts";
import type { LakeStore } from "../lake/store.ts";
import { tableObjects } from "../lake/table_objects.ts";
import type { MessageReader } from "../schema/message_reader.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { EncodedRange, EncodeQueue } from "./encode_queue.ts";
import type { FlushPolicy } from "./flush_policy.ts";
import { type Checkpoint, formatCheckpoint, type Intent, parseCheckpoint } from "./intent.ts";
import type { Layout, Layouts } from "./layouts.ts";
import type { MemoryBudget } from "./memory_budget.ts";
import type { SinkObserver } from "./observer.ts";
import { OpenRange, type RangeContent, type RowListener, type SealedRange } from "./open_range.ts";
import { gapObject, type RangeObject, rangeObjects } from "./range_objects.ts";
import type { Uploader } from "./uploader.ts";

/** What all partitions of one sink share. */
export interface SinkParts {
  topic: string;
  schema: RowSchema;
  layouts: Layouts;
  policy: FlushPolicy;
  reader: MessageReader;
  encoder: Encoder;
  encodings: EncodeQueue;
  store: LakeStore;
  uploader: Uploader;
  budget: MemoryBudget;
  observer: SinkObserver;
  onRow: RowListener | undefined;
  /** Told what ended a partition's work, unless it was that the partition was lost. */
  failed(error: unknown): void;
  /** Told when a partition has committed. */
  progressed(): void;
  /** Told of messages that were read and not committed, and will be read again. */
  gaveBack(messages: number): void;
}

/**
 * One partition from its assignment until it is lost: reads into an open range, seals it, and writes
 * sealed ranges in turn, each in four steps.
 *
 * 1. The range `[first, end)` is fixed and encoded.
 * 2. Intent: the offset that is committed already is committed again with `end` and the layout. The
 *    broker refuses it once the partition is someone else's.
 * 3. The objects are put. Names and bytes are a function of range, layout and messages alone.
 * 4. `end` is committed, without the intent.
 *
 * Whoever is assigned the partition next and finds an intent reads up to its `end`, by its layout,
 * and so writes the same objects over themselves.
 */
export class PartitionSink {
  readonly #assigned: AssignedPartition;
  readonly #parts: SinkParts;
  /** Offset from which on nothing is read, for `--until-end`. */
  #stop: number;
  #open: OpenRange;
  /** The flush of a former owner that the open range repeats. */
  #begun: Intent | undefined;
  /** The group's offset, durably. */
  #committed: number;
  /** What is committed with it. */
  #checkpoint: Checkpoint;
  /** Offset up to which a commit is on its way, where the open range holds no message. */
  #passedOver: number;
  #turns: Promise<void> = Promise.resolve();
  #waiting = 0;
  #failed = false;
  #held = 0;
  #openCharge = 0;
  #sealedBytes = 0;

  /** @param stop offset from which on nothing is read; infinite for none */
  constructor(assigned: AssignedPartition, parts: SinkParts, stop: number) {
    this.#assigned = assigned;
    this.#parts = parts;
    this.#stop = stop;
    const { start, committed } = assigned;
    this.#committed = committed.offset ?? start;
    this.#checkpoint = committed.offset === null
      ? { from: start }
      : parseCheckpoint(committed.metadata) ?? { from: committed.offset };
    this.#passedOver = start;
    this.#open = this.#range(start, start);
  }

  /** The partition's number. */
  get partition(): number {
    return this.#assigned.partition;
  }

  /** Bytes of memory of what was read and not sealed. */
  get openBytes(): number {
    return this.#openCharge;
  }

  /** Bytes of memory of what is sealed and not committed yet. */
  get sealedBytes(): number {
    return this.#sealedBytes;
  }

  /** Ranges that are sealed and not committed yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Messages that were read and not committed. */
  get held(): number {
    return this.#held;
  }

  /** Whether all before `stop` is committed. */
  get isFinished(): boolean {
    return this.#committed >= this.#stop;
  }

  /**
   * Takes up what the group has committed: finishes what a former owner of the partition has begun,
   * and records what retention has removed. Deliveries begin afterwards.
   */
  async begin(): Promise<void> {
    const { start, committed } = this.#assigned;
    const { intent, since } = this.#checkpoint;
    let first = since ?? this.#committed;
    if (committed.offset === null) {
      // Else a restart before the first flush would begin anew, with `latest` at another offset.
      await this.#commit(start, this.#checkpoint);
    }
    if (intent !== undefined) {
      if (intent.layout === undefined) {
        await this.#writeGap(first, intent.end);
        first = intent.end;
      } else if (start > this.#committed) {
        first = await this.#settleBegun(first, intent);
      } else {
        const range = `partition ${this.partition}, offsets ${first} to ${intent.end - 1},`;
        const layout = this.#parts.layouts.recorded(intent.layout, range);
        this.#begun = intent;
        this.#stop = Math.max(this.#stop, intent.end);
        this.#open = this.#range(first, start, layout, intent.end);
        return;
      }
    }
    if (start > this.#committed) {
      await this.#writeGap(first, start);
      first = start;
    }
    this.#passedOver = Math.max(first, start);
    this.#open = this.#range(first, this.#passedOver);
  }

  /** Tells the observer where the partition stands. */
  tellPosition(): void {
    const { observer } = this.#parts;
    observer.position?.(this.partition, this.#open.next, this.#assigned.offsets.high);
    observer.committed?.(this.partition, this.#committed);
  }

  /** Takes the messages of a batch; what becomes due by them is sealed. */
  accept(batch: RecordBatch): void {
    const { reader, policy, onRow, observer } = this.#parts;
    for (let i = 0; i < batch.count && !this.#assigned.lost.aborted;) {
      const open = this.#open;
      const { rows, messages, messageBytes } = open;
      i = open.fill(batch, i, reader, policy, this.#stop, onRow);
      this.#held += open.messages - messages;
      observer.read?.(this.partition, open.rows - rows, open.messageBytes - messageBytes);
      if (i === batch.count) break;
      const offset = batch.offset(i);
      if (offset >= this.#stop) return this.#moved(this.#stop, batch.highWatermark);
      if (offset >= open.cut) open.advance(open.cut);
      this.seal();
    }
    this.#moved(batch.nextOffset, batch.highWatermark);
  }

  /** Moves on past offsets that have no message. */
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
    this.#parts.observer.position?.(this.partition, this.#open.next, highWatermark);
  }

  /** Seals the open range if its oldest message has waited long enough. @param now `performance.now()` */
  sealIfDue(now: number): void {
    // While the lake is away it would become a heap of small objects.
    if (this.#waiting > 0) return;
    const { openedAt } = this.#open;
    if (openedAt !== undefined && now - openedAt >= this.#parts.policy.intervalMs) this.seal();
  }

  /** Fixes the bounds of what was read and has it written, in turn. */
  seal(): void {
    const open = this.#open;
    if (!open.maySeal || this.#assigned.lost.aborted) return;
    const begun = this.#begun;
    if (open.messages === 0) {
      if (begun !== undefined) this.#inTurn(() => this.#settleBegun(open.first, begun));
      else if (open.next > this.#passedOver) this.#passOver(open);
      if (begun === undefined) return;
    }
    this.#begun = undefined;
    this.#openNext(open.next);
    if (open.messages > 0) {
      const { range, content } = open.seal();
      this.#hand(range, content, begun);
    }
  }

  /** Resolves when all that was sealed is committed, or cannot be. */
  async settled(): Promise<void> {
    while (this.#waiting > 0) await this.#turns;
  }

  /**
   * Retention removed `[from, to)` before it was read: writes what was read before, then the record of
   * the gap.
   */
  async gap(to: number): Promise<void> {
    const begun = this.#begun;
    if (begun !== undefined) {
      this.#begun = undefined;
      const { first } = this.#open;
      if (await this.#settleBegun(first, begun) === begun.end) {
        this.#giveBack(this.#open.messages);
        this.#openNext(begun.end);
      } else {
        this.#open.liftCut();
      }
    }
    this.seal();
    const { first } = this.#open;
    this.#openNext(Math.max(first, to));
    if (to > first) this.#inTurn(() => this.#writeGap(first, to));
    await this.settled();
  }

  /** Lets go of what is held: the partition is someone else's. */
  drop(): void {
    this.#giveBack(this.#open.messages);
    this.#openNext(this.#open.next);
  }

  #giveBack(messages: number): void {
    this.#held -= messages;
    this.#parts.gaveBack(messages);
  }

  #range(first: number, next: number, layout?: Layout, cut?: number): OpenRange {
    const { topic, schema, layouts } = this.#parts;
    const { partition } = this;
    layout ??= layouts.current;
    return new OpenRange({ topic, partition, first, next, schema, layout, cut });
  }

  #openNext(first: number): void {
    this.#passedOver = first;
    this.#open = this.#range(first, first);
    this.#chargeOpen();
  }

  #chargeOpen(): void {
    const bytes = this.#open.messages === 0 ? 0 : this.#open.byteLength;
    this.#parts.budget.add(bytes - this.#openCharge);
    this.#openCharge = bytes;
  }

  /** Commits a position that only offsets without a message have led to. */
  #passOver(open: OpenRange): void {
    const { from } = this.#checkpoint;
    const { first, next } = open;
    this.#passedOver = next;
    open.rest();
    this.#inTurn(() => this.#commit(next, { from, since: first }));
  }

  /**
   * Does things one after the other; once one has failed, nothing more.
   * @param messages what is given back when it is not done
   */
  #inTurn(work: () => Promise<unknown>, messages = 0): void {
    this.#waiting++;
    this.#turns = this.#turns.then(async () => {
      try {
        if (this.#failed) return this.#giveBack(messages);
        this.#assigned.lost.throwIfAborted();
        await work();
        this.#parts.progressed();
      } catch (error) {
        this.#failed = true;
        this.#giveBack(messages);
        const lost = this.#assigned.lost.aborted || error instanceof FencedError;
        if (!lost) this.#parts.failed(error);
      } finally {
        this.#waiting--;
      }
    });
  }

  /** Has a sealed range encoded, and writes it in its turn. */
  #hand(range: SealedRange, content: RangeContent, begun: Intent | undefined): void {
    const { budget } = this.#parts;
    let charge = 0;
    const recharge = (bytes: number) => {
      this.#sealedBytes += bytes - charge;
      budget.add(bytes - charge);
      charge = bytes;
    };
    recharge(content.byteLength);
    const encoded = this.#encode(range, content).then((encoded) => {
      recharge(encoded.byteLength);
      return encoded;
    });
    // Its turn may come later, or never; until then it is not unhandled.
    encoded.catch(() => {});
    this.#inTurn(
      async () => await this.#write(range, (await encoded).objects, begun),
      range.rows + range.rejected,
    );
    Promise.allSettled([encoded, this.#turns]).then(([encoded]) => {
      recharge(0);
      if (encoded.status === "fulfilled") encoded.value.release();
    });
  }

  /** Its closure alone holds the content: what waits for its turn must not hold both content and objects. */
  #encode({ first, end, layout }: SealedRange, content: RangeContent): Promise<EncodedRange> {
    const { encoder, encodings } = this.#parts;
    const name = this.#name(first, end);
    return encodings.add(() => {
      this.#assigned.lost.throwIfAborted();
      return rangeObjects(content, layout.format, name, encoder);
    });
  }

  async #write(
    range: SealedRange,
    objects: RangeObject[],
    begun: Intent | undefined,
  ): Promise<void> {
    const { uploader, observer } = this.#parts;
    const { first, end, rows, rejected, reasons, layout } = range;
    const { from } = this.#checkpoint;
    const startedAt = performance.now();
    if (begun === undefined) {
      const intent = { end, objects: objects.length, layout: layout.recorded };
      await this.#commit(this.#committed, { from, since: this.#since(first), intent });
    }
    await uploader.putAll(objects, this.#assigned.lost);
    await this.#commit(end, { from });
    this.#held -= rows + rejected;
    for (const [reason, count] of reasons) {
      observer.rejected?.(this.partition, reason, count);
    }
    observer.flushed?.({
      partition: this.partition,
      first,
      last: end - 1,
      rows,
      rejected,
      objects: objects.length,
      bytes: sizeOf(objects),
      seconds: (performance.now() - startedAt) / 1000,
    });
  }

  /** Records a gap as a flush of one object. */
  async #writeGap(first: number, end: number): Promise<void> {
    const { uploader, observer } = this.#parts;
    const { from } = this.#checkpoint;
    const lostFrom = Math.max(first, this.#committed);
    const intent = { end, objects: 1 };
    await this.#commit(this.#committed, { from, since: this.#since(first), intent });
    await uploader.putAll([gapObject(this.#name(first, end))], this.#assigned.lost);
    await this.#commit(end, { from });
    observer.gap?.(this.partition, lostFrom, end);
  }

  /**
   * What becomes of a flush that was begun and cannot be repeated, as some of its messages are gone
   * from the topic. Where all its objects are there it is done. Else those that are there are taken
   * back, and what is left of its messages will be written anew.
   * @returns the first offset that is not in the lake
   */
  async #settleBegun(first: number, { end, objects }: Intent): Promise<number> {
    const { store } = this.#parts;
    const { from } = this.#checkpoint;
    const found = await this.#objectsOf(first, end);
    if (found.length >= objects) {
      await this.#commit(end, { from });
      return end;
    }
    for (const name of found) await store.remove(name);
    await this.#commit(this.#committed, { from, since: this.#since(first) });
    return first;
  }

  /** Names of the objects that a flush has written. */
  async #objectsOf(first: number, end: number): Promise<string[]> {
    const { store, topic, schema: { table } } = this.#parts;
    const options = { table, topic, signal: this.#assigned.lost };
    const names: string[] = [];
    for await (const { name, parsed } of tableObjects(store, options)) {
      if (
        parsed.partition === this.partition && parsed.first === first && parsed.last === end - 1
      ) names.push(name);
    }
    return names;
  }

  /** The checkpoint's `since` for a range that begins before the committed offset. */
  #since(first: number): number | undefined {
    return first < this.#committed ? first : undefined;
  }

  #name(first: number, end: number): FlushRange & { table: string } {
    const { topic, schema: { table } } = this.#parts;
    return { table, topic, partition: this.partition, first, last: end - 1 };
  }

  async #commit(offset: number, checkpoint: Checkpoint): Promise<void> {
    await this.#assigned.commit(offset, formatCheckpoint(checkpoint));
    this.#committed = offset;
    this.#checkpoint = checkpoint;
    this.#parts.observer.committed?.(this.partition, offset);
  }
}

function sizeOf(objects: readonly RangeObject[]): number {
  return objects.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
