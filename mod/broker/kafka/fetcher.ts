import { getLogger } from "@logtape/logtape";
import { abortable } from "../../wait/abortable.ts";
import type { Bell } from "../../wait/bell.ts";
import { sleep } from "../../wait/sleep.ts";
import type { Cluster, PartitionLeader } from "./cluster.ts";
import type { Feed } from "./partition_delivery.ts";
import { type FetchedPartition, fetchRequest } from "./fetch_request.ts";
import { describeError, errorType, refused, verdictOf } from "./request_error.ts";
import { Trouble } from "./retry.ts";

const logger = getLogger(["ticklake", "kafka"]);

/** Milliseconds that a broker holds a fetch for which it has nothing. */
const MAX_WAIT_MS = 500;

/**
 * The same while one of the broker's partitions is left out because its last piece waits to be
 * delivered: it must not have to wait for the other partitions' next message.
 */
const MAX_WAIT_BUSY_MS = 10;

/** Bytes that a partition may bring however many share a fetch. */
const SMALLEST_SHARE_BYTES = 64 * 1024;

/** Milliseconds between an error and the next look at who leads. */
const PAUSE_MS = 200;

/** What a {@linkcode Fetcher} needs. */
export interface FetcherOptions {
  cluster: Cluster;
  topic: string;
  feeds: Feed[];
  /** The bell of the feeds. */
  changed: Bell;
  /** Bytes that one fetch may bring. Twice as much may be held: one piece waits, one is read. */
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
  /** By broker. */
  readonly #troubles = new Map<number, Trouble>();
  #leaders = new Map<number, number>();
  /** Number of the last fetch that brought something for a feed. */
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

  /**
   * Brokers fill a fetch in the order asked, and cut off what does not fit: whose last messages came
   * the longest ago is first.
   */
  #inTurn(feeds: Feed[]): Feed[] {
    const served = (feed: Feed) => this.#served.get(feed) ?? 0;
    return feeds.sort((a, b) => served(a) - served(b));
  }

  async #fetch(id: number, feeds: Feed[], maxWaitMs: number): Promise<FetchedPartition[]> {
    const { cluster, topic, maxBytes, lost } = this.#options;
    const partitions = feeds.map(({ partition, position }) => ({ partition, offset: position }));
    try {
      const node = await cluster.broker(id);
      const share = Math.max(maxBytes / this.#options.feeds.length, SMALLEST_SHARE_BYTES);
      const maxBytesPerPartition = Math.min(Math.ceil(share), maxBytes);
      const fetch = { topic, partitions, maxWaitMs, maxBytes, maxBytesPerPartition };
      const fetched = await abortable(cluster.send(node, fetchRequest(fetch)), lost);
      this.#troubleWith(id).over();
      return fetched;
    } catch (error) {
      if (lost.aborted) throw error;
      if (verdictOf(error) !== "retry") throw this.#refused(error);
      this.#troubleWith(id).failed(error);
      await this.#findLeaders();
      return [];
    }
  }

  #refused(error: unknown): Error {
    const { cluster, topic } = this.#options;
    return refused(cluster.description, `reading ${topic}`, error);
  }

  #troubleWith(id: number): Trouble {
    let trouble = this.#troubles.get(id);
    if (trouble === undefined) {
      trouble = new Trouble(`reading ${this.#options.topic} from broker ${id}`);
      this.#troubles.set(id, trouble);
    }
    return trouble;
  }

  async #take(fetched: FetchedPartition[]): Promise<void> {
    const { feeds, lost, outOfRange, fail } = this.#options;
    let moved = false;
    for (const answer of fetched) {
      const feed = feeds.find(({ partition }) => partition === answer.partition)!;
      if ("records" in answer) {
        if (answer.records.bytes.length > 0) this.#served.set(feed, ++this.#fetches);
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
        throw this.#refused(answer.error);
      }
    }
    if (moved) await this.#findLeaders();
  }
}
