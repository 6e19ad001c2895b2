import type {
  AssignedPartition,
  Broker,
  ConsumeOptions,
  ConsumerHandler,
  RecordBatch,
} from "../../mod/broker/broker.ts";
import { until } from "../until.ts";

/** A message as a consumer got it. */
export interface Received {
  partition: number;
  offset: number;
  timestamp: number;
  key: string | null;
  value: string | null;
  /** The value as it came. */
  bytes: Uint8Array | null;
  headers: Array<[name: string, value: string | null]>;
}

/** Options of {@linkcode record}. */
export interface RecordOptions {
  broker: Broker;
  topic: string;
  group: string;
  /** @default {"earliest"} */
  from?: ConsumeOptions["from"];
  maxFetchBytes?: number;
  stallMs?: number;
  /** Called before the recorder notes the same. */
  before?: Partial<ConsumerHandler>;
}

/** A consumer that notes all that it is told. */
export class Recorder {
  readonly received: Received[] = [];
  readonly batches: Array<{ count: number; nextOffset: number; highWatermark: number }> = [];
  readonly assignments: AssignedPartition[][] = [];
  readonly gaps: Array<[partition: number, from: number, to: number]> = [];
  readonly #stop = new AbortController();
  /** The call of `consume`. */
  readonly done: Promise<void>;

  constructor({ broker, topic, group, from, maxFetchBytes, stallMs, before }: RecordOptions) {
    this.done = broker.consume({
      topic,
      group,
      from: from ?? "earliest",
      maxFetchBytes,
      stallMs,
      signal: this.#stop.signal,
      handler: {
        assigned: async (partitions) => {
          await before?.assigned?.(partitions);
          this.assignments.push(partitions);
        },
        batch: async (batch) => {
          await before?.batch?.(batch);
          this.#note(batch);
        },
        retried: (what, error) => before?.retried?.(what, error),
        gap: async (partition, from, to) => {
          this.gaps.push([partition, from, to]);
        },
        skipped: before?.skipped,
        revoking: before?.revoking,
        unreadable: before?.unreadable,
        stalled: before?.stalled,
      },
    });
    // A test that waits for something else first must not die of this one.
    this.done.catch(() => {});
  }

  #note(batch: RecordBatch): void {
    const { count, nextOffset, highWatermark, partition } = batch;
    this.batches.push({ count, nextOffset, highWatermark });
    for (let i = 0; i < count; i++) {
      const value = batch.value(i);
      this.received.push({
        partition,
        offset: batch.offset(i),
        timestamp: batch.timestamp(i),
        key: text(batch.key(i)),
        value: text(value),
        bytes: value && value.slice(),
        headers: batch.headers(i).map(([name, value]) => [name, text(value)]),
      });
    }
  }

  /** The partitions of the newest assignment. */
  get assigned(): AssignedPartition[] {
    return this.assignments.at(-1) ?? [];
  }

  /** Numbers of the partitions that are this member's now. */
  get owned(): number[] {
    return this.assigned.filter(({ lost }) => !lost.aborted).map(({ partition }) => partition)
      .sort((a, b) => a - b);
  }

  /** The newest assignment of one partition. */
  partition(number: number): AssignedPartition {
    const found = this.assigned.find(({ partition }) => partition === number);
    if (found === undefined) throw new Error(`partition ${number} is not assigned`);
    return found;
  }

  /** Values by partition, in the order of their delivery. */
  valuesOf(partition: number): Array<string | null> {
    return this.received.filter((message) => message.partition === partition)
      .map(({ value }) => value);
  }

  /** Waits until so many messages have come. */
  async hasReceived(count: number): Promise<void> {
    await this.#until(`${count} messages were received`, () => this.received.length >= count);
  }

  /** Waits until the member owns exactly these partitions. */
  async owns(...partitions: number[]): Promise<void> {
    await this.#until(
      `partitions ${partitions} are assigned`,
      () => this.owned.join() === partitions.join(),
    );
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    let ended: { error: unknown } | undefined;
    this.done.catch((error) => ended = { error });
    await until(what, () => {
      if (ended !== undefined) throw ended.error;
      return holds();
    });
  }

  /** Stops consuming and waits for the end. */
  async stop(): Promise<void> {
    this.#stop.abort(new DOMException("the test is over", "AbortError"));
    await this.done;
  }
}

const decoder = new TextDecoder();

function text(bytes: Uint8Array | null): string | null {
  return bytes && decoder.decode(bytes);
}
