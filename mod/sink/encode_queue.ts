import type { RangeObject } from "./range_objects.ts";

/** Objects of an encoded range. */
export interface EncodedRange {
  objects: RangeObject[];
  /** Bytes of memory that they hold. */
  byteLength: number;
  /** Lets go of their bytes, which cannot be read afterwards. To be called once. */
  release(): void;
}

/** Memory of an object besides its bytes: names, views, the allocator's share. */
const OBJECT_BYTES = 1024;

interface Waiting {
  encode(): Promise<RangeObject[]>;
  resolve(range: EncodedRange): void;
  reject(error: unknown): void;
}

/**
 * Has ranges encoded in the order in which they are sealed, one at a time, and no further ahead of the
 * uploads than memory allows: rows for hundreds of Hive partitions become many times larger as objects.
 * The order keeps it from standing still: whatever a held range waits for was encoded before it.
 */
export class EncodeQueue {
  readonly #most: number;
  readonly #waiting: Waiting[] = [];
  #held = 0;
  #busy = false;

  /** @param most bytes of encoded objects from which on no further range is encoded */
  constructor(most: number) {
    this.#most = most;
  }

  /** Encodes a range in its turn. */
  add(encode: () => Promise<RangeObject[]>): Promise<EncodedRange> {
    const { promise, resolve, reject } = Promise.withResolvers<EncodedRange>();
    this.#waiting.push({ encode, resolve, reject });
    this.#next();
    return promise;
  }

  async #next(): Promise<void> {
    if (this.#busy || this.#held >= this.#most) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#busy = true;
    try {
      const objects = await next.encode();
      const byteLength = objects.reduce((sum, { bytes }) => sum + bytes.length + OBJECT_BYTES, 0);
      this.#held += byteLength;
      const release = () => {
        // Now: the collector would let the objects of several ranges pile up.
        for (const { bytes } of objects) bytes.buffer.transfer(0);
        this.#held -= byteLength;
        this.#next();
      };
      next.resolve({ objects, byteLength, release });
    } catch (error) {
      next.reject(error);
    }
    this.#busy = false;
    this.#next();
  }
}
