import { partitionOfKey } from "../murmur2.ts";

/** Keys that are remembered; more than the indices of all exchanges. */
const MOST_KEYS = 10_000;

/** A key's bytes and its partition. */
export interface KeyPartition {
  bytes: Uint8Array;
  partition: number;
}

/** Finds a key's partition; the same few keys come again and again. */
export class KeyPartitions {
  readonly #known = new Map<string, KeyPartition>();
  readonly #encoder = new TextEncoder();
  #partitions = 0;

  /** @param partitions how many the topic has now */
  of(key: string | Uint8Array, partitions: number): KeyPartition {
    if (typeof key !== "string") return { bytes: key, partition: partitionOfKey(key, partitions) };
    if (partitions !== this.#partitions || this.#known.size >= MOST_KEYS) {
      this.#known.clear();
      this.#partitions = partitions;
    }
    let found = this.#known.get(key);
    if (found === undefined) {
      const bytes = this.#encoder.encode(key);
      found = { bytes, partition: partitionOfKey(bytes, partitions) };
      this.#known.set(key, found);
    }
    return found;
  }
}
