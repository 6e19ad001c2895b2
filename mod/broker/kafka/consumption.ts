import { getLogger } from "@logtape/logtape";
import { Failure } from "../../failure/failure.ts";
import {
  BEGUN_AT_END,
  type ConsumeOptions,
  FencedError,
  type LogIdentity,
  type PartitionOffsets,
} from "../broker.ts";
import { logSurplusMember } from "../surplus_member.ts";
import { abortable } from "../../wait/abortable.ts";
import { Bell } from "../../wait/bell.ts";
import { pause, sleep } from "../../wait/sleep.ts";
import type { Cluster, PartitionLeader, TopicDescription } from "./cluster.ts";
import { epochEnds } from "./epoch_end_request.ts";
import { EpochEnds } from "./epoch_ends.ts";
import type { Divergence } from "./fetched_partition.ts";
import { endsBefore, truncatedLog } from "./lost_messages.ts";
import type { CommittedEpoch } from "./offset_fetch_request.ts";
import { PartitionStall, STALL_MS } from "./partition_stall.ts";
import { Feed } from "./partition_delivery.ts";
import { Fetcher } from "./fetcher.ts";
import { type Generation, GroupMember } from "./group_member.ts";
import { committedOffsets, partitionOffsets } from "./offsets.ts";
import { protocolError } from "./raw_request.ts";
import { UnreadableBatchError } from "./record_batch_reader.ts";
import { describeError, errorType, refused, rootOf, verdictOf } from "./request_error.ts";
import { retrying, retryingOrRefused } from "./retry.ts";
import { openTransaction } from "./transaction_wait.ts";

const logger = getLogger(["ticklake", "kafka"]);

/** Maximum bytes per fetch. Measured: 16 MiB is not faster and takes 100 MB more memory. */
const MAX_FETCH_BYTES = 4 * 2 ** 20;

/** Milliseconds between two checks of the topic for added partitions. */
const TOPIC_CHECK_MS = 10_000;

/** The same, while a partition has no leader. */
const LEADER_CHECK_MS = 1000;

/** Kafka's error for a partition that has no leader at the moment. */
const NO_LEADER = protocolError(5);

/**
 * Maximum milliseconds that the handler may delay a rebalance; well below the rebalance timeout.
 */
const MOST_REVOKE_MS = 10_000;

const MOST_METADATA_BYTES = 4096;

/** Kafka's code for a partition that a broker does not know, or not yet. */
const UNKNOWN_TOPIC_OR_PARTITION = 3;

/** How often an offset beyond the log's end is rechecked, a second apart, before it is believed. */
const BEYOND_END_CHECKS = 5;

/** Reads a topic as a member of a group, one assignment after another. */
export class Consumption {
  readonly #cluster: Cluster;
  readonly #options: ConsumeOptions;
  readonly #member: GroupMember;
  readonly #stallMs: number;
  readonly #heartbeatMs: number;
  /** Milliseconds that the handler has for committing before a rebalance. */
  readonly #revokeMs: number;
  #feeds: Feed[] = [];
  /** The assignment that is ending. */
  #ending: AbortController | null = null;
  /** The log of the newest assignment. */
  #log: LogIdentity | null = null;
  /** The known leaders of the assigned partitions. */
  readonly #led = new Map<number, number>();
  readonly #epochEnds: EpochEnds;
  /** The assigned partitions without a leader. */
  readonly #leaderless = new Map<number, PartitionStall>();
  readonly #stop = new AbortController();
  /** Handler calls that have not returned; those of an earlier assignment may take a while. */
  readonly #calls = new Set<Promise<void>>();
  #error: { thrown: unknown } | undefined;

  constructor(cluster: Cluster, options: ConsumeOptions, sessionTimeoutMs: number) {
    const { group, topic } = options;
    this.#cluster = cluster;
    this.#epochEnds = new EpochEnds((leader, asked) => epochEnds(cluster, leader, topic, asked));
    this.#options = options;
    this.#stallMs = options.stallMs ?? STALL_MS;
    this.#member = new GroupMember(cluster, { group, topic, sessionTimeoutMs });
    this.#heartbeatMs = Math.min(3000, sessionTimeoutMs / 3);
    this.#revokeMs = Math.min(MOST_REVOKE_MS, sessionTimeoutMs / 3);
  }

  /** Consumes until the signal aborts. @throws whatever else ended it */
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
    const { partitions, partitionCount } = generation;
    if (partitions.length === 0) {
      logSurplusMember(this.#options.group, this.#options.topic, partitionCount);
    }
    try {
      // Calls for one partition must not overlap, whatever rebalances happen in between.
      while (this.#calls.size > 0) await abortable(Promise.all(this.#calls), lost);
      const changed = new Bell();
      lost.addEventListener("abort", () => changed.ring(), { once: true });
      const feeds = this.#feeds = await this.#open(generation, changed, term);
      await abortable(this.#call(lost, () => this.#options.handler.assigned(feeds)), lost);
      for (const feed of feeds) {
        // Even if the handler wants no more: having read all of a log that was truncated is not
        // success.
        if (feed.start > feed.offsets.high) this.#fail(this.#beyondEnd(feed.start, feed.offsets));
        feed.open();
      }
      for (const feed of feeds) this.#call(lost, () => this.#deliver(feed));
      await this.#fetcher(feeds, changed, term).run();
    } catch (error) {
      if (!lost.aborted) throw error;
    } finally {
      term.abort(new FencedError("the assignment is over"));
      this.#feeds = [];
      this.#stop.signal.removeEventListener("abort", end);
      await Promise.all(upkeep);
    }
  }

  /** Calls the handler; what it throws ends the consumption, except for the loss of a partition. */
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
          fix: "Inspect it with kafka-dump-log.sh.",
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

  /** Ends the assignment when the topic has changed since the partitions were assigned. */
  async #watchTopic(generation: Generation, term: AbortController): Promise<void> {
    const lost = term.signal;
    while (!lost.aborted) {
      try {
        await sleep(this.#leaderless.size > 0 ? LEADER_CHECK_MS : TOPIC_CHECK_MS, lost);
        const found = await this.#cluster.topic(this.#options.topic);
        if (found === null || this.#isAnotherLog(found, term)) continue;
        const { partitions } = found;
        if (generation.leads && partitions.length > generation.partitionCount) {
          await this.#endTerm(term, "it has new partitions");
        }
        for (const { partition, leader } of partitions) {
          const stall = this.#leaderless.get(partition);
          if (stall === undefined) continue;
          if (leader < 0) stall.failed(NO_LEADER);
          else await this.#endTerm(term, `partition ${partition} has a leader again`);
        }
      } catch (error) {
        // Ignored: the heartbeat notices an unreachable broker.
        if (!lost.aborted) logger.debug("{error}", { error: describeError(error) });
      }
    }
  }

  /**
   * Whether the topic was recreated since the partitions were assigned; if so, ends the assignment.
   */
  #isAnotherLog({ log }: TopicDescription, term: AbortController): boolean {
    if (this.#log === null || !isOtherLog(log, this.#log)) return false;
    const { topic } = this.#options;
    logger.warn("{topic} was deleted and recreated (id {former}, now {id})", {
      topic,
      former: this.#log.topicId,
      id: log.topicId,
    });
    this.#endTerm(term, "it was recreated");
    return true;
  }

  /** Lets the handler commit, then requests a new assignment. */
  async #endTerm(term: AbortController, reason: string): Promise<void> {
    if (this.#ending === term) return;
    this.#ending = term;
    await this.#revoke();
    term.abort(new FencedError(`${this.#options.topic}: ${reason}`));
  }

  /**
   * Lets the handler commit before a rebalance revokes the partitions. The broker accepts commits
   * of the generation until this member rejoins.
   */
  async #revoke(): Promise<void> {
    const { handler } = this.#options;
    for (const feed of this.#feeds) feed.pause();
    const revoked = handler.revoking?.().catch((error) => {
      if (!(error instanceof FencedError)) this.#fail(error);
    });
    await Promise.race([revoked, pause(this.#revokeMs, this.#stop.signal)]);
  }

  /** Ends a generation after a request for it failed permanently. */
  #end(term: AbortController, error: unknown, doing: string): FencedError | Error {
    if (verdictOf(error) !== "fenced") {
      const failure = refused(this.#cluster.description, doing, error);
      this.#fail(failure);
      return failure;
    }
    const { group } = this.#options;
    logger.info("group {group} is rebalancing: {reason}", {
      group,
      reason: describeError(error),
    });
    const fenced = new FencedError(`group ${group}: ${describeError(error)}`, { cause: error });
    term.abort(fenced);
    return fenced;
  }

  async #open(generation: Generation, changed: Bell, term: AbortController): Promise<Feed[]> {
    const { topic, group } = this.#options;
    const { partitions } = generation;
    this.#leaderless.clear();
    if (partitions.length === 0) return [];
    const lost = term.signal;
    const cluster = this.#cluster;
    const committed = await this.#asking(
      `what group ${group} has committed`,
      lost,
      () => committedOffsets(cluster, group, topic, partitions),
    );
    const { log, offsets } = await this.#offsets(partitions, lost);
    const isRecreated = this.#log !== null && isOtherLog(log, this.#log);
    this.#log = log;
    return await Promise.all(offsets.map(async (known) => {
      const { partition } = known;
      // Offsets committed for the former log are meaningless in this one.
      const { epoch, ...own } = isRecreated
        ? { partition, offset: null, metadata: "", epoch: -1 }
        : committed.find((committed) => committed.partition === partition)!;
      const now = await this.#reaching(own.offset ?? 0, known, lost);
      const feed = new Feed({
        partition,
        log,
        committed: own,
        committedEpoch: epoch,
        offsets: now,
        start: Math.max(own.offset ?? this.#beginning(generation, now, isRecreated), now.low),
        lost,
        mostMessageBytes: this.#options.maxMessageBytes,
        confirm: (offset, epoch) => this.#confirm(partition, offset, epoch, lost),
        commit: (offset, epoch, metadata) =>
          this.#commit(generation, term, { partition, offset, epoch, metadata }),
      }, changed);
      // Records where the group began, and which partitions were added later.
      if (own.offset === null && feed.start > now.low) await feed.commit(feed.start, BEGUN_AT_END);
      return feed;
    }));
  }

  /** Where reading begins in a partition without a committed offset. */
  #beginning(
    { isNewGroup }: Generation,
    { low, high }: PartitionOffsets,
    isRecreated: boolean,
  ): number {
    const isAdded = isRecreated || isNewGroup === false;
    return this.#options.from === "earliest" || isAdded ? low : high;
  }

  async #commit(
    generation: Generation,
    term: AbortController,
    commit: CommittedEpoch & { offset: number },
  ): Promise<void> {
    const { partition, offset, metadata } = commit;
    checkMetadata(metadata);
    const lost = term.signal;
    const { handler } = this.#options;
    const doing = `committing offset ${offset} of partition ${partition}`;
    let attempt = Promise.resolve();
    const once = () => attempt = this.#member.commit(generation, commit);
    const failed = (error: unknown) => {
      handler.retried?.("commit", error);
      // It may still arrive after a later commit, and would move the group back.
      if (rootOf(error).name === "KafkaJSRequestTimeoutError") {
        this.#member.renew();
        term.abort(
          new FencedError(`group ${this.#options.group}: a commit was not answered in time`),
        );
      }
    };
    try {
      await retrying(doing, lost, once, failed);
    } catch (error) {
      if (lost.aborted) {
        // The commit that was in flight may have succeeded.
        if (await attempt.then(() => true, () => false)) return;
        throw new FencedError(`partition ${partition} was taken away`, { cause: error });
      }
      if (verdictOf(error) === "fenced") throw this.#end(term, error, doing);
      throw refused(this.#cluster.description, doing, error);
    }
  }

  /**
   * The offsets by partition, without partitions that have no leader, and the log they belong to.
   */
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
      const led = asked.filter(({ leader }) => leader >= 0);
      for (const { partition, leader } of asked) {
        if (leader < 0) this.#leaveOut(partition);
        else this.#led.set(partition, leader);
      }
      const offsets = await partitionOffsets(this.#cluster, topic, led, lost);
      return { log: found.log, offsets };
    });
  }

  /**
   * A partition's offsets; waits a few seconds while the log's end is before `offset`, as a broker
   * that has just started may not know it yet.
   */
  async #reaching(
    offset: number,
    offsets: PartitionOffsets,
    lost: AbortSignal,
  ): Promise<PartitionOffsets> {
    const { partition } = offsets;
    for (let check = 0; check < BEYOND_END_CHECKS && offset > offsets.high; check++) {
      await sleep(1000, lost);
      offsets = (await this.#offsets([partition], lost)).offsets[0] ?? offsets;
    }
    return offsets;
  }

  /**
   * Asks whether the log still contains what was read from a partition before an offset.
   * @param epoch leader epoch of the message before it, -1 if unknown
   * @returns whether the broker knows
   * @throws {Failure} kind `failed`, if it does not
   */
  async #confirm(
    partition: number,
    position: number,
    epoch: number,
    lost: AbortSignal,
  ): Promise<boolean> {
    if (epoch < 0) return false;
    const { topic } = this.#options;
    const end = await this.#asking(`the leaders of partition ${partition}`, lost, async () => {
      const leader = this.#led.get(partition) ?? await this.#leaderOf(partition);
      // If it is no longer the leader, the next attempt asks for the new one.
      this.#led.delete(partition);
      const end = await this.#epochEnds.of(leader, { partition, epoch });
      this.#led.set(partition, leader);
      return end;
    });
    if (end !== null && end < position) throw truncatedLog({ topic, partition, position, end });
    return end !== null;
  }

  async #leaderOf(partition: number): Promise<number> {
    const found = await this.#cluster.topic(this.#options.topic);
    const leader = found?.partitions.find((one) => one.partition === partition)?.leader ?? -1;
    if (leader < 0) throw NO_LEADER;
    return leader;
  }

  #beyondEnd(position: number, { partition, high: end }: PartitionOffsets): Failure {
    const { topic, group } = this.#options;
    return endsBefore({ topic, partition, position, end }, group);
  }

  /** The next offset is not in the log: retention overtook us, or a broker lost data. */
  async #outOfRange(feed: Feed, lost: AbortSignal): Promise<void> {
    const { topic } = this.#options;
    const { partition, position } = feed;
    const [now] = (await this.#offsets([partition], lost)).offsets;
    if (now === undefined) return sleep(1000, lost);
    const offsets = await this.#reaching(position, now, lost);
    if (feed.position !== position) return;
    const { low, high } = offsets;
    if (position > high) throw this.#beyondEnd(position, offsets);
    if (position >= low) {
      // The log has grown since, or the broker no longer knows the leader epoch of what was read.
      const isKnown = await this.#confirm(partition, position, feed.lastEpoch, lost);
      if (!isKnown) feed.forgetEpochs();
      return sleep(1000, lost);
    }
    // The handler records and reports it.
    logger.debug(
      "{topic}: retention removed offsets {from} to {to} of partition {partition} before they " +
        "were read",
      { topic, partition, from: position, to: low - 1 },
    );
    feed.skipTo(low);
  }

  /** A partition without a leader is assigned once it has one. */
  #leaveOut(partition: number): void {
    if (this.#leaderless.has(partition)) return;
    const { topic, handler } = this.#options;
    logger.warn("{topic}: partition {partition} has no leader, the others continue", {
      topic,
      partition,
    });
    this.#leaderless.set(partition, new PartitionStall(topic, partition, handler, this.#stallMs));
  }

  #fetcher(feeds: Feed[], changed: Bell, term: AbortController): Fetcher {
    const { topic, handler, maxFetchBytes = MAX_FETCH_BYTES } = this.#options;
    const lost = term.signal;
    const stalls = new Map(feeds.map((feed) => {
      return [feed, new PartitionStall(topic, feed.partition, handler, this.#stallMs)];
    }));
    return new Fetcher({
      cluster: this.#cluster,
      topic,
      topicId: this.#log?.topicId ?? null,
      feeds,
      stalls,
      stallMs: this.#stallMs,
      changed,
      lost,
      maxBytes: maxFetchBytes,
      leaders: () => this.#leaders(term),
      diverged: (feed, divergence) => this.#fail(this.#diverged(feed, divergence)),
      waiting: (...place) => void this.#lookAtTransaction(...place),
      outOfRange: (feed) => this.#outOfRange(feed, lost),
      fail: (error) => this.#fail(error),
    });
  }

  /** Reports the open transaction that blocks a partition to the handler. */
  async #lookAtTransaction({ partition }: Feed, openFrom: number, leader: number): Promise<void> {
    const { topic, handler } = this.#options;
    try {
      const found = await openTransaction(this.#cluster, leader, topic, partition, openFrom);
      if (found !== null) handler.waiting?.(partition, found);
    } catch (error) {
      // Ignored: the next check comes soon, and fetches notice an unreachable broker.
      logger.debug("{error}", { error: describeError(error) });
    }
  }

  #leaders(term: AbortController): Promise<PartitionLeader[]> {
    const { topic } = this.#options;
    return this.#asking(`the partitions of ${topic}`, term.signal, async () => {
      const found = await this.#cluster.topic(topic);
      return found === null || this.#isAnotherLog(found, term) ? [] : found.partitions;
    });
  }

  #diverged({ partition, position }: Feed, { endOffset: end }: Divergence): Failure {
    return truncatedLog({ topic: this.#options.topic, partition, position, end });
  }

  #asking<T>(what: string, lost: AbortSignal, ask: () => Promise<T>): Promise<T> {
    return retryingOrRefused(this.#cluster.description, `asking for ${what}`, lost, ask);
  }
}

/**
 * Kafka compares the number of characters with `offset.metadata.max.bytes`; we compare the bytes.
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

/** Whether two logs certainly differ: during an upgrade some brokers report no topic ids. */
function isOtherLog(a: LogIdentity, b: LogIdentity): boolean {
  const differ = (a: string | null, b: string | null) => Boolean(a && b && a !== b);
  return differ(a.cluster, b.cluster) || differ(a.topicId, b.topicId);
}
