import type { Buffer } from "node:buffer";

/**
 * Reads a response of a "flexible" version (KIP-482): compact strings and arrays, tagged fields.
 */
export class CompactReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  boolean(): boolean {
    return this.#bytes[this.#at++] !== 0;
  }

  int16(): number {
    return this.#bytes.readInt16BE((this.#at += 2) - 2);
  }

  int32(): number {
    return this.#bytes.readInt32BE((this.#at += 4) - 4);
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE((this.#at += 8) - 8);
  }

  /** An unsigned varint of up to 32 bits. */
  unsigned(): number {
    let value = 0;
    for (let factor = 1;; factor *= 128) {
      const byte = this.#bytes.readUInt8(this.#at++);
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  /** Bytes of a known length; not copied. */
  raw(length: number): Buffer {
    const end = this.#at + length;
    if (length < 0 || end > this.#bytes.length) throw new RangeError("the answer is truncated");
    this.#at = end;
    return this.#bytes.subarray(end - length, end);
  }

  /** Length-prefixed bytes; not copied. */
  bytes(): Buffer | null {
    const length = this.unsigned();
    return length === 0 ? null : this.raw(length - 1);
  }

  string(): string | null {
    return this.bytes()?.toString() ?? null;
  }

  /**
   * An id of 16 bytes as Kafka prints it, in URL-safe base64; `null` for the zero id, which means
   * none.
   */
  uuid(): string | null {
    const bytes = this.raw(16);
    return bytes.every((byte) => byte === 0) ? null : bytes.toString("base64url");
  }

  /** An array; elements that are structures end with tagged fields. */
  array<T>(element: () => T): T[] {
    const length = this.unsigned() - 1;
    const elements: T[] = [];
    for (let i = 0; i < length; i++) elements.push(element());
    return elements;
  }

  /** Skips tagged fields. @param visit called with each of them and its bytes */
  tags(visit?: (tag: number, field: CompactReader) => void): void {
    for (let left = this.unsigned(); left > 0; left--) {
      const tag = this.unsigned();
      const bytes = this.raw(this.unsigned());
      visit?.(tag, new CompactReader(bytes));
    }
  }
}
