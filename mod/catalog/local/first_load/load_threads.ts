import { hasFilesForThread } from "../../../failure/open_files.ts";
import type { Leaves } from "./leaf_pages.ts";
import type { LoadRequest, LoadResponse } from "./load_worker.ts";

/** Maximum threads: one writes what they make. */
const MOST_THREADS = 4;

/** Objects that a thread has at once: one that it works at, and the next, so that it never waits for us. */
const AT_ONCE = 2;

interface Thread {
  worker: Worker;
  /** Resolve what it has been given, in order. */
  given: Array<(response: LoadResponse) => void>;
}

/** Threads that make pages of the catalog's table from objects. */
export class LoadThreads {
  #threads: Thread[] = [];

  /** Objects that are worth giving to all threads together, at once. */
  readonly atOnce: number;

  /** As many threads as the machine has cores, or fewer, where too few files can be opened for more. */
  constructor() {
    const count = Math.max(1, Math.min(MOST_THREADS, navigator.hardwareConcurrency));
    this.atOnce = count * AT_ONCE;
    while (this.#threads.length < count && hasFilesForThread()) this.#threads.push(this.#start());
  }

  #start(): Thread {
    const worker = new Worker(new URL("./load_worker.ts", import.meta.url), { type: "module" });
    const thread: Thread = { worker, given: [] };
    worker.onmessage = ({ data }: MessageEvent<LoadResponse>) => thread.given.shift()?.(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#lose(thread);
    };
    return thread;
  }

  /**
   * An object's rows as pages.
   * @returns `undefined` if the object must be loaded row by row
   */
  async encode(request: LoadRequest): Promise<Leaves | undefined> {
    if (this.#threads.length === 0) return undefined;
    const thread = this.#threads.reduce((a, b) => b.given.length < a.given.length ? b : a);
    const { promise, resolve } = Promise.withResolvers<LoadResponse>();
    thread.given.push(resolve);
    thread.worker.postMessage(request);
    return (await promise).leaves;
  }

  close(): void {
    for (const { worker } of this.#threads) worker.terminate();
  }

  /** One without memory, say: the catalog's own thread loads the object, and says what is wrong. */
  #lose(lost: Thread): void {
    this.#threads = this.#threads.filter((thread) => thread !== lost);
    for (const resolve of lost.given.splice(0)) resolve({});
  }
}
