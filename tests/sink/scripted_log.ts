import { Failure } from "../../mod/failure/failure.ts";
import { sleep } from "../../mod/wait/sleep.ts";
import {
  type AssignedPartition,
  BEGUN_AT_END,
  type Broker,
  type CommittedOffset,
  type ConsumeOptions,
  FencedError,
  type LogIdentity,
  type PartitionOffsets,
  type RecordBatch,
} from "../../mod/broker/broker.ts";

/**
 * One message of a {@linkcode ScriptedLog}; a hole is an offset at which nothing is delivered, a run of
 * unreadable ones a batch that cannot be read.
 */
export type Entry =
  | { value: string | Uint8Array | null; timestamp?: number; key?: string }
  | "hole"
  | "unreadable";

/** Called at each commit, before it is taken: may throw, or take the partition away. */
export type CommitHook = (partition: number, offset: number, metadata: string) => void;

/**
 * A log whose every step a test decides: what is delivered, what retention removes, when a member
 * loses its partitions. It keeps committed offsets as a broker does, and refuses those of a member
 * that has lost the partition.
 */
export class ScriptedLog implements Broker {
  readonly description = "a scripted log";
  /** Which log it is; another one is another log. */
  identity: LogIdentity = { cluster: "scripted", topicId: "first" };
  readonly partitions: Entry[][];
  readonly lows: number[];
  readonly committed = new Map<number, CommittedOffset>();
  /** All commits that were taken, in order. */
  readonly commits: Array<[partition: number, offset: number, metadata: string]> = [];
  beforeCommit: CommitHook = () => {};
  /** Messages of one batch. */
  batchSize = 100;
  /** Where a partition ends as its assignment says, when that was long ago. @default {its end} */
  readonly assignedHighs = new Map<number, number>();
  /** Leader epoch of all messages; there are none without one. */
  epoch: number | undefined;
  /** Where reading was moved to, with the leader epoch of the message before. */
  readonly seeks: Array<[offset: number, epoch: number | undefined]> = [];
  /** Ends the member's assignment, when set, as a rebalance would. */
  #lose: (() => void) | undefined;

  constructor(partitions: Entry[][]) {
    this.partitions = partitions;
    this.lows = partitions.map(() => 0);
  }

  /** Takes all partitions away; the member is assigned them anew. */
  rebalance(): void {
    this.#lose?.();
  }

  topicNames(): Promise<string[]> {
    return Promise.resolve(["scripted"]);
  }

  ensureTopic(): Promise<{ created: boolean; partitions: number }> {
    return Promise.resolve({ created: false, partitions: this.partitions.length });
  }

  topicOffsets(): Promise<PartitionOffsets[]> {
    return Promise.resolve(this.partitions.map((_, partition) => this.#offsets(partition)));
  }

  log(): Promise<LogIdentity> {
    return Promise.resolve(this.identity);
  }

  groupOffsets(): Promise<CommittedOffset[]> {
    return Promise.resolve([...this.committed.values()]);
  }

  async *read(
    _topic: string,
    partition: number,
    from: number,
    to: number,
  ): AsyncIterable<RecordBatch> {
    const end = Math.min(to, this.partitions[partition].length);
    const begin = Math.max(from, this.lows[partition]);
    if (begin < end) yield this.#batch(partition, begin, end);
  }

  producer(): Promise<never> {
    return Promise.reject(new Error("nothing is sent to a scripted log"));
  }

  async close(): Promise<void> {}

  async consume(options: ConsumeOptions): Promise<void> {
    while (!options.signal.aborted) await this.#term(options);
  }

  async #term({ signal, from, handler }: ConsumeOptions): Promise<void> {
    const lost = new AbortController();
    const lose = () => lost.abort(new FencedError("the partitions were taken away"));
    this.#lose = lose;
    signal.addEventListener("abort", lose);
    const paused = new Set<number>();
    const assigned = this.partitions.map((_, partition) =>
      this.#assign(partition, from, lost.signal, paused)
    );
    const guard = async (work: Promise<void>) => {
      try {
        await work;
      } catch (error) {
        if (!lost.signal.aborted) throw error;
      }
    };
    try {
      await guard(handler.assigned(assigned));
      await Promise.all(assigned.map(async ({ partition, start }) => {
        let next = start;
        while (!lost.signal.aborted) {
          const low = this.lows[partition];
          if (next < low) {
            await guard(handler.gap(partition, next, low));
            next = low;
            continue;
          }
          const end = Math.min(this.partitions[partition].length, next + this.batchSize);
          if (paused.has(partition) || end === next) {
            await sleep(5);
            continue;
          }
          const unreadable = this.#unreadable(partition, next, end);
          if (unreadable.first === next) {
            const [first, { end }] = [next, unreadable];
            const bytes = new Uint8Array([1, 2, 3]);
            const reason = "its checksum is wrong";
            await guard(handler.unreadable!(partition, { first, end, bytes, reason }));
            next = end;
            continue;
          }
          const batch = this.#batch(partition, next, unreadable.first);
          next = unreadable.first;
          if (batch.count === 0) handler.skipped?.(partition, next);
          else await guard(handler.batch(batch));
        }
      }));
    } finally {
      lose();
      signal.removeEventListener("abort", lose);
    }
  }

  /** The first run of unreadable messages from `begin` on; empty, at `end`, where there is none before. */
  #unreadable(partition: number, begin: number, end: number): { first: number; end: number } {
    const log = this.partitions[partition];
    let first = begin;
    while (first < end && log[first] !== "unreadable") first++;
    let behind = first;
    while (behind < log.length && log[behind] === "unreadable") behind++;
    return { first, end: behind };
  }

  #offsets(partition: number): PartitionOffsets {
    return { partition, low: this.lows[partition], high: this.partitions[partition].length };
  }

  #assign(
    partition: number,
    from: ConsumeOptions["from"],
    lost: AbortSignal,
    paused: Set<number>,
  ): AssignedPartition {
    const now = this.#offsets(partition);
    const offsets = { ...now, high: this.assignedHighs.get(partition) ?? now.high };
    const committed = this.committed.get(partition) ?? { partition, offset: null, metadata: "" };
    const begin = committed.offset ?? (from === "earliest" ? offsets.low : offsets.high);
    let start = Math.max(begin, offsets.low);
    if (committed.offset === null && start > offsets.low) {
      this.committed.set(partition, { partition, offset: start, metadata: BEGUN_AT_END });
    }
    return {
      partition,
      log: this.identity,
      committed,
      offsets,
      get start() {
        return start;
      },
      seek: (offset, epoch) => {
        start = offset;
        this.seeks.push([offset, epoch]);
      },
      epochBefore: () => this.epoch,
      confirm: async (offset, epoch) => {
        if (epoch === this.epoch) return;
        throw new Failure("failed", `the log is not that of epoch ${epoch} before ${offset}`);
      },
      lost,
      commit: async (offset, metadata) => {
        await Promise.resolve();
        this.beforeCommit(partition, offset, metadata);
        if (lost.aborted) throw new FencedError(`partition ${partition} was taken away`);
        this.committed.set(partition, { partition, offset, metadata });
        this.commits.push([partition, offset, metadata]);
      },
      pause: () => paused.add(partition),
    };
  }

  #batch(partition: number, begin: number, end: number): RecordBatch {
    const log = this.partitions[partition];
    const offsets: number[] = [];
    for (let offset = begin; offset < end; offset++) {
      if (typeof log[offset] !== "string") offsets.push(offset);
    }
    const entry = (i: number) => log[offsets[i]] as Exclude<Entry, string>;
    const encode = (text: string) => new TextEncoder().encode(text);
    return {
      partition,
      count: offsets.length,
      nextOffset: end,
      highWatermark: log.length,
      offset: (i) => offsets[i],
      timestamp: (i) => entry(i).timestamp ?? Date.UTC(2026, 10, 24),
      key: (i) => entry(i).key === undefined ? null : encode(entry(i).key!),
      value: (i) => {
        const { value } = entry(i);
        return typeof value === "string" ? encode(value) : value;
      },
      headers: () => [],
    };
  }
}
