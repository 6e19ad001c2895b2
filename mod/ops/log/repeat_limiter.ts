import type { LogRecord } from "@logtape/logtape";

/** Options of {@linkcode RepeatLimiter}. */
export interface RepeatLimiterOptions {
  /** Records of one kind that pass before the others are counted. @default {5} */
  burst?: number;
  /** Milliseconds until the first count is reported. @default {10_000} */
  windowMs?: number;
  /** Maximum milliseconds between two counts; the window doubles up to it. @default {300_000} */
  longestWindowMs?: number;
  /** Kinds that are remembered; beyond it the oldest is forgotten. @default {500} */
  kinds?: number;
}

interface Kind {
  passed: number;
  held: number;
  last: LogRecord;
  windowMs: number;
  timer: ReturnType<typeof setTimeout>;
}

/**
 * Keeps a failing loop from flooding the log. Records of one kind (level, category and message
 * before its values are put in) pass until there are `burst` of them; of what comes after that, the
 * last one is passed on at the end of each window, with `repeated`, the number that it stands for.
 * A kind that was quiet for a window begins again.
 */
export class RepeatLimiter {
  readonly #pass: (record: LogRecord) => void;
  readonly #options: Required<RepeatLimiterOptions>;
  readonly #kinds = new Map<string, Kind>();

  constructor(pass: (record: LogRecord) => void, options: RepeatLimiterOptions = {}) {
    this.#pass = pass;
    this.#options = {
      burst: 5,
      windowMs: 10_000,
      longestWindowMs: 300_000,
      kinds: 500,
      ...options,
    };
  }

  /** Passes the record on, or counts it. */
  add(record: LogRecord): void {
    const key = [record.level, ...record.category, String(record.rawMessage)].join("\0");
    const kind = this.#kinds.get(key) ?? this.#begin(key, record);
    if (kind.passed < this.#options.burst) {
      kind.passed++;
      this.#pass(record);
    } else {
      kind.held++;
      kind.last = record;
    }
  }

  /** Passes on what was counted so far. */
  flush(): void {
    for (const kind of this.#kinds.values()) this.#report(kind);
  }

  /** Passes on what was counted, and stops the timers. */
  close(): void {
    for (const kind of this.#kinds.values()) {
      clearTimeout(kind.timer);
      this.#report(kind);
    }
    this.#kinds.clear();
  }

  #begin(key: string, last: LogRecord): Kind {
    const { windowMs, kinds } = this.#options;
    if (this.#kinds.size >= kinds) this.#forget(this.#kinds.keys().next().value!);
    const kind: Kind = { passed: 0, held: 0, last, windowMs, timer: this.#wait(key, windowMs) };
    this.#kinds.set(key, kind);
    return kind;
  }

  #wait(key: string, windowMs: number): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => this.#endOfWindow(key), windowMs);
    // A count that is not reported yet keeps no process alive; close() reports it.
    Deno.unrefTimer(timer as unknown as number);
    return timer;
  }

  #endOfWindow(key: string): void {
    const kind = this.#kinds.get(key)!;
    if (kind.held === 0) {
      this.#kinds.delete(key);
      return;
    }
    this.#report(kind);
    kind.windowMs = Math.min(2 * kind.windowMs, this.#options.longestWindowMs);
    kind.timer = this.#wait(key, kind.windowMs);
  }

  #forget(key: string): void {
    const kind = this.#kinds.get(key)!;
    clearTimeout(kind.timer);
    this.#kinds.delete(key);
    this.#report(kind);
  }

  #report(kind: Kind): void {
    const { held, last } = kind;
    if (held === 0) return;
    kind.held = 0;
    this.#pass(
      held === 1 ? last : { ...last, properties: { ...last.properties, repeated: held } },
    );
  }
}
