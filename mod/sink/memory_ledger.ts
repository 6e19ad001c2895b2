/** What memory is held for: rows being read, rows that wait for the encoder, objects that wait for the lake. */
export type Stage = "open" | "sealed" | "encoded";

/** Bounds of a {@linkcode MemoryLedger}, in bytes. */
export interface MemoryBounds {
  /** Of everything together. */
  held: number;
  /** Of encoded objects. */
  encoded: number;
}

/**
 * The one account of the bytes that a sink holds: by partition and stage, with the bounds of the whole.
 * What holds memory has a {@linkcode Charge}; who must wait for memory waits here.
 */
export class MemoryLedger {
  readonly #bounds: MemoryBounds;
  readonly #changed: (held: number) => void;
  readonly #encoded = { bytes: 0 };
  #held = 0;
  #waiting: Array<() => void> = [];

  /** @param changed is told the bytes that are held, after each change */
  constructor(bounds: MemoryBounds, changed: (held: number) => void = () => {}) {
    this.#bounds = bounds;
    this.#changed = changed;
  }

  /** Most bytes to hold. */
  get limit(): number {
    return this.#bounds.held;
  }

  /** Whether so much is held that something should be written before it is due. */
  get tight(): boolean {
    return this.#held > this.limit * 3 / 4;
  }

  /** Whether no more may be read. */
  get full(): boolean {
    return this.#held >= this.limit;
  }

  /** Whether no more may be encoded. */
  get encodedFull(): boolean {
    return this.#encoded.bytes >= this.#bounds.encoded;
  }

  /** An account for one partition. */
  account(): MemoryAccount {
    return new MemoryAccount((stage, bytes) => this.#add(stage, bytes));
  }

  #add(stage: Stage, bytes: number): void {
    this.#held += bytes;
    if (stage === "encoded") this.#encoded.bytes += bytes;
    this.#changed(this.#held);
    if (bytes >= 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }

  /** Waits for as long as a condition holds, looking at it whenever bytes are let go; or until the signal aborts. */
  async waitWhile(condition: () => boolean, signal?: AbortSignal): Promise<void> {
    while (!signal?.aborted && condition()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const resume = () => resolve();
      this.#waiting.push(resume);
      signal?.addEventListener("abort", resume);
      await promise;
      signal?.removeEventListener("abort", resume);
    }
  }
}

/** What one partition holds. */
export class MemoryAccount {
  readonly #add: (stage: Stage, bytes: number) => void;
  readonly #bytes: Record<Stage, number> = { open: 0, sealed: 0, encoded: 0 };

  /** @param add tells the ledger */
  constructor(add: (stage: Stage, bytes: number) => void) {
    this.#add = add;
  }

  /** Bytes of what is read and not sealed. */
  get open(): number {
    return this.#bytes.open;
  }

  /** Bytes of what is sealed and not committed. */
  get ahead(): number {
    return this.#bytes.sealed + this.#bytes.encoded;
  }

  /** A charge for one thing. */
  charge(): Charge {
    return new Charge((stage, bytes) => {
      if (bytes === 0) return;
      this.#bytes[stage] += bytes;
      this.#add(stage, bytes);
    });
  }
}

/** The memory of one thing on its way through the stages. */
export class Charge {
  readonly #add: (stage: Stage, bytes: number) => void;
  #stage: Stage = "open";
  #bytes = 0;

  /** @param add tells the account */
  constructor(add: (stage: Stage, bytes: number) => void) {
    this.#add = add;
  }

  /** It holds so many bytes now, at that stage. */
  set(stage: Stage, bytes: number): void {
    if (stage === this.#stage) this.#add(stage, bytes - this.#bytes);
    else {
      this.#add(this.#stage, -this.#bytes);
      this.#add(stage, bytes);
    }
    [this.#stage, this.#bytes] = [stage, bytes];
  }

  /** It holds nothing any more. */
  release(): void {
    this.set(this.#stage, 0);
  }
}
