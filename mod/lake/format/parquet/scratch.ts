/**
 * A buffer for encoding one column, reused for the next. Allocated per column, it would make the
 * garbage collector run every second or third object, and be held until then.
 */
export class Scratch<A extends Uint8Array | Int32Array | Float64Array> {
  readonly #make: (length: number) => A;
  #array: A;

  /** @param make makes an array of a length */
  constructor(make: (length: number) => A) {
    this.#make = make;
    this.#array = make(0);
  }

  /** An array of a length with arbitrary content; valid until the next call. */
  take(length: number): A {
    if (this.#array.length < length) this.#array = this.#make(length);
    return this.#array.subarray(0, length) as A;
  }
}
