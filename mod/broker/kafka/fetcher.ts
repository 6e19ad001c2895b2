import { getLogger } from "@logtape/logtape";
import type { Bell } from "./bell.ts";
import type { Cluster, PartitionLeader } from "./cluster.ts";
import type { Feed } from "./feed.ts";
import { type FetchedPartition, fetchRequest } from "./fetch_request.ts";
import { describeError, errorType, refused, verdictOf } from "./request_error.ts";
import { abortable, retrying, sleep } from "./retry.ts";

const logger = getLogger(["ticklake", "kafka"]);

/** Milliseconds that a broker holds a fetch for which it has nothing. */
const MAX_WAIT_MS = 500;

/**
 * The same while one of the broker's partitions is left out because its last piece waits to be
 * delivered: it must not have to wait for the other partitions' next message.
 */
const MAX_WAIT_BUSY_MS = 10;

const MAX_BYTES_PER_PARTITION = 8 * 2 ** 20;

/** Milliseconds before a partition is asked for again after an error. */
const PAUSE_MS = 200;

/** What a {@linkcode Fetcher} needs. */
export interface FetcherOptions {
  cluster: Cluster;
  topic: string;
  feeds: Feed[];
  /** The bell of the feeds. */
  changed: Bell;
  /** Bytes that one fetch may bring; about twice as much may be held. */
  maxBytes: number;
  lost: AbortSignal;
  /** The topic's partitions and who leads them, asked for now, however long it takes. */
  leaders(): Promise<PartitionLeader[]>;
  /** Moves a feed whose next offset is not in the log. */
  outOfRange(feed: Feed): Promise<void>;
  /** Ends the consumption. */
  fail(error: unknown): void;
}

/** Fetches for the feeds of one assignment: of each broker one request at a time. */
export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #fetching = new Map<number, Promise<void>>();
  /** Feeds that {@linkcode FetcherOptions.outOfRange} is about to move. */
  readonly #held = new Set<Feed>();
  #leaders = new Map<number, number>();
  #turn = 0;

  constructor(options: FetcherOptions) {
    this.#options = options;
  }

  /** Fetches until the assignment is lost. */
  async run(): Promise<void> {
    const { feeds, lost, changed } = this.#options;
    try {
      await this.#findLeaders();
      while (!lost.aborted) {
        const leaders = feeds.map(({ partition }) => this.#leaders.get(partition) ?? -1);
        for (const id of leaders) {
          if (id >= 0 && !this.#fetching.has(id)) this.#fetching.set(id, this.#fetchFrom(id));
        }
        if (leaders.includes(-1)) {
          await sleep(PAUSE_MS, lost);
          await this.#findLeaders();
        } else {
          await changed.wait();
        }
      }
    } catch (error) {
      if (!lost.aborted) this.#options.fail(error);
    }
    await Promise.all(this.#fetching.values());
  }

  async #findLeaders(): Promise<void> {
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
        if (wanting.length === 0 || this.#full()) {
          await changed.wait();
          continue;
        }
        const busy = feeds.some((feed) => !feed.wants && !feed.paused);
        await this.#take(await this.#fetch(id, wanting, busy ? MAX_WAIT_BUSY_MS : MAX_WAIT_MS));
      }
    } catch (error) {
      if (!lost.aborted) this.#options.fail(error);
    }
    this.#fetching.delete(id);
  }

  #feedsOf(id: number): Feed[] {
    return this.#options.feeds.filter(({ partition }) => this.#leaders.get(partition) === id);
  }

  /** Brokers fill a fetch in the order asked, so each partition comes first in its turn. */
  #inTurn(feeds: Feed[]): Feed[] {
    const first = this.#turn++ % Math.max(1, feeds.length);
    return [...feeds.slice(first), ...feeds.slice(0, first)];
  }

  #full(): boolean {
    const held = this.#options.feeds.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
    return held >= this.#options.maxBytes;
  }

  #fetch(id: number, feeds: Feed[], maxWaitMs: number): Promise<FetchedPartition[]> {
    const { cluster, topic, maxBytes, lost } = this.#options;
    const partitions = feeds.map(({ partition, position }) => ({ partition, offset: position }));
    return retrying(`reading ${topic} from broker ${id}`, lost, async () => {
      try {
        const node = await cluster.broker(id);
        const maxBytesPerPartition = Math.min(MAX_BYTES_PER_PARTITION, maxBytes);
        const fetch = { topic, partitions, maxWaitMs, maxBytes, maxBytesPerPartition };
        return await abortable(cluster.send(node, fetchRequest(fetch)), lost);
      } catch (error) {
        if (lost.aborted || verdictOf(error) !== "retry") throw error;
        await this.#findLeaders();
        if (this.#feedsOf(id).length === 0) return [];
        throw error;
      }
    });
  }

  async #take(fetched: FetchedPartition[]): Promise<void> {
    const { cluster, topic, feeds, lost, outOfRange, fail } = this.#options;
    let moved = false;
    for (const answer of fetched) {
      const feed = feeds.find(({ partition }) => partition === answer.partition)!;
      if ("records" in answer) {
        feed.take(answer.records);
      } else if (errorType(answer.error) === "OFFSET_OUT_OF_RANGE") {
        this.#held.add(feed);
        outOfRange(feed).catch((error) => lost.aborted || fail(error))
          .finally(() => this.#held.delete(feed) && this.#options.changed.ring());
      } else if (verdictOf(answer.error) === "retry") {
        const { partition } = feed;
        logger.debug("partition {partition}: {error}", {
          partition,
          error: describeError(answer.error),
        });
        moved = true;
      } else {
        throw refused(cluster.description, `reading ${topic}`, answer.error);
      }
    }
    if (moved) {
      await sleep(PAUSE_MS, lost);
      await this.#findLeaders();
    }
  }
}
