import { setImmediate } from "node:timers";
import { FencedError } from "../broker.ts";
import { Failure } from "../../failure/failure.ts";
import type { LogFile } from "./log_file.ts";

/** Bytes after which a transaction takes no further change, so that other processes get their turn. */
const TRANSACTION_BYTES = 16 * 1024 * 1024;

/** One change that waits for its transaction. */
interface Pending {
  change(): unknown;
  byteLength(): number;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

type Outcome = { value: unknown } | { refusal: unknown };

/**
 * Merges changes that are asked for at the same time into one transaction, so that they share one
 * sync of the disk. Changes keep their order.
 */
export class GroupCommit {
  readonly #file: LogFile;
  readonly #onCommitted: () => void;
  readonly #queue: Pending[] = [];
  #running: Promise<void> | undefined;

  /** @param onCommitted called after each transaction */
  constructor(file: LogFile, onCommitted: () => void) {
    this.#file = file;
    this.#onCommitted = onCommitted;
  }

  /**
   * Makes a change, durable when it returns.
   * @param change made inside the transaction, maybe more than once. It refuses by throwing a
   * `FencedError` or a `Failure` before it has changed anything; any other error undoes the whole
   * transaction.
   * @param byteLength about how much it writes, asked when its turn comes
   * @throws {Failure} kind `service` or `failed`; nothing was changed
   */
  submit<T>(change: () => T, byteLength: () => number = () => 0): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#queue.push({
        change,
        byteLength,
        resolve: resolve as (value: unknown) => void,
        reject,
      });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      // What is asked for in this turn of the event loop comes along.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#commit(this.#take());
    }
    this.#running = undefined;
  }

  #take(): Pending[] {
    let count = 0;
    for (let bytes = 0; count < this.#queue.length && bytes < TRANSACTION_BYTES; count++) {
      bytes += this.#queue[count].byteLength();
    }
    return this.#queue.splice(0, count);
  }

  async #commit(pending: Pending[]): Promise<void> {
    let outcomes: Outcome[];
    try {
      outcomes = await this.#file.write(() => pending.map(attempt));
    } catch (error) {
      for (const { reject } of pending) reject(error);
      return;
    }
    pending.forEach(({ resolve, reject }, i) => {
      const outcome = outcomes[i];
      if ("refusal" in outcome) reject(outcome.refusal);
      else resolve(outcome.value);
    });
    this.#onCommitted();
  }
}

function attempt({ change }: Pending): Outcome {
  try {
    return { value: change() };
  } catch (error) {
    if (error instanceof FencedError || error instanceof Failure) return { refusal: error };
    throw error;
  }
}
