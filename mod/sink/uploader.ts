import { Failure, messageOf } from "../failure/failure.ts";
import type { LakeStore } from "../lake/store.ts";
import { backoff } from "../wait/backoff.ts";
import { pause } from "../wait/sleep.ts";
import type { RangeObject } from "./range_objects.ts";
import type { SinkListener } from "./sink_event.ts";

/** Maximum concurrent uploads, for all partitions together. */
const MOST_AT_ONCE = 16;

/** The pauses between two attempts to write. */
const PAUSES = { firstMs: 250, longestMs: 10_000 };

/** Options of {@linkcode Uploader}. */
export interface UploaderOptions {
  store: LakeStore;
  tell: SinkListener;
  /** Milliseconds of failures after which it gives up. */
  patienceMs: number;
}

/** Puts objects into the lake, and retries for as long as it is unavailable. */
export class Uploader {
  readonly #store: LakeStore;
  readonly #tell: SinkListener;
  readonly #patienceMs: number;
  readonly #failing = new Set<symbol>();
  #trouble: string | undefined;
  #free = MOST_AT_ONCE;
  readonly #waiting: Array<{ turn: number; resolve(): void }> = [];
  /** Number of calls of {@linkcode Uploader.putAll}. */
  #turns = 0;

  constructor({ store, tell, patienceMs }: UploaderOptions) {
    this.#store = store;
    this.#tell = tell;
    this.#patienceMs = patienceMs;
  }

  /**
   * Puts all objects.
   * @throws {Failure} the failure that ended it: one for which a retry does not help, or one that
   * persisted
   * @throws the signal's reason
   */
  async putAll(objects: readonly RangeObject[], signal: AbortSignal): Promise<void> {
    const turn = this.#turns++;
    const failed = new AbortController();
    const ended = AbortSignal.any([signal, failed.signal]);
    const puts = new Set<Promise<void>>();
    for (const object of objects) {
      await this.#enter(turn);
      if (ended.aborted) {
        this.#leave();
        failed.abort(signal.reason);
        break;
      }
      const put = this.#put(object, ended)
        .catch((error) => failed.abort(error))
        .finally(() => {
          puts.delete(put);
          this.#leave();
        });
      puts.add(put);
    }
    // All of them, so that none continues after this returns.
    await Promise.all(puts);
    if (failed.signal.aborted) throw signal.aborted ? signal.reason : failed.signal.reason;
  }

  async #put({ name, bytes }: RangeObject, signal: AbortSignal): Promise<void> {
    await this.persist("put", () => this.#store.put(name, bytes, { signal }), signal);
  }

  /**
   * Runs an operation on the lake, and retries it for as long as the lake is unavailable.
   * @throws {Failure} one for which a retry does not help, or one that persisted
   * @throws the signal's reason
   */
  async persist<T>(what: "put" | "take", work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const id = Symbol(what);
    try {
      const until = performance.now() + this.#patienceMs;
      const pauses = backoff(PAUSES);
      for (;;) {
        try {
          signal.throwIfAborted();
          const result = await work();
          this.#worked(id);
          return result;
        } catch (error) {
          if (signal.aborted) throw error;
          // What was refused may be allowed later: credentials expire and are renewed.
          const passing = error instanceof Failure && error.kind === "service";
          const pauseMs = pauses.next().value;
          if (!passing || performance.now() + pauseMs > until) throw error;
          this.#failed(id, what, error);
          await pause(pauseMs, signal);
        }
      }
    } finally {
      // Having given up counts as not ready.
      this.#failing.delete(id);
    }
  }

  /** Why the lake accepts nothing, from the last failed put; `undefined` while it does. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  #failed(id: symbol, what: "put" | "take", error: Failure): void {
    this.#failing.add(id);
    this.#trouble = error.message;
    this.#tell({ kind: "retried", what, error });
    const why = `the lake cannot be written: ${messageOf(error)}`;
    this.#tell({ kind: "ready", ready: false, why });
  }

  #worked(id: symbol): void {
    this.#failing.delete(id);
    // The failed operation may have been given up since: any success shows that the lake is back.
    if (this.#trouble === undefined || this.#failing.size > 0) return;
    this.#trouble = undefined;
    this.#tell({ kind: "ready", ready: true });
  }

  /** Waits for a free slot, first come first served, so that a begun flush ends before the next. */
  async #enter(turn: number): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const later = this.#waiting.findIndex((waiting) => waiting.turn > turn);
    this.#waiting.splice(later === -1 ? this.#waiting.length : later, 0, { turn, resolve });
    await promise;
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next.resolve();
  }
}
