import { Failure } from "../../failure/failure.ts";
import type {
  Broker,
  CallOptions,
  CommittedOffset,
  LogIdentity,
  PartitionOffsets,
  Producer,
  ReadOptions,
  RecordBatch,
} from "../broker.ts";
import { type EmbeddedBroker, openEmbeddedBroker } from "./embedded_broker.ts";
import { journalPath } from "./log_lock.ts";

/**
 * The embedded log for read-only commands: where there is none yet it has no topics, and nothing is created. It is
 * opened as soon as a producer has created it.
 * @param path the file
 */
export async function openExistingLog(path: string): Promise<Broker> {
  const broker = new ExistingLog(path);
  // A damaged log is reported at the start.
  await broker.opened();
  return broker;
}

class ExistingLog implements Broker {
  readonly description: string;
  readonly #path: string;
  #opening: Promise<EmbeddedBroker> | undefined;

  constructor(path: string) {
    this.description = `the embedded log ${path}`;
    this.#path = path;
  }

  /** The log, once it is there. */
  async opened(): Promise<EmbeddedBroker | undefined> {
    if (this.#opening === undefined && await isThere(this.#path)) {
      this.#opening = openEmbeddedBroker(this.#path);
    }
    return await this.#opening;
  }

  async topicNames(options?: CallOptions): Promise<string[]> {
    return await (await this.opened())?.topicNames(options) ?? [];
  }

  async topicOffsets(topic: string, options?: CallOptions): Promise<PartitionOffsets[] | null> {
    return await (await this.opened())?.topicOffsets(topic, options) ?? null;
  }

  async log(topic: string, options?: CallOptions): Promise<LogIdentity | null> {
    return await (await this.opened())?.log(topic, options) ?? null;
  }

  async groupOffsets(
    group: string,
    topic: string,
    options?: CallOptions,
  ): Promise<CommittedOffset[]> {
    return await (await this.opened())?.groupOffsets(group, topic, options) ?? [];
  }

  async *read(
    topic: string,
    partition: number,
    from: number,
    to: number,
    options?: ReadOptions,
  ): AsyncIterable<RecordBatch> {
    const log = await this.opened();
    if (log !== undefined) yield* log.read(topic, partition, from, to, options);
  }

  ensureTopic(): Promise<never> {
    return Promise.reject(onlyLooks());
  }

  producer(): Promise<Producer> {
    return Promise.reject(onlyLooks());
  }

  consume(): Promise<void> {
    return Promise.reject(onlyLooks());
  }

  async close(): Promise<void> {
    await (await this.#opening)?.close();
  }
}

function onlyLooks(): Failure {
  return new Failure("failed", "the embedded log was opened read-only");
}

/** Whether a log is there, or something else of its name, or a repair that was interrupted has moved it. */
export async function isThere(path: string): Promise<boolean> {
  for (const one of [path, journalPath(path)]) {
    try {
      await Deno.lstat(one);
      return true;
    } catch (error) {
      // Another error is told by opening it.
      if (!(error instanceof Deno.errors.NotFound)) return true;
    }
  }
  return false;
}
