import { type CommittedOffset, type ConsumeOptions, FencedError } from "../broker.ts";
import { checkMetadata, readCommitted, writeCommitted } from "./committed_offsets.ts";
import type { GroupCommit } from "./group_commit.ts";
import { readIdentity } from "./identity.ts";
import type { LogFile } from "./log_file.ts";
import type { Membership } from "./membership.ts";
import { PartitionReader } from "./partition_reader.ts";
import { readOffsets } from "./topics.ts";

const MAX_FETCH_BYTES = 16 * 1024 * 1024;

/** What a session works with. */
export interface SessionParts {
  file: LogFile;
  commits: GroupCommit;
  membership: Membership;
  options: ConsumeOptions;
}

/**
 * The time for which a member owns its partitions: one generation. Once lost, it lets the handler finish its
 * current call and delivers no more.
 */
export class ConsumerSession {
  /** The generation that assigned the partitions. */
  readonly generation: number;
  readonly #parts: SessionParts;
  readonly #lost = new AbortController();
  readonly #readers: PartitionReader[];
  #failure: { error: unknown } | undefined;

  /** Inside a transaction. */
  constructor(parts: SessionParts) {
    const { file, membership, options } = parts;
    const { topic, group, maxFetchBytes = MAX_FETCH_BYTES } = options;
    this.#parts = parts;
    this.generation = membership.standing().generation;
    const owned = membership.ownPartitions();
    const offsets = readOffsets(file, topic);
    const committed = readCommitted(file, group, topic);
    this.#readers = owned.map((partition) =>
      new PartitionReader({
        file,
        topic,
        log: readIdentity(file, topic)!,
        offsets: offsets[partition],
        committed: committed[partition] ?? { partition, offset: null, metadata: "" },
        lost: this.#lost.signal,
        maxBytes: maxFetchBytes / owned.length,
        commit: (committed) => this.#commit(committed),
      })
    );
  }

  /** Whether no partition is left for this member. */
  get isIdle(): boolean {
    return this.#readers.length === 0;
  }

  /**
   * Runs until it is lost and the handler has returned from everything.
   * @throws what the handler threw, unless that was only the loss
   */
  async run(): Promise<void> {
    const { handler } = this.#parts.options;
    const lost = new Promise((resolve) => this.#lost.signal.addEventListener("abort", resolve));
    if (!this.#lost.signal.aborted) {
      await this.#guard(handler.assigned(this.#readers));
      await Promise.all(this.#readers.map((reader) => this.#guard(reader.deliver(handler))));
      await lost;
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #guard(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      const onlyLost = error instanceof FencedError ||
        this.#lost.signal.aborted && error === this.#lost.signal.reason;
      if (!onlyLost) this.#failure ??= { error };
      this.lose(error);
    }
  }

  /** Ends it: nothing more is delivered, and commits are refused. */
  lose(reason: unknown): void {
    this.#lost.abort(reason);
    for (const reader of this.#readers) reader.wake();
  }

  /** Delivers nothing more; commits still count. */
  rest(): void {
    for (const reader of this.#readers) reader.pause();
  }

  /** Learns the partitions' ends. */
  learnHighs(highs: readonly number[]): void {
    for (const reader of this.#readers) reader.learnHigh(highs[reader.partition]);
  }

  async #commit(committed: CommittedOffset): Promise<void> {
    const { file, commits, membership, options } = this.#parts;
    checkMetadata(committed.metadata);
    if (this.#lost.signal.aborted) {
      throw new FencedError(`partition ${committed.partition} was lost before this commit`);
    }
    try {
      await commits.submit(() => {
        membership.fence(this.generation, committed.partition);
        writeCommitted(file, options.group, options.topic, committed);
      });
    } catch (error) {
      if (error instanceof FencedError) this.lose(error);
      throw error;
    }
  }
}
