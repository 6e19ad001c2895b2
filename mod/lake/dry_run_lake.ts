import { AbsentObject } from "./absent_object.ts";
import { isThere } from "./if_there.ts";
import { checkObjectName } from "./object_name.ts";
import type { LakeObject, LakeStore, StoreOptions } from "./store.ts";

/**
 * A lake for dry runs: whatever is written through it stays in memory and is read back from there, so that
 * code which records something on its way to a plan leaves nothing behind.
 * @param inner the lake; only read, and closed with this one
 */
export function dryRunLake(inner: LakeStore): LakeStore {
  return new DryRunLake(inner);
}

class DryRunLake implements LakeStore {
  readonly description: string;
  readonly #inner: LakeStore;
  /** What was written; `null` was removed. */
  readonly #changed = new Map<string, Uint8Array | null>();
  #changes = 0;

  constructor(inner: LakeStore) {
    this.#inner = inner;
    this.description = inner.description;
  }

  put(name: string, bytes: Uint8Array): Promise<void> {
    checkObjectName(name);
    this.#changed.set(name, bytes.slice());
    this.#changes++;
    return Promise.resolve();
  }

  async create(name: string, bytes: Uint8Array, options?: StoreOptions): Promise<boolean> {
    if (await isThere(this, name, options)) return false;
    await this.put(name, bytes);
    return true;
  }

  async get(
    name: string,
    options: StoreOptions & { range?: { start: number; end: number } } = {},
  ): Promise<Uint8Array> {
    const changed = this.#changed.get(name);
    if (changed === undefined) return await this.#inner.get(name, options);
    if (changed === null) {
      throw new AbsentObject(`${name} in ${this.description}`);
    }
    const { range } = options;
    return range === undefined ? changed.slice() : changed.slice(range.start, range.end);
  }

  async *list(prefix: string, options?: StoreOptions): AsyncIterable<LakeObject> {
    for await (const object of this.#inner.list(prefix, options)) {
      if (!this.#changed.has(object.name)) yield object;
    }
    for (const [name, bytes] of this.#changed) {
      if (bytes === null || !name.startsWith(prefix)) continue;
      yield { name, size: bytes.length, version: `dry run ${this.#changes}` };
    }
  }

  remove(name: string): Promise<void> {
    this.#changed.set(name, null);
    return Promise.resolve();
  }

  /** Proves only that it can be read: writing is what a dry run does not do. */
  async check(options?: StoreOptions): Promise<void> {
    for await (const _ of this.#inner.list("", options)) return;
  }

  close(): void {
    this.#inner.close();
  }
}
