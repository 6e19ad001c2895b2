import type { LogFile } from "./log_file.ts";

/**
 * Milliseconds between two looks for changes by other processes: the delay that a new message gets
 * at most. A look costs some microseconds.
 */
const LOOK_MS = 10;

/** Reports changes to the file by this process or another. */
export class ChangeWatch {
  readonly #file: LogFile;
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #seen: number | undefined;

  constructor(file: LogFile) {
    this.#file = file;
  }

  /** Calls `listener` after each change, until the function that it returns is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#timer === undefined) {
      this.#seen = this.#file.dataVersion();
      this.#timer = setInterval(() => this.#look(), LOOK_MS);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Reports a change that this connection has made, which SQLite does not report. */
  notify(): void {
    for (const listener of this.#listeners) listener();
  }

  #look(): void {
    let version: number | undefined;
    try {
      version = this.#file.dataVersion();
    } catch {
      // Whoever listens reads the file next and meets the error where it can be told.
    }
    if (version !== undefined && version === this.#seen) return;
    this.#seen = version;
    this.notify();
  }
}
