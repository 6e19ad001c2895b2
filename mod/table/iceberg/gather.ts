import { Failure } from "../../failure/failure.ts";
import type { TakeAnswer } from "../table.ts";
import type { FileRange } from "./take_ranges.ts";

/** Options of {@linkcode Gather}. */
export interface GatherOptions {
  /** Milliseconds that a range waits for those of other partitions. */
  waitMs: number;
  /** Commits ranges of different partitions, all or none. */
  commit(ranges: readonly FileRange[]): Promise<TakeAnswer[]>;
}

interface Waiting {
  ranges: readonly FileRange[];
  resolve(answers: TakeAnswer[]): void;
  reject(error: unknown): void;
}

/** Multiple of the wait after which a commit is no longer recent. */
const RECENT = 8;

/**
 * Batches the ranges of all partitions into one commit at a time: each commit is a snapshot, and other
 * processes that write the table wait for it. A range waits while a commit runs, and briefly for ranges that
 * are on their way. Unless commits follow each other closely, it also waits for partitions that took part in the
 * last one: their flushes are due at about the same time.
 */
export class Gather {
  readonly #options: GatherOptions;
  #waiting: Waiting[] = [];
  #isRunning = false;
  /** Ranges that are on their way, in the order of each partition. */
  readonly #announced = new Set<{ partition: number }>();
  /** Partitions that took part in the last commit. */
  #usual = new Set<number>();
  /** When the last commit ended, by `performance.now`. */
  #endedAt = 0;
  #isComplete: (() => void) | undefined;

  constructor(options: GatherOptions) {
    this.#options = options;
  }

  /** Commits ranges, with those of others. @throws what the commit throws */
  take(ranges: readonly FileRange[]): Promise<TakeAnswer[]> {
    const { promise, resolve, reject } = Promise.withResolvers<TakeAnswer[]>();
    this.#waiting.push({ ranges, resolve, reject });
    for (const { partition } of ranges) this.#arrived(partition);
    if (this.#hasAll()) this.#isComplete?.();
    if (!this.#isRunning) this.#run();
    return promise;
  }

  /** Announces a range that is on its way. @returns to be called once it is taken, or will not be */
  announce(partition: number): () => void {
    const one = { partition };
    this.#announced.add(one);
    return () => {
      if (this.#announced.delete(one) && this.#hasAll()) this.#isComplete?.();
    };
  }

  #arrived(partition: number): void {
    for (const one of this.#announced) {
      if (one.partition === partition) return void this.#announced.delete(one);
    }
  }

  #hasAll(): boolean {
    const here = new Set(this.#waiting.flatMap(({ ranges }) => ranges.map((r) => r.partition)));
    for (const { partition } of this.#announced) if (!here.has(partition)) return false;
    const isRecent = performance.now() - this.#endedAt < RECENT * this.#options.waitMs;
    return isRecent || this.#usual.isSubsetOf(here);
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      if (!this.#hasAll()) await this.#moment();
      const batch = this.#waiting.splice(0);
      const ranges = batch.flatMap(({ ranges }) => ranges);
      this.#usual = new Set(ranges.map(({ partition }) => partition));
      try {
        const answers = await this.#options.commit(ranges);
        for (const { ranges, resolve } of batch) resolve(answers.splice(0, ranges.length));
      } catch (error) {
        // One that is refused must not fail the others. Where the service failed all have: one by one they
        // would only ask it more.
        if (batch.length === 1 || isServiceFailure(error)) {
          for (const { reject } of batch) reject(error);
        } else await this.#oneByOne(batch);
      }
      this.#endedAt = performance.now();
    }
    this.#isRunning = false;
  }

  async #oneByOne(batch: readonly Waiting[]): Promise<void> {
    for (const { ranges, resolve, reject } of batch) {
      try {
        resolve(await this.#options.commit(ranges));
      } catch (error) {
        reject(error);
      }
    }
  }

  async #moment(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#options.waitMs);
    this.#isComplete = resolve;
    await promise;
    clearTimeout(timer);
    this.#isComplete = undefined;
  }
}

function isServiceFailure(error: unknown): boolean {
  return error instanceof Failure && error.kind === "service";
}
