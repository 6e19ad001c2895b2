import { getLogger } from "@logtape/logtape";
import { Failure } from "../../failure/failure.ts";
import {
  type ConsumeOptions,
  FencedError,
  type LogIdentity,
  type PartitionOffsets,
} from "../broker.ts";
import { abortable } from "../../wait/abortable.ts";
import { Bell } from "../../wait/bell.ts";
import { pause, sleep } from "../../wait/sleep.ts";
import type { Cluster, PartitionLeader } from "./cluster.ts";
import { Feed } from "./partition_delivery.ts";
import { Fetcher } from "./fetcher.ts";
import { type Generation, GroupMember } from "./group_member.ts";
import { committedOffsets, partitionOffsets } from "./offsets.ts";
import { protocolError } from "./raw_request.ts";
import { UnreadableBatchError } from "./record_batch_reader.ts";
import { describeError, errorType, refused, verdictOf } from "./request_error.ts";
import { retrying, retryingOrRefused } from "./retry.ts";

const logger = getLogger(["ticklake", "kafka"]);

/** Bytes that one fetch may bring. Measured: 16 MiB are not faster, and take 100 MB more memory. */
const MAX_FETCH_BYTES = 4 * 2 ** 20;

/** Milliseconds between two looks at the topic, for partitions that were added. */
const TOPIC_CHECK_MS = 10_000;

/** Most milliseconds by which the handler may hold up a rebalance; well below the time to join again. */
const MOST_REVOKE_MS = 10_000;

const MOST_METADATA_BYTES = 4096;

/** Kafka's code for a partition that a broker does not know, or not yet. */
const UNKNOWN_TOPIC_OR_PARTITION = 3;

/** Times that an offset beyond the end is looked at again, a second apart, before it is believed. */
const BEYOND_END_CHECKS = 5;

/** Reads a topic as a member of a group, through one assignment after the other. */
export class Consumption {
  readonly #cluster: Cluster;
  readonly #options: ConsumeOptions;
  readonly #member: GroupMember;
  readonly #heartbeatMs: number;
  /** Milliseconds that the handler has to commit before a rebalance. */
  readonly #revokeMs: number;
  #feeds: Feed[] = [];
  readonly #stop = new AbortController();
  /** Calls of the handler that have not returned; those of a former assignment may take a while. */
  readonly #calls = new Set<Promise<void>>();
  #error: { thrown: unknown } | undefined;

  constructor(cluster: Cluster, options: ConsumeOptions, sessionTimeoutMs: number) {
    const { group, topic } = options;
    this.#cluster = cluster;
    this.#options = options;
    this.#member = new GroupMember(cluster, { group, topic, sessionTimeoutMs });
    this.#heartbeatMs = Math.min(3000, sessionTimeoutMs / 3);
    this.#revokeMs = Math.min(MOST_REVOKE_MS, sessionTimeoutMs / 3);
  }

  /** Consumes until the signal aborts. @throws what ended it otherwise */
  async run(): Promise<void> {
    const { signal } = this.#options;
    const stop = () => this.#stop.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    try {
      while (!this.#stop.signal.aborted) {
        await this.#serve(await this.#member.join(this.#stop.signal));
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#fail(error);
    } finally {
      signal.removeEventListener("abort", stop);
    }
    await this.#member.leave();
    this.#cluster.close();
    await Promise.all(this.#calls);
    if (this.#error !== undefined) throw this.#error.thrown;
  }

  #fail(thrown: unknown): void {
    this.#error ??= { thrown };
    this.#stop.abort(thrown);
  }

  /** One generation: from its assignment to the next rebalance. */
  async #serve(generation: Generation): Promise<void> {
    const term = new AbortController();
    const end = () => term.abort(this.#stop.signal.reason);
    this.#stop.signal.addEventListener("abort", end, { once: true });
    const lost = term.signal;
    const upkeep = [this.#beat(generation, term), this.#watchTopic(generation, term)];
    try {
      // The calls of one partition must not overlap, whatever the rebalances in between.
      while (this.#calls.size > 0) await abortable(Promise.all(this.#calls), lost);
      const changed = new Bell();
      lost.addEventListener("abort", () => changed.ring(), { once: true });
      const feeds = this.#feeds = await this.#open(generation, changed, term);
      await abortable(this.#call(lost, () => this.#options.handler.assigned(feeds)), lost);
      for (const feed of feeds) {
        if (feed.start > feed.offsets.high) throw this.#beyondEnd(feed.start, feed.offsets);
        feed.open();
      }
      for (const feed of feeds) this.#call(lost, () => this.#deliver(feed));
      await this.#fetcher(feeds, changed, lost).run();
    } catch (error) {
      if (!lost.aborted) throw error;
    } finally {
      term.abort(new FencedError("the assignment is over"));
      this.#feeds = [];
      this.#stop.signal.removeEventListener("abort", end);
      await Promise.all(upkeep);
    }
  }

  /** Calls the handler; what it throws ends the consumption, unless it is that a partition was lost. */
  #call(lost: AbortSignal, call: () => Promise<void>): Promise<void> {
    const done = call().catch((error) => {
      if (lost.aborted && (error instanceof FencedError || error === lost.reason)) return;
      this.#fail(error);
    }).finally(() => this.#calls.delete(done));
    this.#calls.add(done);
    return done;
  }

  async #deliver(feed: Feed): Promise<void> {
    const { topic, handler } = this.#options;
    try {
      await feed.deliver(handler);
    } catch (error) {
      if (!(error instanceof UnreadableBatchError)) throw error;
      throw new Failure(
        "failed",
        `${this.#cluster.description}, topic ${topic}: ${error.message}`,
        {
          cause: error,
          fix: "Look at it with kafka-dump-log.sh.",
        },
      );
    }
  }

  /** Keeps the membership alive, whatever the handler does. */
  async #beat(generation: Generation, term: AbortController): Promise<void> {
    const lost = term.signal;
    const doing = `heartbeat of group ${this.#options.group}`;
    try {
      while (true) {
        await sleep(this.#heartbeatMs, lost);
        await retrying(doing, lost, () => this.#member.heartbeat(generation));
      }
    } catch (error) {
      if (!lost.aborted && errorType(error) === "REBALANCE_IN_PROGRESS") await this.#revoke();
      if (!lost.aborted) this.#end(term, error, doing);
    }
  }

  /** Has the partitions shared again when there are more of them. */
  async #watchTopic(generation: Generation, term: AbortController): Promise<void> {
    const { topic } = this.#options;
    const lost = term.signal;
    while (generation.leads && !lost.aborted) {
      try {
        await sleep(TOPIC_CHECK_MS, lost);
        const partitions = await this.#cluster.partitions(topic) ?? [];
        if (partitions.length <= generation.partitionCount) continue;
        await this.#revoke();
        term.abort(new FencedError(`${topic} has new partitions`));
      } catch (error) {
        // Not now; whether the broker can be reached, the heartbeat tells.
        if (!lost.aborted) logger.debug("{error}", { error: describeError(error) });
      }
    }
  }

  /**
   * Lets the handler commit before a rebalance takes the partitions away. The broker takes commits of
   * the generation until this member joins again.
   */
  async #revoke(): Promise<void> {
    const { handler } = this.#options;
    for (const feed of this.#feeds) feed.pause();
    const revoked = handler.revoking?.().catch((error) => {
      if (!(error instanceof FencedError)) this.#fail(error);
    });
    await Promise.race([revoked, pause(this.#revokeMs, this.#stop.signal)]);
  }

  /** Ends a generation after a request for it failed for good. */
  #end(term: AbortController, error: unknown, doing: string): FencedError | Error {
    if (verdictOf(error) !== "fenced") {
      const failure = refused(this.#cluster.description, doing, error);
      this.#fail(failure);
      return failure;
    }
    const { group } = this.#options;
    logger.info("group {group} is sharing its partitions again: {reason}", {
      group,
      reason: describeError(error),
    });
    const fenced = new FencedError(`group ${group}: ${describeError(error)}`, { cause: error });
    term.abort(fenced);
    return fenced;
  }

  async #open(generation: Generation, changed: Bell, term: AbortController): Promise<Feed[]> {
    const { topic, group, from } = this.#options;
    const { partitions } = generation;
    if (partitions.length === 0) return [];
    const lost = term.signal;
    const cluster = this.#cluster;
    const committed = await this.#asking(
      `what group ${group} has committed`,
      lost,
      () => committedOffsets(cluster, group, topic, partitions),
    );
    const { log, offsets: all } = await this.#offsets(partitions, lost);
    return await Promise.all(committed.map(async (committed, i) => {
      const { partition, offset } = committed;
      const offsets = await this.#reaching(offset ?? 0, all[i], lost);
      const start = offset ?? (from === "earliest" ? offsets.low : offsets.high);
      const commit = (offset: number, metadata: string) =>
        this.#commit(generation, term, partition, offset, metadata);
      return new Feed({
        partition,
        log,
        committed,
        offsets,
        start: Math.max(start, offsets.low),
        lost,
        mostMessageBytes: this.#options.maxMessageBytes,
        commit,
      }, changed);
    }));
  }

  async #commit(
    generation: Generation,
    term: AbortController,
    partition: number,
    offset: number,
    metadata: string,
  ): Promise<void> {
    checkMetadata(metadata);
    const lost = term.signal;
    const { handler } = this.#options;
    const doing = `committing offset ${offset} of partition ${partition}`;
    let attempt = Promise.resolve();
    const commit = () => attempt = this.#member.commit(generation, partition, offset, metadata);
    try {
      await retrying(doing, lost, commit, (error) => handler.retried?.("commit", error));
    } catch (error) {
      if (lost.aborted) {
        // The one that was on its way may have been in time.
        if (await attempt.then(() => true, () => false)) return;
        throw new FencedError(`partition ${partition} was taken away`, { cause: error });
      }
      if (verdictOf(error) === "fenced") throw this.#end(term, error, doing);
      throw refused(this.#cluster.description, doing, error);
    }
  }

  /** The offsets of some partitions, in their order, and of which log they are. */
  #offsets(
    partitions: number[],
    lost: AbortSignal,
  ): Promise<{ log: LogIdentity; offsets: PartitionOffsets[] }> {
    const { topic } = this.#options;
    return this.#asking(`the offsets of ${topic}`, lost, async () => {
      const found = await this.#cluster.topic(topic);
      const asked = (found?.partitions ?? [])
        .filter(({ partition }) => partitions.includes(partition));
      if (found === null || asked.length < partitions.length) {
        throw protocolError(UNKNOWN_TOPIC_OR_PARTITION);
      }
      const offsets = await partitionOffsets(this.#cluster, topic, asked, lost);
      return { log: found.log, offsets };
    });
  }

  /**
   * A partition's offsets; waits a few seconds while its end is before `offset`, as a broker that has
   * just started may not know the end of its log yet.
   */
  async #reaching(
    offset: number,
    offsets: PartitionOffsets,
    lost: AbortSignal,
  ): Promise<PartitionOffsets> {
    const { partition } = offsets;
    for (let check = 0; check < BEYOND_END_CHECKS && offset > offsets.high; check++) {
      await sleep(1000, lost);
      [offsets] = (await this.#offsets([partition], lost)).offsets;
    }
    return offsets;
  }

  #beyondEnd(offset: number, { partition, high }: PartitionOffsets): Failure {
    const { topic, group } = this.#options;
    return new Failure(
      "failed",
      `${topic}: partition ${partition} ends at offset ${high}, but group ${group} has ` +
        `read up to ${offset}; the topic was deleted and created again, or lost messages`,
      {
        fix: "Use another --group and another --prefix for the new topic, or set the group " +
          "back with kafka-consumer-groups.sh --reset-offsets.",
      },
    );
  }

  /** The next offset is not in the log: retention was faster, or a broker lost what it had. */
  async #outOfRange(feed: Feed, lost: AbortSignal): Promise<void> {
    const { topic } = this.#options;
    const { partition, position } = feed;
    const now = (await this.#offsets([partition], lost)).offsets[0];
    const offsets = await this.#reaching(position, now, lost);
    if (feed.position !== position) return;
    const { low, high } = offsets;
    if (position > high) throw this.#beyondEnd(position, offsets);
    if (position >= low) return sleep(1000, lost);
    // The handler, who records it, tells it.
    logger.debug(
      "{topic}: retention removed offsets {from} to {to} of partition {partition} before they " +
        "were read",
      { topic, partition, from: position, to: low - 1 },
    );
    feed.skipTo(low);
  }

  #fetcher(feeds: Feed[], changed: Bell, lost: AbortSignal): Fetcher {
    const { topic, maxFetchBytes = MAX_FETCH_BYTES } = this.#options;
    return new Fetcher({
      cluster: this.#cluster,
      topic,
      feeds,
      changed,
      lost,
      maxBytes: maxFetchBytes,
      leaders: () => this.#leaders(lost),
      outOfRange: (feed) => this.#outOfRange(feed, lost),
      fail: (error) => this.#fail(error),
    });
  }

  #leaders(lost: AbortSignal): Promise<PartitionLeader[]> {
    const { topic } = this.#options;
    const ask = async () => await this.#cluster.partitions(topic) ?? [];
    return this.#asking(`the partitions of ${topic}`, lost, ask);
  }

  #asking<T>(what: string, lost: AbortSignal, ask: () => Promise<T>): Promise<T> {
    return retryingOrRefused(this.#cluster.description, `asking for ${what}`, lost, ask);
  }
}

/**
 * Kafka counts characters, as `offset.metadata.max.bytes` of them; we hold to the bytes.
 * @throws {Failure} kind `failed`
 */
function checkMetadata(metadata: string): void {
  const { length } = new TextEncoder().encode(metadata);
  if (length <= MOST_METADATA_BYTES) return;
  throw new Failure(
    "failed",
    `commit metadata: expected at most ${MOST_METADATA_BYTES} bytes, found ${length}`,
  );
}
