import { getLogger } from "@logtape/logtape";
import { batchValues } from "../broker/batch_values.ts";
import type { Broker, ReadOptions } from "../broker/broker.ts";
import { messageOf } from "../failure/failure.ts";
import { textWithFix } from "../failure/fix_of.ts";
import { JSON_FORM, type MessageForm } from "../message/message_form.ts";
import { MessageReader } from "../schema/message_reader.ts";
import type { RowSchema } from "../schema/schema.ts";
import { type Quote, QuoteMaker, readerValues } from "./candles.ts";
import { pause } from "../wait/sleep.ts";

const logger = getLogger(["ticklake", "live"]);

/** Milliseconds between two reads of the topic's end. */
const LOOK_MS = 50;

/** The same, after a failure. */
const TROUBLE_MS = 1000;

/** Milliseconds between two reads of the group's committed offsets. */
const COMMITTED_MS = 1000;

/** Maximum messages of a partition read at once: what arrives faster is counted, but not drawn. */
const MOST_MESSAGES = 2000;

/** The position of one partition. */
export interface PartitionLag {
  partition: number;
  high: number;
  /** `null` if the group has committed nothing. */
  committed: number | null;
  lag: number;
}

/** Options of {@linkcode TopicTail}. */
export interface TopicTailOptions {
  broker: Broker;
  topic: string;
  group: string;
  schema: RowSchema;
  /** How messages are read. @default {as JSON} */
  form?: MessageForm;
  /** Called with each new quote. */
  onQuote(quote: Quote): void;
}

/** Follows the end of a topic outside of any group. */
export class TopicTail {
  readonly #options: TopicTailOptions;
  readonly #reader: MessageReader;
  readonly #maker: QuoteMaker;
  /** Offset to be read next, by partition. */
  readonly #next = new Map<number, number>();
  /** End of each partition at the start: older messages do not count towards the rate. */
  readonly #begun = new Map<number, number>();
  #committed = new Map<number, number | null>();
  #committedAt = -Infinity;
  #trouble: string | undefined;
  /** Messages that have arrived since the start. */
  messages = 0;
  /** The partitions as they were at the last look. */
  lags: PartitionLag[] = [];

  constructor(options: TopicTailOptions) {
    const { schema, form = JSON_FORM } = options;
    this.#options = options;
    this.#reader = new MessageReader(schema, form.check(schema), form.isPlainJson);
    this.#maker = new QuoteMaker(schema);
  }

  /** Why the topic cannot be followed now. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /**
   * Looks for the first time: what the group has committed is in the lake, what comes after it will be
   * read from the topic. A topic that does not exist yet will be read from its beginning.
   * @throws {Failure} kind `service`; the signal's reason
   */
  async begin(signal: AbortSignal): Promise<void> {
    const { broker, topic } = this.#options;
    const offsets = await broker.topicOffsets(topic, { signal }) ?? [];
    await this.#lookAtCommitted(performance.now(), signal);
    for (const { partition, low, high } of offsets) {
      this.#next.set(partition, Math.max(low, this.#committed.get(partition) ?? low));
      this.#begun.set(partition, high);
    }
  }

  /** Follows the topic until the signal aborts; retries while the broker is unavailable. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#look(signal);
        this.#trouble = undefined;
      } catch (error) {
        if (signal.aborted) return;
        this.#trouble = textWithFix(error);
        logger.debug("the topic cannot be followed: {error}", { error: messageOf(error) });
      }
      await pause(this.#trouble === undefined ? LOOK_MS : TROUBLE_MS, signal);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { broker, topic } = this.#options;
    const offsets = await broker.topicOffsets(topic, { signal }) ?? [];
    const now = performance.now();
    if (now - this.#committedAt > COMMITTED_MS) await this.#lookAtCommitted(now, signal);
    this.lags = offsets.map(({ partition, low, high }) => {
      const committed = this.#committed.get(partition) ?? null;
      return {
        partition,
        high,
        committed,
        lag: Math.max(0, high - Math.max(committed ?? low, low)),
      };
    });
    for (const { partition, low, high } of offsets) {
      let next = this.#next.get(partition) ?? low;
      if (next > high) {
        // The topic was recreated.
        next = low;
        this.#begun.delete(partition);
      }
      if (next < high) {
        const from = Math.max(next, high - MOST_MESSAGES);
        await this.#read(partition, from, high, { low, signal });
      }
      this.#next.set(partition, high);
      this.messages += Math.max(0, high - Math.max(next, this.#begun.get(partition) ?? 0));
    }
  }

  async #lookAtCommitted(now: number, signal: AbortSignal): Promise<void> {
    const { broker, topic, group } = this.#options;
    const committed = await broker.groupOffsets(group, topic, { signal });
    this.#committed = new Map(committed.map(({ partition, offset }) => [partition, offset]));
    this.#committedAt = now;
  }

  async #read(
    partition: number,
    from: number,
    to: number,
    options: ReadOptions,
  ): Promise<void> {
    const { broker, topic, onQuote, form } = this.#options;
    const signal = options.signal ?? new AbortController().signal;
    for await (const batch of broker.read(topic, partition, from, to, options)) {
      await form?.prepare?.(batchValues(batch), { signal, patienceMs: 0 });
      for (let i = 0; i < batch.count; i++) {
        const offset = batch.offset(i);
        if (offset < from || offset >= to) continue;
        const value = batch.value(i);
        if (value === null) continue;
        const record = this.#reader.needsRecord
          ? { key: batch.key(i), headers: batch.headers(i) }
          : undefined;
        if (this.#reader.read(value, record) !== null) continue;
        do {
          const quote = this.#maker.make(readerValues(this.#reader), batch.timestamp(i));
          if (quote !== null) onQuote(quote);
        } while (this.#reader.hasSeveral && this.#reader.nextRow());
      }
    }
  }
}
