import type { PartitionOffsets } from "../../broker/broker.ts";
import type { SinkEvent } from "../../sink/sink_event.ts";

interface Standing {
  /** Offset up to which all is in the lake. */
  committed: number;
  /** Offset that the topic's next message will get. */
  high: number;
}

/**
 * How many messages of each partition are in the topic and not in the lake. Kafka's own tools call
 * that the group's lag: high watermark less committed offset.
 */
export class Lag {
  readonly #partitions = new Map<number, Standing>();
  #lastCommitMs: number;
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#lastCommitMs = now();
  }

  /** Seconds since the last commit; before the first one, since the start. */
  get lastCommitAgeSeconds(): number {
    return Math.max(0, this.#now() - this.#lastCommitMs) / 1000;
  }

  /** Messages of all partitions that this process reads. */
  get total(): number {
    let total = 0;
    for (const [, messages] of this.all()) total += messages;
    return total;
  }

  /** Messages by partition. */
  *all(): Generator<[partition: number, messages: number]> {
    for (const [partition, { committed, high }] of this.#partitions) {
      yield [partition, Math.max(0, high - committed)];
    }
  }

  /** The topic's offsets as the broker says now: they move on while reading waits for the lake. */
  topicOffsets(offsets: readonly PartitionOffsets[]): void {
    for (const { partition, high } of offsets) {
      const standing = this.#partitions.get(partition);
      if (standing !== undefined) standing.high = Math.max(standing.high, high);
    }
  }

  /** Follows what the sink does. */
  event(event: SinkEvent): void {
    switch (event.kind) {
      case "assigned":
        return this.#assigned(event.partitions);
      case "position":
        return this.#position(event.partition, event.next, event.highWatermark);
      case "committed": {
        const standing = this.#partitions.get(event.partition);
        if (standing !== undefined) standing.committed = event.offset;
        return;
      }
      case "flushed":
        this.#lastCommitMs = this.#now();
    }
  }

  #assigned(partitions: number[]): void {
    for (const partition of this.#partitions.keys()) {
      if (!partitions.includes(partition)) this.#partitions.delete(partition);
    }
  }

  #position(partition: number, next: number, highWatermark: number): void {
    const standing = this.#partitions.get(partition);
    if (standing === undefined) {
      this.#partitions.set(partition, { committed: next, high: highWatermark });
    } else {
      standing.high = Math.max(standing.high, highWatermark);
    }
  }
}
