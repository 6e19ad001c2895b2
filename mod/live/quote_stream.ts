import type { Candles, Quote } from "./candles.ts";

/** Candles that one viewer has not seen yet. */
export interface Viewer {
  /** The newest candle of each index and day, which bounds it however many arrive. */
  readonly pending: Map<string, Quote>;
  /** Called when something is pending. */
  wake(): void;
}

/** Distributes candles to all open pages. */
export class QuoteStream {
  readonly #candles: Candles;
  readonly #viewers = new Set<Viewer>();

  constructor(candles: Candles) {
    this.#candles = candles;
  }

  add(quote: Quote): void {
    const candle = this.#candles.add(quote);
    if (candle === null) return;
    for (const { pending, wake } of this.#viewers) {
      pending.set(`${candle[0]} ${candle[1]}`, candle);
      if (pending.size === 1) wake();
    }
  }

  join(wake: () => void): Viewer {
    const viewer = { pending: new Map<string, Quote>(), wake };
    this.#viewers.add(viewer);
    return viewer;
  }

  leave(viewer: Viewer): void {
    this.#viewers.delete(viewer);
  }
}
