const encoder = new TextEncoder();

const FIRST_CHUNK_BYTES = 1024;
const LARGEST_CHUNK_BYTES = 262_144;

/**
 * Maximum length that is encoded to base64 here: for so few bytes a call of the engine's function
 * costs more.
 */
const SHORT_BYTES = 192;

/** Bytes encoded to base64 at a time: a multiple of three, so that the pieces need no padding. */
const PIECE_BYTES = 49_152;

const BASE64 = encoder.encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const PADDING = 0x3d;
const ZERO = 0x30;

/**
 * Growing UTF-8 text, in chunks: one array that grows by doubling would take up to three times its
 * size, an array per line many times.
 */
export class LineChunks {
  /** Full chunks. */
  readonly #full: Uint8Array<ArrayBuffer>[] = [];
  #chunk = new Uint8Array(FIRST_CHUNK_BYTES);
  #used = 0;
  #byteLength = FIRST_CHUNK_BYTES;
  #size = 0;

  /** Bytes of memory held. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Bytes of text. */
  get size(): number {
    return this.#size + this.#used;
  }

  /** The chunks, concatenated; nothing may be added afterwards. */
  take(): Uint8Array<ArrayBuffer>[] {
    return [...this.#full, this.#chunk.subarray(0, this.#used)];
  }

  /** Adds bytes unchanged. */
  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#chunk.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** Adds a text. */
  text(text: string): void {
    this.#reserve(text.length * 3);
    this.#used += encoder.encodeInto(text, this.#chunk.subarray(this.#used)).written;
  }

  /** Adds an integer from 0 to 2^53 in digits. */
  integer(number: number): void {
    this.#reserve(16);
    let digits = 1;
    for (let limit = 10; number >= limit; limit *= 10) digits++;
    let rest = number;
    for (let at = this.#used + digits - 1; at >= this.#used; at--) {
      const tenth = Math.floor(rest / 10);
      this.#chunk[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.#used += digits;
  }

  /**
   * Adds bytes in base64. They may be many MiB: as one string they would be in memory several
   * times.
   */
  base64(bytes: Uint8Array): void {
    if (bytes.length <= SHORT_BYTES) return this.#shortBase64(bytes);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES).toBase64();
      this.#reserve(piece.length);
      this.#used += encoder.encodeInto(piece, this.#chunk.subarray(this.#used)).written;
    }
  }

  #shortBase64(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#reserve(Math.ceil(length / 3) * 4);
    const chunk = this.#chunk;
    let used = this.#used;
    for (let i = 0; i < length; i += 3) {
      const three = (bytes[i] << 16) | (bytes[i + 1] << 8) | bytes[i + 2];
      chunk[used++] = BASE64[three >>> 18];
      chunk[used++] = BASE64[(three >>> 12) & 63];
      chunk[used++] = i + 1 < length ? BASE64[(three >>> 6) & 63] : PADDING;
      chunk[used++] = i + 2 < length ? BASE64[three & 63] : PADDING;
    }
    this.#used = used;
  }

  #reserve(count: number): void {
    if (this.#used + count <= this.#chunk.length) return;
    this.#full.push(this.#chunk.subarray(0, this.#used));
    this.#size += this.#used;
    const usual = Math.min(this.#chunk.length * 2, LARGEST_CHUNK_BYTES);
    this.#chunk = new Uint8Array(Math.max(usual, count));
    this.#byteLength += this.#chunk.length;
    this.#used = 0;
  }
}
