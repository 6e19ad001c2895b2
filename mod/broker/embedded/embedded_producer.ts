import type { CallOptions, OutgoingMessage, Producer } from "../broker.ts";
import { partitionOfKey } from "../murmur2.ts";
import { abortable } from "../../wait/abortable.ts";
import { Append } from "./append.ts";
import type { GroupCommit } from "./group_commit.ts";
import type { LogFile } from "./log_file.ts";
import { countPartitions } from "./topics.ts";

/** Bytes after which further messages go into an append of their own. */
const APPEND_BYTES = 8 * 1024 * 1024;

/** Keys whose place is remembered; with more, all are forgotten and learned again. */
const REMEMBERED_KEYS = 10_000;

/** A key as it is stored, and the partition where it goes. */
interface Place {
  key: Uint8Array;
  partition: number;
}

/** An append that still takes messages. */
interface OpenAppend {
  append: Append;
  stored: Promise<void>;
}

/** Sends to one topic of the embedded log. Messages of concurrent sends are stored together. */
export class EmbeddedProducer implements Producer {
  readonly #file: LogFile;
  readonly #commits: GroupCommit;
  readonly #topic: string;
  #partitions: number;
  #roundRobin = 0;
  #open: OpenAppend | undefined;
  #closed = false;
  readonly #places = new Map<string, Place>();
  readonly #sends = new Set<Promise<number>>();

  /** @param partitions of the topic, 1 or more */
  constructor(file: LogFile, commits: GroupCommit, topic: string, partitions: number) {
    this.#file = file;
    this.#commits = commits;
    this.#topic = topic;
    this.#partitions = partitions;
  }

  send(messages: OutgoingMessage[], { signal }: CallOptions = {}): Promise<number> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const send = this.#send(messages);
    this.#sends.add(send);
    const forget = () => this.#sends.delete(send);
    send.then(forget, forget);
    return abortable(send, signal);
  }

  async #send(messages: OutgoingMessage[]): Promise<number> {
    if (this.#closed) throw new Error("the producer is closed");
    const stored = new Set<Promise<void>>();
    for (const { key, value } of messages) {
      const open = this.#openAppend();
      stored.add(open.stored);
      if (key === null) {
        open.append.add(this.#roundRobin++ % this.#partitions, null, value);
      } else {
        const place = this.#place(key);
        open.append.add(place.partition, place.key, value);
      }
    }
    await Promise.all(stored);
    return messages.length;
  }

  async close({ signal }: CallOptions = {}): Promise<void> {
    this.#closed = true;
    await abortable(Promise.allSettled(this.#sends), signal).catch(() => {});
  }

  #openAppend(): OpenAppend {
    if (this.#open !== undefined && this.#open.append.byteLength < APPEND_BYTES) return this.#open;
    const append = new Append(this.#topic);
    const shut = () => {
      if (this.#open?.append === append) this.#open = undefined;
    };
    const store = () => {
      shut();
      append.store(this.#file);
      return countPartitions(this.#file, this.#topic);
    };
    const stored = this.#commits.submit(store, () => append.byteLength)
      .finally(shut)
      .then((partitions) => this.#learn(partitions));
    return this.#open = { append, stored };
  }

  #learn(partitions: number): void {
    if (partitions === this.#partitions) return;
    this.#partitions = partitions;
    this.#places.clear();
  }

  #place(key: string | Uint8Array): Place {
    if (typeof key !== "string") return { key, partition: partitionOfKey(key, this.#partitions) };
    let place = this.#places.get(key);
    if (place === undefined) {
      const bytes = encoder.encode(key);
      place = { key: bytes, partition: partitionOfKey(bytes, this.#partitions) };
      if (this.#places.size >= REMEMBERED_KEYS) this.#places.clear();
      this.#places.set(key, place);
    }
    return place;
  }
}

const encoder = new TextEncoder();
