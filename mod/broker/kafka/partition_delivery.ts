import { setImmediate } from "node:timers";
import {
  type AssignedPartition,
  type CommittedOffset,
  type ConsumerHandler,
  FencedError,
  type LogIdentity,
  type PartitionOffsets,
} from "../broker.ts";
import { Bell } from "../../wait/bell.ts";
import { firstEpoch, LeaderEpochs } from "./leader_epochs.ts";
import {
  endOffset,
  type FetchedRecords,
  RecordReader,
  UnreadableBatchError,
} from "./record_batch_reader.ts";

/** A range of offsets that retention removed before it was read. */
interface Gap {
  gap: true;
  from: number;
  to: number;
}

/** What a {@linkcode Feed} needs. */
export interface FeedOptions {
  partition: number;
  log: LogIdentity;
  committed: CommittedOffset;
  /** Leader epoch of the message before the committed offset, -1 if unknown. */
  committedEpoch: number;
  offsets: PartitionOffsets;
  start: number;
  lost: AbortSignal;
  /** Maximum bytes of a message that is kept whole. */
  mostMessageBytes?: number;
  /** See {@linkcode AssignedPartition.confirm}. */
  confirm(offset: number, epoch: number): Promise<unknown>;
  /** Commits, retrying while that may help. @throws {FencedError} */
  commit(offset: number, epoch: number, metadata: string): Promise<void>;
}

/**
 * How often a damaged batch is fetched: the damage may have happened in transit, not in the log.
 */
const READ_ATTEMPTS = 3;

/** A partition of one assignment: its fetched records on their way to the handler. */
export class Feed implements AssignedPartition {
  readonly partition: number;
  readonly log: LogIdentity;
  readonly committed: CommittedOffset;
  readonly offsets: PartitionOffsets;
  readonly lost: AbortSignal;
  /** Rings when {@linkcode wants} may have changed. */
  readonly changed: Bell;
  readonly #commit: FeedOptions["commit"];
  readonly #confirm: FeedOptions["confirm"];
  readonly #epochs = new LeaderEpochs();
  #commits: Promise<void> = Promise.resolve();
  readonly #mostMessageBytes: number | undefined;
  #start: number;
  #open = false;
  #position: number;
  #paused = false;
  #queue: Array<FetchedRecords | Gap> = [];
  #unreadable = { first: -1, attempts: 0 };

  /** @param changed a bell that the feeds of one assignment share */
  constructor(options: FeedOptions, changed: Bell) {
    this.partition = options.partition;
    this.log = options.log;
    this.committed = options.committed;
    this.offsets = options.offsets;
    this.#mostMessageBytes = options.mostMessageBytes;
    this.#start = options.start;
    this.lost = options.lost;
    this.#commit = options.commit;
    this.#confirm = options.confirm;
    const { offset } = options.committed;
    if (offset !== null) this.#epochs.add(offset, options.committedEpoch);
    this.#position = options.start;
    this.changed = changed;
  }

  get start(): number {
    return this.#start;
  }

  seek(offset: number, epoch = -1): void {
    if (this.#open) throw new Error("seek: expected before deliveries, found after they began");
    if (offset !== this.#position) this.#epochs.clear();
    this.#epochs.add(offset, epoch);
    this.#start = this.#position = offset;
  }

  epochBefore(offset: number): number | undefined {
    const epoch = this.#epochs.before(offset);
    return epoch < 0 ? undefined : epoch;
  }

  async confirm(offset: number, epoch: number): Promise<void> {
    await this.#confirm(offset, epoch);
  }

  /** Fetches without the leader epoch of what was read: brokers may no longer know it. */
  forgetEpochs(): void {
    this.#epochs.clear();
  }

  /** Starts the deliveries. */
  open(): void {
    this.#open = true;
  }

  /** Offset to fetch next. */
  get position(): number {
    return this.#position;
  }

  /** Leader epoch of the message before it, -1 if unknown. */
  get lastEpoch(): number {
    return this.#epochs.before(this.#position);
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Whether there is room for another fetch: one piece waits while one is delivered. */
  get wants(): boolean {
    return !this.#paused && this.#queue.length === 0;
  }

  commit(offset: number, metadata: string): Promise<void> {
    // One after the other: of two concurrent commits, the second must win.
    const turn = this.#commits.catch(() => {}).then(() => {
      if (this.lost.aborted) throw new FencedError(`partition ${this.partition} was taken away`);
      return this.#commit(offset, this.#epochs.before(offset), metadata);
    });
    this.#commits = turn;
    return turn;
  }

  pause(): void {
    this.#paused = true;
  }

  /**
   * Whether fetched records have another leader epoch than those read before: then {@linkcode
   * confirm} finds out whether the log still contains those.
   */
  isOfAnotherLeader({ fetchOffset, bytes }: FetchedRecords): boolean {
    if (fetchOffset !== this.#position) return false;
    const [before, now] = [this.lastEpoch, firstEpoch(bytes)];
    return before >= 0 && now >= 0 && before !== now;
  }

  /**
   * Takes the result of a fetch. Returns whether it was usable: fetching the same again would not
   * help.
   */
  take(fetched: FetchedRecords): boolean {
    // The position may have moved while the fetch was in flight.
    if (fetched.fetchOffset !== this.#position || this.lost.aborted) return true;
    if (fetched.bytes.length === 0) return true;
    const end = endOffset(fetched.bytes);
    if (end === null || end <= this.#position) return false;
    // A damaged batch may claim more offsets than there are.
    this.#position = Math.max(Math.min(end, fetched.highWatermark), this.#position);
    this.#epochs.addAll(fetched.bytes);
    this.#queue.push(fetched);
    this.changed.ring();
    return true;
  }

  /** Continues at `to`: retention has removed what came before. */
  skipTo(to: number): void {
    this.#queue.push({ gap: true, from: this.#position, to });
    this.#epochs.clear();
    this.#position = to;
    this.changed.ring();
  }

  /**
   * Delivers everything to the handler, in order, until the partition is lost.
   * @throws what the handler throws
   * @throws {UnreadableBatchError} if the handler does not accept them
   */
  async deliver(handler: ConsumerHandler): Promise<void> {
    while (await this.#ready(() => this.#queue.length > 0)) {
      const next = this.#queue.shift()!;
      this.changed.ring();
      if ("gap" in next) await handler.gap(this.partition, next.from, next.to);
      else await this.#read(next, handler);
      // Released explicitly: left to the garbage collector, many would accumulate.
      if ("release" in next) next.release?.();
    }
    this.#queue = [];
  }

  async #read(fetched: FetchedRecords, handler: ConsumerHandler): Promise<void> {
    const reader = new RecordReader(fetched, { mostMessageBytes: this.#mostMessageBytes });
    let from = reader.nextOffset;
    while (await this.#ready(() => true)) {
      let batch;
      try {
        batch = reader.next();
      } catch (error) {
        if (!(error instanceof UnreadableBatchError)) throw error;
        if (error.isDamaged && this.#fetchAgain(error)) return;
        if (handler.unreadable === undefined) throw error;
        const { first, end, bytes, reason } = error;
        await handler.unreadable(this.partition, { first, end, bytes, reason });
        if (reader.skip(error)) continue;
        if (this.#following !== end) this.#goTo(end);
        return;
      }
      if (batch === null) return;
      if (batch.count > 0) await handler.batch(batch);
      else if (batch.nextOffset > from) handler.skipped?.(this.partition, batch.nextOffset);
      // A large message: lets timers and the other partitions run.
      else await new Promise((resolve) => setImmediate(resolve));
      from = batch.nextOffset;
    }
  }

  /** First offset of what waits, or of what will. */
  get #following(): number {
    const [next] = this.#queue;
    if (next === undefined) return this.#position;
    return "gap" in next ? next.from : next.fetchOffset;
  }

  /** Whether to fetch a damaged batch once more. */
  #fetchAgain({ first }: UnreadableBatchError): boolean {
    if (this.#unreadable.first !== first) this.#unreadable = { first, attempts: 0 };
    if (++this.#unreadable.attempts >= READ_ATTEMPTS) return false;
    this.#goTo(first);
    return true;
  }

  /** Discards what waits and fetches from an offset. */
  #goTo(offset: number): void {
    this.#queue = [];
    this.#epochs.clear();
    this.#position = offset;
    this.changed.ring();
  }

  /** Waits until something can be delivered; `false` when the partition is lost. */
  async #ready(there: () => boolean): Promise<boolean> {
    while (!this.lost.aborted) {
      if (!this.#paused && there()) return true;
      await this.changed.wait();
    }
    return false;
  }
}
