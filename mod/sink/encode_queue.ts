import type { MemoryLedger } from "./memory_ledger.ts";

/**
 * Has ranges encoded in the order in which they are sealed, one at a time, and no further ahead of the
 * uploads than memory allows: rows for hundreds of Hive partitions become many times larger as objects.
 * The order keeps it from standing still: whatever a held range waits for was encoded before it.
 */
export class EncodeQueue {
  readonly #ledger: MemoryLedger;
  #last: Promise<unknown> = Promise.resolve();

  constructor(ledger: MemoryLedger) {
    this.#ledger = ledger;
  }

  /** Encodes a range in its turn. The memory of what comes out must be charged before the next turn. */
  add<T>(encode: () => Promise<T>): Promise<T> {
    const turn = this.#last
      .then(() => this.#ledger.waitWhile(() => this.#ledger.encodedFull))
      .then(encode);
    this.#last = turn.catch(() => {});
    return turn;
  }
}
