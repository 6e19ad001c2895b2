import type { MemoryLedger } from "./memory_ledger.ts";

/**
 * Encodes ranges one at a time, in the order in which they are sealed, and no further ahead of the
 * uploads than memory allows: rows for hundreds of Hive partitions become many times larger as
 * objects. The order prevents deadlock: whatever a held range waits for was encoded before it.
 */
export class EncodeQueue {
  readonly #ledger: MemoryLedger;
  #last: Promise<unknown> = Promise.resolve();

  constructor(ledger: MemoryLedger) {
    this.#ledger = ledger;
  }

  /** Encodes a range in its turn. The memory of the result must be charged before the next turn. */
  add<T>(encode: () => Promise<T>): Promise<T> {
    const turn = this.#last
      .then(() => this.#ledger.waitWhile(() => this.#ledger.encodedFull))
      .then(encode);
    this.#last = turn.catch(() => {});
    return turn;
  }
}
