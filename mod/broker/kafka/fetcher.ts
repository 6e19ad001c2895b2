import { abortable } from "../../wait/abortable.ts";
import type { Bell } from "../../wait/bell.ts";
import { sleep } from "../../wait/sleep.ts";
import type { Cluster, PartitionLeader } from "./cluster.ts";
import type { Feed } from "./partition_delivery.ts";
import { FETCH_KEY, fetchRequest } from "./fetch_request.ts";
import type { Divergence, FetchedPartition } from "./fetched_partition.ts";
import type { PartitionStall } from "./partition_stall.ts";
import { protocolError } from "./raw_request.ts";
import type { FetchedRecords } from "./record_batch_reader.ts";
import { errorType, refused, verdictOf } from "./request_error.ts";
import { Trouble } from "./retry.ts";
import { TransactionWait } from "./transaction_wait.ts";

/** Milliseconds that a broker may hold a fetch for which it has no data. */
const MAX_WAIT_MS = 500;

/**
 * The same, while one of the broker's partitions is left out because its last piece awaits
 * delivery: it must not have to wait for the other partitions' next message.
 */
const MAX_WAIT_BUSY_MS = 10;

/** Minimum bytes per partition, however many share a fetch. */
const SMALLEST_SHARE_BYTES = 64 * 1024;

/** Kafka's error for a partition that has no leader at the moment. */
const NO_LEADER = protocolError(5);

/** Milliseconds between an error and the next request for the leaders. */
const PAUSE_MS = 200;

/** What a {@linkcode Fetcher} needs. */
export interface FetcherOptions {
  cluster: Cluster;
  topic: string;
  topicId: string | null;
  feeds: Feed[];
  /** The stall of each feed that cannot be read. */
  stalls: ReadonlyMap<Feed, PartitionStall>;
  /** Milliseconds after which a stall is reported, and an unknown error is taken as permanent. */
  stallMs: number;
  /** Rung when the feeds' state changes. */
  changed: Bell;
  /** Maximum bytes per fetch. Up to twice as much is held: one piece waits while one is read. */
  maxBytes: number;
  lost: AbortSignal;
  /** Fetches the topic's partitions and their leaders, retrying for as long as it takes. */
  leaders(): Promise<PartitionLeader[]>;
  /** Moves a feed whose next offset is not in the log. */
  outOfRange(feed: Feed): Promise<void>;
  /** Called when the log no longer contains what was read from a feed. */
  diverged(feed: Feed, divergence: Divergence): void;
  /**
   * Called when a feed has had no data for a while because a transaction that begins at an offset
   * is open.
   */
  waiting(feed: Feed, openFrom: number, leader: number): void;
  /** Ends the consumption. */
  fail(error: unknown): void;
}

/** Fetches for the feeds of one assignment, with one request in flight per broker. */
export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #fetching = new Map<number, Promise<void>>();
  /** Paused feeds: they are being moved, or could not be read. */
  readonly #held = new Set<Feed>();
  /** By broker. */
  readonly #troubles = new Map<number, Trouble>();
  /** Of the feeds that are at an open transaction. */
  readonly #waits = new Map<Feed, TransactionWait>();
  #leaders = new Map<number, number>();
  /** Number of the last fetch that returned data for a feed. */
  readonly #served = new Map<Feed, number>();
  #fetches = 0;

  constructor(options: FetcherOptions) {
    this.#options = options;
  }

  /** Fetches until the assignment is lost. */
  async run(): Promise<void> {
    const { feeds, lost, changed } = this.#options;
    try {
      await this.#findLeaders(0);
      while (!lost.aborted) {
        const leaders = feeds.map(({ partition }) => this.#leaders.get(partition) ?? -1);
        for (const id of leaders) {
          if (id >= 0 && !this.#fetching.has(id)) this.#fetching.set(id, this.#fetchFrom(id));
        }
        feeds.forEach((feed, i) => leaders[i] < 0 && this.#stall(feed).failed(NO_LEADER));
        await (leaders.includes(-1) ? this.#findLeaders() : changed.wait());
      }
    } catch (error) {
      if (!lost.aborted) this.#options.fail(error);
    }
    await Promise.all(this.#fetching.values());
  }

  async #findLeaders(pauseMs = PAUSE_MS): Promise<void> {
    await sleep(pauseMs, this.#options.lost);
    const leaders = await this.#options.leaders();
    this.#leaders = new Map(leaders.map(({ partition, leader }) => [partition, leader]));
    this.#options.changed.ring();
  }

  async #fetchFrom(id: number): Promise<void> {
    const { lost, changed } = this.#options;
    try {
      while (!lost.aborted) {
        const feeds = this.#feedsOf(id);
        if (feeds.length === 0) break;
        const wanting = this.#inTurn(feeds.filter((feed) => feed.wants && !this.#held.has(feed)));
        if (wanting.length === 0) {
          await changed.wait();
          continue;
        }
        const busy = feeds.some((feed) => !feed.wants && !feed.paused);
        this.#take(await this.#fetch(id, wanting, busy ? MAX_WAIT_BUSY_MS : MAX_WAIT_MS));
      }
    } catch (error) {
      if (!lost.aborted) this.#options.fail(error);
    }
    this.#fetching.delete(id);
  }

  #feedsOf(id: number): Feed[] {
    return this.#options.feeds.filter(({ partition }) => this.#leaders.get(partition) === id);
  }

  /**
   * Brokers fill a response in request order and cut off what does not fit, so the feed that has
   * gone longest without data comes first.
   */
  #inTurn(feeds: Feed[]): Feed[] {
    const served = (feed: Feed) => this.#served.get(feed) ?? 0;
    return feeds.sort((a, b) => served(a) - served(b));
  }

  async #fetch(id: number, feeds: Feed[], maxWaitMs: number): Promise<FetchedPartition[]> {
    const { cluster, topic, topicId, maxBytes, lost } = this.#options;
    const partitions = feeds.map(({ partition, position: offset, lastEpoch }) => {
      return { partition, offset, lastEpoch };
    });
    try {
      const node = await cluster.broker(id);
      const share = Math.max(maxBytes / this.#options.feeds.length, SMALLEST_SHARE_BYTES);
      const maxBytesPerPartition = Math.min(Math.ceil(share), maxBytes);
      const fetch = { topic, topicId, partitions, maxWaitMs, maxBytes, maxBytesPerPartition };
      const request = fetchRequest(fetch, node.versions[FETCH_KEY].maxVersion);
      const fetched = await abortable(cluster.send(node, request), lost);
      this.#troubleWith(id).over();
      return fetched;
    } catch (error) {
      if (lost.aborted) throw error;
      this.#throwUnlessTransient(error, this.#troubleWith(id).failed(error));
      await this.#findLeaders();
      return [];
    }
  }

  /** @param ms milliseconds for which it has been failing */
  #throwUnlessTransient(error: unknown, ms: number): void {
    const verdict = verdictOf(error);
    if (verdict === "retry" || verdict === "unknown" && ms < this.#options.stallMs) return;
    const { cluster, topic } = this.#options;
    throw refused(cluster.description, `reading ${topic}`, error);
  }

  #stall(feed: Feed): PartitionStall {
    return this.#options.stalls.get(feed)!;
  }

  #troubleWith(id: number): Trouble {
    let trouble = this.#troubles.get(id);
    if (trouble === undefined) {
      trouble = new Trouble(`reading ${this.#options.topic} from broker ${id}`);
      this.#troubles.set(id, trouble);
    }
    return trouble;
  }

  #take(fetched: FetchedPartition[]): void {
    const { feeds, lost, outOfRange, diverged, fail } = this.#options;
    const failed: Feed[] = [];
    for (const answer of fetched) {
      const feed = feeds.find(({ partition }) => partition === answer.partition)!;
      if ("records" in answer) {
        const { records } = answer;
        if (records.bytes.length > 0) this.#served.set(feed, ++this.#fetches);
        this.#look(feed, answer);
        if (feed.isOfAnotherLeader(records)) this.#hold([feed], () => this.#confirm(feed, records));
        else if (!this.#hand(feed, records)) failed.push(feed);
      } else if ("divergence" in answer) {
        diverged(feed, answer.divergence);
      } else if (errorType(answer.error) === "OFFSET_OUT_OF_RANGE") {
        this.#hold([feed], () => outOfRange(feed).catch((error) => lost.aborted || fail(error)));
      } else {
        this.#throwUnlessTransient(answer.error, this.#stall(feed).failed(answer.error));
        failed.push(feed);
      }
    }
    // The broker's other partitions continue meanwhile.
    if (failed.length > 0) this.#hold(failed, () => this.#findLeaders().catch(() => {}));
  }

  /** Gives a feed what was fetched for it. Returns whether that was usable. */
  #hand(feed: Feed, records: FetchedRecords): boolean {
    if (feed.take(records)) {
      this.#stall(feed).over();
      return true;
    }
    this.#stall(feed).failed(new Error("an answer without a whole record batch"));
    return false;
  }

  /**
   * Messages of another leader may follow only if the log still contains those that were read.
   * Brokers before 3.1 do not check this themselves.
   */
  async #confirm(feed: Feed, records: FetchedRecords): Promise<void> {
    const { lost, fail } = this.#options;
    try {
      await feed.confirm(feed.position, feed.lastEpoch);
      this.#hand(feed, records);
    } catch (error) {
      if (!lost.aborted) fail(error);
    }
  }

  /** Reports an open transaction that blocks a feed. */
  #look(feed: Feed, { records, openFrom }: { records: FetchedRecords; openFrom?: number }): void {
    if (openFrom === undefined || records.bytes.length > 0 || records.fetchOffset < openFrom) {
      this.#waits.get(feed)?.over();
      return;
    }
    let wait = this.#waits.get(feed);
    if (wait === undefined) {
      this.#waits.set(feed, wait = new TransactionWait(this.#options.stallMs));
    }
    const leader = this.#leaders.get(feed.partition) ?? -1;
    if (wait.isDue(openFrom)) this.#options.waiting(feed, openFrom, leader);
  }

  /** Pauses some feeds until a task has finished. */
  #hold(feeds: Feed[], work: () => Promise<unknown>): void {
    for (const feed of feeds) this.#held.add(feed);
    work().finally(() => {
      for (const feed of feeds) this.#held.delete(feed);
      this.#options.changed.ring();
    });
  }
}
