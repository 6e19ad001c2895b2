import { countText, numberText } from "./amount_text.ts";
import type { Output } from "./output.ts";

/** Milliseconds between two drawings. */
const DRAW_MS = 200;

/** Seconds after which a rate says something. */
const RATE_AFTER_S = 1;

/** The line at the terminal's foot of work whose end may be known: `read 1,200 of 5,000 objects, 24%, …`. */
export class Progress {
  readonly #output: Pick<Output, "progress" | "interactive">;
  readonly #verb: string;
  readonly #thing: string;
  readonly #now: () => number;
  readonly #startedAt: number;
  #drawnAt = -Infinity;

  /**
   * @param verb what is done, such as `read`
   * @param thing what it is done to, in the singular
   * @param now milliseconds, for tests
   */
  constructor(
    output: Pick<Output, "progress" | "interactive">,
    verb: string,
    thing: string,
    now: () => number = () => performance.now(),
  ) {
    this.#output = output;
    this.#verb = verb;
    this.#thing = thing;
    this.#now = now;
    this.#startedAt = now();
  }

  /**
   * Draws, unless it has just done so.
   * @param all the total; absent if unknown
   * @param more further text
   */
  update(done: number, all?: number, more = ""): void {
    this.#draw((seconds) => this.#text(done, all, seconds) + more);
  }

  /**
   * Draws work whose total is known in another unit than what is counted: rows of a file, by its
   * bytes.
   * @param part of `whole`, in any unit
   */
  updateShare(done: number, part: number, whole: number, more = ""): void {
    this.#draw((seconds) => {
      const share = whole === 0 ? 1 : Math.min(1, part / whole);
      const left = seconds < RATE_AFTER_S || share === 0 ? undefined : seconds / share - seconds;
      return `${this.#verb} ${countText(done, this.#thing)}, ${Math.floor(100 * share)}%` +
        speedText(done, seconds) + leftText(left) + more;
    });
  }

  /** Takes the line away. */
  close(): void {
    this.#output.progress("");
  }

  #draw(text: (seconds: number) => string): void {
    const now = this.#now();
    if (!this.#output.interactive || now - this.#drawnAt < DRAW_MS) return;
    this.#drawnAt = now;
    this.#output.progress(text((now - this.#startedAt) / 1000));
  }

  #text(done: number, all: number | undefined, seconds: number): string {
    const speed = speedText(done, seconds);
    if (all === undefined) return `${this.#verb} ${countText(done, this.#thing)}${speed}`;
    const share = all === 0 ? 100 : Math.min(100, Math.floor(100 * done / all));
    const left = seconds < RATE_AFTER_S || done === 0
      ? undefined
      : Math.max(0, all - done) * seconds / done;
    return `${this.#verb} ${numberText(done)} of ${countText(all, this.#thing)}, ${share}%` +
      speed + leftText(left);
  }
}

function speedText(done: number, seconds: number): string {
  return seconds < RATE_AFTER_S ? "" : `, ${rateText(done / seconds)} a second`;
}

function rateText(rate: number): string {
  return numberText(rate < 10 ? Math.round(10 * rate) / 10 : Math.round(rate));
}

function leftText(seconds: number | undefined): string {
  return seconds === undefined ? "" : `, ${durationText(seconds)} left`;
}

/** A duration for display, such as `40 s`, `12 min`, `3 h 05 min`. */
function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  return `${numberText(Math.floor(minutes / 60))} h ${String(minutes % 60).padStart(2, "0")} min`;
}
