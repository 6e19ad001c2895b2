/**
 * Numbers distinct byte strings from 0 in the order of their first appearance. Values are kept one
 * after the other in one array, so that a column of strings is two typed arrays, cheap to hold and
 * to hand to a worker.
 */
export class ByteInterner {
  #bytes = new Uint8Array(256);
  #ends = new Int32Array(16);
  #size = 0;
  #used = 0;
  /** Open addressing: number plus one, 0 where free. */
  #table = new Int32Array(64);

  /** Number of distinct values. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of memory held. */
  get byteLength(): number {
    return this.#bytes.byteLength + this.#ends.byteLength + this.#table.byteLength;
  }

  /** The number of the value `bytes[start, end)`, a new one for a value not seen before. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    const mask = this.#table.length - 1;
    let slot = hash(bytes, start, end) & mask;
    for (let entry = this.#table[slot]; entry !== 0; entry = this.#table[slot]) {
      if (this.#equals(entry - 1, bytes, start, end)) return entry - 1;
      slot = (slot + 1) & mask;
    }
    const number = this.#append(bytes, start, end);
    this.#table[slot] = number + 1;
    if (this.#size * 2 > this.#table.length) this.#rehash();
    return number;
  }

  /** The values one after the other, and where each ends. Views: valid until the next `intern`. */
  values(): { bytes: Uint8Array; ends: Int32Array } {
    return {
      bytes: this.#bytes.subarray(0, this.#used),
      ends: this.#ends.subarray(0, this.#size),
    };
  }

  /** The text of a value. */
  text(number: number): string {
    return decoder.decode(this.#bytes.subarray(this.#start(number), this.#ends[number]));
  }

  #start(number: number): number {
    return number === 0 ? 0 : this.#ends[number - 1];
  }

  #equals(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#start(number);
    if (this.#ends[number] - own !== end - start) return false;
    for (let i = start, j = own; i < end; i++, j++) {
      if (bytes[i] !== this.#bytes[j]) return false;
    }
    return true;
  }

  #append(bytes: Uint8Array, start: number, end: number): number {
    const needed = this.#used + end - start;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(needed * 2);
      larger.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = larger;
    }
    if (this.#size === this.#ends.length) {
      const larger = new Int32Array(this.#size * 2);
      larger.set(this.#ends);
      this.#ends = larger;
    }
    for (let i = start, j = this.#used; i < end; i++, j++) this.#bytes[j] = bytes[i];
    this.#used = needed;
    this.#ends[this.#size] = needed;
    return this.#size++;
  }

  #rehash(): void {
    const table = new Int32Array(this.#table.length * 2);
    const mask = table.length - 1;
    for (let number = 0; number < this.#size; number++) {
      let slot = hash(this.#bytes, this.#start(number), this.#ends[number]) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = number + 1;
    }
    this.#table = table;
  }
}

/** A byte order mark is a character like any other: without it two values would have one text. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** FNV-1a with a final mix, since the table takes the low bits. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let h = 0x811c9dc5;
  for (let i = start; i < end; i++) h = Math.imul(h ^ bytes[i], 0x01000193);
  return (h ^ (h >>> 15)) & 0x7fffffff;
}
