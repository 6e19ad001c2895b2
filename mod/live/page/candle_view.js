/* The candles of one index, its last close in words, and its last days as a table. */
import { charts, colour, makeChart } from "./chart.js";
import { closeOf, dayOf } from "./quotes.js";
import { percent, price, rows, show } from "./text.js";

/** Days that the candles begin with; the others are to the left. */
const SHOWN_DAYS = 180;

const TABLE_DAYS = 15;

const seriesOptions = () => ({
  upColor: colour("--up"),
  downColor: colour("--down"),
  borderVisible: false,
  wickUpColor: colour("--up"),
  wickDownColor: colour("--down"),
  // Behind the last close: light text must be read on it.
  priceLineColor: colour("--mark"),
});

const candle = ([, time, open, high, low, close]) => ({ time, open, high, low, close });

export class CandleView {
  #quotes;
  #chart = makeChart("chart", () => this.#series.applyOptions(seriesOptions()));
  #series = this.#chart.addSeries(charts.CandlestickSeries, seriesOptions());
  #symbol;

  constructor(quotes) {
    this.#quotes = quotes;
  }

  /** Draws another index, its newest days in sight. */
  choose(symbol) {
    this.#symbol = symbol;
    this.draw();
    const count = this.#series.data().length;
    const from = Math.max(0, count - SHOWN_DAYS);
    this.#chart.timeScale().setVisibleLogicalRange({ from, to: Math.max(count, 30) + 2 });
  }

  /** Draws all of the index anew. */
  draw() {
    this.#series.setData(this.#quotes.days(this.#symbol).map(candle));
    this.#words();
  }

  /** Draws quotes of the index that the quotes have taken already. */
  update(quotes) {
    if (quotes.length === 0) return;
    const known = new Set(this.#series.data().map(({ time }) => time));
    for (const quote of quotes) {
      const last = this.#series.data().at(-1);
      const isLast = last === undefined || dayOf(quote) >= last.time;
      // A day between two others can only be drawn with all of them.
      if (!isLast && !known.has(dayOf(quote))) return this.draw();
      this.#series.update(candle(quote), !isLast);
      known.add(dayOf(quote));
    }
    this.#words();
  }

  /** The candles as the chart has them. */
  get drawn() {
    return this.#series.data();
  }

  /** Numbers of the first and the last candle in sight. */
  get range() {
    return this.#chart.timeScale().getVisibleLogicalRange();
  }

  #words() {
    const last = this.#quotes.last(this.#symbol);
    const change = this.#quotes.change(this.#symbol);
    show("chart-title", this.#symbol);
    show(
      "last",
      `${dayOf(last)}: ${price(closeOf(last))}${
        change === undefined ? "" : `, ${percent(change)}`
      }`,
    );
    rows(
      "days",
      this.#quotes.days(this.#symbol).slice(-TABLE_DAYS).reverse()
        .map(([, day, ...values]) => [day, ...values.map(price)]),
    );
  }
}
