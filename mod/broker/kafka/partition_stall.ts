import { getLogger } from "@logtape/logtape";
import type { ConsumerHandler } from "../broker.ts";
import { describeError } from "./request_error.ts";

const logger = getLogger(["ticklake", "kafka"]);

/** Milliseconds after which an unreadable partition is reported, and between two warnings. */
export const STALL_MS = 60_000;

/** A partition that cannot be read for the moment: what is reported about it, and when. */
export class PartitionStall {
  readonly #topic: string;
  readonly #partition: number;
  readonly #handler: ConsumerHandler;
  readonly #stallMs: number;
  #since: number | null = null;
  #told: number | null = null;

  constructor(topic: string, partition: number, handler: ConsumerHandler, stallMs: number) {
    this.#topic = topic;
    this.#partition = partition;
    this.#handler = handler;
    this.#stallMs = stallMs;
  }

  /** It failed to be read again; returns for how many milliseconds it has been failing. */
  failed(error: unknown): number {
    const [topic, partition, reason] = [this.#topic, this.#partition, describeError(error)];
    const now = performance.now();
    const ms = now - (this.#since ??= now);
    logger.debug("partition {partition}: {reason}", { partition, reason });
    const isRecent = this.#told !== null && now - this.#told < this.#stallMs;
    if (ms < this.#stallMs || isRecent) return ms;
    this.#told = now;
    const seconds = Math.round(ms / 1000);
    logger.warn("{topic}: partition {partition} has not been readable for {seconds} s: {reason}", {
      ...{ topic, partition, seconds, reason },
    });
    this.#handler.stalled?.(partition, { sinceMs: Date.now() - ms, reason });
    return ms;
  }

  /** It can be read again, or is no longer assigned to us. */
  over(): void {
    this.#since = null;
    if (this.#told === null) return;
    this.#told = null;
    const [topic, partition] = [this.#topic, this.#partition];
    logger.info("{topic}: partition {partition} can be read again", { topic, partition });
    this.#handler.stalled?.(partition, null);
  }
}
