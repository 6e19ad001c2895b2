/* What is known of each index. A quote is [symbol, day, open, high, low, close, usd, volume]. */

export const symbolOf = (quote) => quote[0];
export const dayOf = (quote) => quote[1];
export const closeOf = (quote) => quote[5];
export const usdOf = (quote) => quote[6];
export const volumeOf = (quote) => quote[7];

export class Quotes {
  #symbols = new Map();

  /** Symbols in their order. */
  get symbols() {
    return [...this.#symbols.keys()].sort();
  }

  /** Takes a quote; of the same index and day the last one counts. */
  take(quote) {
    let known = this.#symbols.get(symbolOf(quote));
    if (known === undefined) {
      known = { days: new Map(), last: undefined, before: undefined };
      this.#symbols.set(symbolOf(quote), known);
    }
    known.days.set(dayOf(quote), quote);
    if (known.last === undefined || dayOf(quote) > dayOf(known.last)) {
      known.before = known.last;
      known.last = quote;
    } else if (dayOf(quote) === dayOf(known.last)) known.last = quote;
    else if (known.before === undefined || dayOf(quote) >= dayOf(known.before)) {
      known.before = quote;
    }
  }

  has(symbol) {
    return this.#symbols.has(symbol);
  }

  /** An index's quote of a day. */
  of(symbol, day) {
    return this.#symbols.get(symbol)?.days.get(day);
  }

  /** All days of an index, the oldest first. */
  days(symbol) {
    return [...this.#symbols.get(symbol).days.values()]
      .sort((a, b) => (dayOf(a) < dayOf(b) ? -1 : 1));
  }

  last(symbol) {
    return this.#symbols.get(symbol).last;
  }

  /** Change of the last day, as a share; `undefined` for the first, and from a close of zero. */
  change(symbol) {
    const { last, before } = this.#symbols.get(symbol);
    if (before === undefined || closeOf(before) === 0) return undefined;
    return closeOf(last) / closeOf(before) - 1;
  }

  clear() {
    this.#symbols.clear();
  }
}
