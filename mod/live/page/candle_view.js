/* The candles of one index, its last close in words, and its last days as a table. */
import { charts, colour, makeChart, showFrom, valueFormat } from "./chart.js";
import { closeOf, dayOf, volumeOf } from "./quotes.js";
import { amount, byId, percent, price, priceDigits, rows, show } from "./text.js";

/** Days that the candles begin with; the others are to the left. */
const SHOWN_DAYS = 180;

const TABLE_DAYS = 15;

/* The parts of the chart: candles, volume, averages. */
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

const volume = (quote) => ({
  time: dayOf(quote),
  value: volumeOf(quote) ?? 0,
  color: colour(closeOf(quote) >= quote[2] ? "--up-soft" : "--down-soft"),
});

/** Days of each moving average that can be shown, and its colour. */
const AVERAGES = [[20, "--average-1"], [50, "--average-2"], [200, "--average-3"]];

/** Means of the last closes, from the day on that has enough before it. */
function movingAverage(quotes, days) {
  let sum = 0;
  return quotes.flatMap((quote, i) => {
    sum += closeOf(quote) - (i >= days ? closeOf(quotes[i - days]) : 0);
    return i < days - 1 ? [] : [{ time: dayOf(quote), value: sum / days }];
  });
}

export class CandleView {
  #quotes;
  #chart = makeChart("chart", () => this.#series.applyOptions(seriesOptions()));
  #series = this.#chart.addSeries(charts.CandlestickSeries, seriesOptions());
  #volume = this.#chart.addSeries(charts.HistogramSeries, {
    priceScaleId: "",
    priceFormat: { type: "volume" },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  /** Lines of the averages that are shown, by their days. */
  #averages = new Map();
  #symbol;
  #priceFormat = valueFormat(2);
  /** Day under the crosshair. */
  #pointed;

  constructor(quotes) {
    this.#quotes = quotes;
    this.#series.priceScale().applyOptions({ scaleMargins: { top: 0.06, bottom: 0.26 } });
    this.#volume.priceScale().applyOptions({ scaleMargins: { top: 0.8, bottom: 0 } });
    this.#chart.subscribeCrosshairMove(({ time }) => {
      this.#pointed = time;
      this.#values();
    });
    for (const button of byId("ranges").querySelectorAll("button")) {
      button.addEventListener("click", () => this.#showDays(Number(button.dataset.days)));
    }
    for (const [days, name] of AVERAGES) {
      const button = byId(`average-${days}`);
      button.addEventListener("click", () => this.#toggleAverage(days, name, button));
    }
  }

  /** Draws another index, its newest days in sight. */
  choose(symbol) {
    this.#symbol = symbol;
    this.draw();
    const count = this.#series.data().length;
    showFrom(this.#chart, Math.max(0, count - SHOWN_DAYS), count, 30);
  }

  /** Redraws the whole index. */
  draw() {
    const days = this.#quotes.days(this.#symbol);
    // The digits of the last close, so that the axis has the same number on each of its marks.
    this.#priceFormat = valueFormat(priceDigits(days.length === 0 ? 0 : closeOf(days.at(-1))));
    for (const line of [this.#series, ...this.#averages.values()]) {
      line.applyOptions({ priceFormat: this.#priceFormat });
    }
    this.#series.setData(days.map(candle));
    this.#volume.setData(days.some((quote) => volumeOf(quote) > 0) ? days.map(volume) : []);
    this.#drawAverages();
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
      if (volumeOf(quote) > 0) this.#volume.update(volume(quote), !isLast);
      known.add(dayOf(quote));
    }
    this.#drawAverages();
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

  /** A price as the chart's axis shows it. */
  label(value) {
    return this.#series.priceFormatter().format(value);
  }

  /** The bars of the volume as the chart has them. */
  get volumes() {
    return this.#volume.data();
  }

  /** The averages that are shown, by their days. */
  get averages() {
    return Object.fromEntries([...this.#averages].map(([days, line]) => [days, line.data()]));
  }

  /** Shows the last trading days; 0: all. */
  #showDays(days) {
    const count = this.#series.data().length;
    if (count > 0) showFrom(this.#chart, days === 0 ? 0 : Math.max(0, count - days), count);
  }

  #toggleAverage(days, name, button) {
    const line = this.#averages.get(days);
    button.setAttribute("aria-pressed", String(line === undefined));
    if (line !== undefined) {
      this.#chart.removeSeries(line);
      this.#averages.delete(days);
      return;
    }
    this.#averages.set(
      days,
      this.#chart.addSeries(charts.LineSeries, {
        color: colour(name),
        lineWidth: 2,
        priceFormat: this.#priceFormat,
        priceLineVisible: false,
        lastValueVisible: false,
        crosshairMarkerVisible: false,
      }),
    );
    this.#drawAverages();
  }

  #drawAverages() {
    if (this.#averages.size === 0) return;
    const quotes = this.#quotes.days(this.#symbol);
    for (const [days, line] of this.#averages) line.setData(movingAverage(quotes, days));
  }

  /** The values of the day under the crosshair, otherwise of the last. */
  #values() {
    if (this.#symbol === undefined || !this.#quotes.has(this.#symbol)) return;
    const quote = this.#quotes.of(this.#symbol, this.#pointed) ?? this.#quotes.last(this.#symbol);
    const [, day, open, high, low, close] = quote;
    const traded = volumeOf(quote);
    const pairs = [["O", price(open)], ["H", price(high)], ["L", price(low)], ["C", price(close)]];
    if (traded > 0) pairs.push(["V", amount(traded)]);
    // A letter and its value stay on one line.
    show("values", [day, ...pairs.map((pair) => pair.join("\u00a0"))].join("  "));
  }

  #words() {
    const last = this.#quotes.last(this.#symbol);
    const change = this.#quotes.change(this.#symbol);
    show("chart-title", this.#symbol);
    this.#values();
    show(
      "last",
      `${dayOf(last)}: ${price(closeOf(last))}${
        change === undefined ? "" : `, ${percent(change)}`
      }`,
    );
    rows(
      "days",
      this.#quotes.days(this.#symbol).slice(-TABLE_DAYS).reverse()
        .map((quote) => [
          dayOf(quote),
          ...quote.slice(2, 7).map(price),
          volumeOf(quote) > 0 ? amount(volumeOf(quote)) : "",
        ]),
    );
  }
}
