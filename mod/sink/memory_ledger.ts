/**
 * Stages that hold memory: rows being read, rows waiting for the encoder, objects waiting for the
 * lake.
 */
export type Stage = "open" | "sealed" | "encoded";

/** Bounds of a {@linkcode MemoryLedger}, in bytes. */
export interface MemoryBounds {
  /** For everything together. */
  held: number;
  /** For encoded objects. */
  encoded: number;
}

/**
 * Accounts for all bytes that a sink holds, by partition and stage, and for their total limits.
 * Whatever holds memory has a {@linkcode Charge}; whatever must wait for memory waits here.
 */
export class MemoryLedger {
  readonly #bounds: MemoryBounds;
  readonly #changed: (held: number) => void;
  readonly #encoded = { bytes: 0 };
  #held = 0;
  #waiting: Array<() => void> = [];

  /** @param changed called with the number of bytes held, after each change */
  constructor(bounds: MemoryBounds, changed: (held: number) => void = () => {}) {
    this.#bounds = bounds;
    this.#changed = changed;
  }

  /** Maximum bytes to hold. */
  get limit(): number {
    return this.#bounds.held;
  }

  /** Whether so much is held that something should be written early. */
  get tight(): boolean {
    return this.#held > this.limit * 3 / 4;
  }

  /** Whether reading must pause. */
  get full(): boolean {
    return this.#held >= this.limit;
  }

  /** Whether encoding must pause. */
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

  /**
   * Waits while a condition holds, checking it whenever bytes are released, or until the signal
   * aborts.
   */
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

/** The account of one partition. */
export class MemoryAccount {
  readonly #add: (stage: Stage, bytes: number) => void;
  readonly #bytes: Record<Stage, number> = { open: 0, sealed: 0, encoded: 0 };

  /** @param add reports changes to the ledger */
  constructor(add: (stage: Stage, bytes: number) => void) {
    this.#add = add;
  }

  /** Bytes read and not sealed. */
  get open(): number {
    return this.#bytes.open;
  }

  /** Bytes sealed and not committed. */
  get ahead(): number {
    return this.#bytes.sealed + this.#bytes.encoded;
  }

  /** Creates a charge. */
  charge(): Charge {
    return new Charge((stage, bytes) => {
      if (bytes === 0) return;
      this.#bytes[stage] += bytes;
      this.#add(stage, bytes);
    });
  }
}

/** The memory of one item on its way through the stages. */
export class Charge {
  readonly #add: (stage: Stage, bytes: number) => void;
  #stage: Stage = "open";
  #bytes = 0;

  /** @param add reports changes to the account */
  constructor(add: (stage: Stage, bytes: number) => void) {
    this.#add = add;
  }

  /** Sets the bytes that it holds, and its stage. */
  set(stage: Stage, bytes: number): void {
    if (stage === this.#stage) this.#add(stage, bytes - this.#bytes);
    else {
      this.#add(this.#stage, -this.#bytes);
      this.#add(stage, bytes);
    }
    [this.#stage, this.#bytes] = [stage, bytes];
  }

  /** Releases everything. */
  release(): void {
    this.set(this.#stage, 0);
  }
}
