import { getLogger } from "@logtape/logtape";
import type { Broker } from "../broker/broker.ts";
import { messageOf } from "../failure/failure.ts";
import { checkMessage } from "../schema/check_message.ts";
import { MessageReader } from "../schema/message_reader.ts";
import type { RowSchema } from "../schema/schema.ts";
import { type Quote, QuoteMaker, readerValues } from "./candles.ts";

const logger = getLogger(["ticklake", "live"]);

/** Milliseconds between two looks at the topic's end. */
const LOOK_MS = 100;

/** Milliseconds between two looks at what the group has committed. */
const COMMITTED_MS = 1000;

/** Messages of a partition that one look reads: what comes faster is counted, but not drawn. */
const MOST_MESSAGES = 2000;

/** Where one partition stands. */
export interface PartitionLag {
  partition: number;
  high: number;
  /** `null` where the group has committed nothing. */
  committed: number | null;
  lag: number;
}

/** Options of {@linkcode TopicTail}. */
export interface TopicTailOptions {
  broker: Broker;
  topic: string;
  group: string;
  schema: RowSchema;
  /** Gets each quote that comes. */
  onQuote(quote: Quote): void;
}

/** Follows the end of a topic outside of any group. */
export class TopicTail {
  readonly #options: TopicTailOptions;
  readonly #reader: MessageReader;
  readonly #maker: QuoteMaker;
  /** Offset to be read next, by partition. */
  readonly #next = new Map<number, number>();
  #committed = new Map<number, number | null>();
  #committedAt = -Infinity;
  #trouble: string | undefined;
  /** Messages that have come since the start. */
  messages = 0;
  /** The partitions as they were at the last look. */
  lags: PartitionLag[] = [];

  constructor(options: TopicTailOptions) {
    const { schema } = options;
    this.#options = options;
    this.#reader = new MessageReader(schema, (value) => checkMessage(schema, value));
    this.#maker = new QuoteMaker(schema);
  }

  /** Why the topic cannot be followed now. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Follows until the signal aborts; a broker that is away is asked again. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#look();
        this.#trouble = undefined;
      } catch (error) {
        if (signal.aborted) return;
        this.#trouble = messageOf(error);
        logger.debug("the topic cannot be followed: {error}", { error: this.#trouble });
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async #look(): Promise<void> {
    const { broker, topic, group } = this.#options;
    const offsets = await broker.topicOffsets(topic) ?? [];
    const now = performance.now();
    if (now - this.#committedAt > COMMITTED_MS) {
      const committed = await broker.groupOffsets(group, topic);
      this.#committed = new Map(committed.map(({ partition, offset }) => [partition, offset]));
      this.#committedAt = now;
    }
    this.lags = offsets.map(({ partition, low, high }) => {
      const committed = this.#committed.get(partition) ?? null;
      return {
        partition,
        high,
        committed,
        lag: Math.max(0, high - Math.max(committed ?? low, low)),
      };
    });
    for (const { partition, high } of offsets) {
      const next = this.#next.get(partition);
      this.#next.set(partition, high);
      // What was there at the first look comes from the lake.
      if (next === undefined || next >= high) continue;
      this.messages += high - next;
      await this.#read(partition, Math.max(next, high - MOST_MESSAGES), high);
    }
  }

  async #read(partition: number, from: number, to: number): Promise<void> {
    const { broker, topic, onQuote } = this.#options;
    for await (const batch of broker.read(topic, partition, from, to)) {
      for (let i = 0; i < batch.count; i++) {
        const offset = batch.offset(i);
        if (offset < from || offset >= to) continue;
        const value = batch.value(i);
        if (value === null || this.#reader.read(value) !== null) continue;
        const quote = this.#maker.make(readerValues(this.#reader), batch.timestamp(i));
        if (quote !== null) onQuote(quote);
      }
    }
  }
}
