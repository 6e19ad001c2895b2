import { asciiText } from "../schema/scan_value.ts";

const SLOTS = 1024;

/**
 * The texts of recently seen short ASCII keys, so that a key that occurs a million times is one
 * string. Bounded: a slot holds one key, a later one replaces it.
 */
export class KeyCache {
  readonly #keys: Array<{ bytes: Uint8Array; text: string } | undefined> = new Array(SLOTS);

  /** The text of `bytes[start, end)`, all of them ASCII. */
  text(bytes: Uint8Array, start: number, end: number): string {
    let hash = 0;
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]) | 0;
    const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1);
    const known = this.#keys[slot];
    if (known !== undefined && isSame(known.bytes, bytes, start, end)) return known.text;
    const text = asciiText(bytes, start, end);
    this.#keys[slot] = { bytes: bytes.slice(start, end), text };
    return text;
  }
}

function isSame(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let i = 0; i < key.length; i++) {
    if (key[i] !== bytes[start + i]) return false;
  }
  return true;
}
