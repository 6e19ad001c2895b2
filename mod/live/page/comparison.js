/* Lines of closes in dollars, the first day as 100; the reader says of which indices. */
import { charts, makeChart, showFrom, valueFormat } from "./chart.js";
import { closeOf, dayOf, usdOf } from "./quotes.js";
import { byId, fixed, setText, show, svg } from "./text.js";

/** Colours that are distinguishable on light and dark backgrounds; also the maximum number of lines. */
const PALETTE = [
  "#1f77b4",
  "#d9720f",
  "#2a9d5c",
  "#c8413a",
  "#8a63c9",
  "#96705a",
  "#d264b0",
  "#5f8f9e",
];

/** Milliseconds between two drawings: one day of many moves nothing that an eye sees in less. */
const DRAW_MS = 2000;

export class Comparison {
  #quotes;
  #chart = makeChart("compare");
  /** Lines by symbol, the one that was chosen first the first. */
  #lines = new Map();
  #buttons = new Map();
  #drawnAt = -Infinity;
  #isStale = true;

  constructor(quotes) {
    this.#quotes = quotes;
    this.#chart.subscribeCrosshairMove(({ time, seriesData }) => this.#values(time, seriesData));
  }

  /** Says that there are new quotes. */
  changed() {
    this.#isStale = true;
  }

  /** Redraws changes, at intervals. */
  draw() {
    if (!this.#isStale || performance.now() - this.#drawnAt < DRAW_MS) return;
    this.#isStale = false;
    this.#drawnAt = performance.now();
    const isFirst = this.#buttons.size === 0;
    this.#drawButtons();
    byId("no-comparison").hidden = this.#buttons.size > 0;
    if (isFirst) this.#quotes.symbols.slice(0, PALETTE.length).forEach((s) => this.#add(s));
    for (const symbol of this.#lines.keys()) this.#drawLine(symbol);
    if (isFirst) {
      const days = new Set(
        [...this.#lines.values()].flatMap((line) => line.data().map(({ time }) => time)),
      );
      showFrom(this.#chart, 0, days.size);
    }
  }

  /** Starts over with other quotes. */
  clear() {
    for (const symbol of [...this.#lines.keys()]) {
      if (!this.#quotes.has(symbol)) this.#remove(symbol);
    }
    for (const [symbol, button] of this.#buttons) {
      if (this.#quotes.has(symbol)) continue;
      button.remove();
      this.#buttons.delete(symbol);
    }
    this.#drawnAt = -Infinity;
    this.changed();
  }

  #drawButtons() {
    const legend = byId("legend");
    this.#quotes.symbols.forEach((symbol, i) => {
      if (this.#buttons.has(symbol)) return;
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", "false");
      const mark = svg("svg", { viewBox: "0 0 12 8", "aria-hidden": "true" });
      mark.append(svg("rect", { y: 2, width: 12, height: 4, rx: 2, fill: "currentColor" }));
      const value = document.createElement("span");
      value.className = "value";
      button.append(mark, symbol, value);
      button.addEventListener("click", () => {
        if (this.#lines.has(symbol)) return this.#remove(symbol);
        if (this.#lines.size === PALETTE.length) this.#remove(this.#lines.keys().next().value);
        this.#add(symbol);
        this.#drawLine(symbol);
      });
      this.#buttons.set(symbol, button);
      legend.insertBefore(button, legend.children[i] ?? null);
    });
  }

  #add(symbol) {
    const used = new Set([...this.#lines.values()].map((line) => line.options().color));
    const color = PALETTE.find((candidate) => !used.has(candidate));
    const line = this.#chart.addSeries(charts.LineSeries, {
      color,
      lineWidth: 2,
      priceFormat: valueFormat(2),
      priceLineVisible: false,
      lastValueVisible: false,
    });
    this.#lines.set(symbol, line);
    const button = this.#buttons.get(symbol);
    button.setAttribute("aria-pressed", "true");
    button.querySelector("rect").setAttribute("fill", color);
  }

  #remove(symbol) {
    this.#chart.removeSeries(this.#lines.get(symbol));
    this.#lines.delete(symbol);
    const button = this.#buttons.get(symbol);
    button.setAttribute("aria-pressed", "false");
    button.querySelector("rect").setAttribute("fill", "currentColor");
  }

  #drawLine(symbol) {
    const days = this.#quotes.days(symbol);
    const inDollars = days.some((quote) => usdOf(quote) > 0);
    const valueOf = inDollars ? usdOf : closeOf;
    show(
      "compare-title",
      inDollars ? "Closes in US dollars, first day = 100" : "Closes, first day = 100",
    );
    const shown = days.filter((quote) => valueOf(quote) > 0);
    const first = shown.length === 0 ? 1 : valueOf(shown[0]);
    this.#lines.get(symbol).setData(
      shown.map((quote) => ({ time: dayOf(quote), value: 100 * valueOf(quote) / first })),
    );
  }

  /** The value of each line at the crosshair's day, beside its name. */
  #values(time, seriesData) {
    show("compare-day", time ?? "");
    for (const [symbol, button] of this.#buttons) {
      const line = this.#lines.get(symbol);
      const value = line === undefined ? undefined : seriesData.get(line)?.value;
      setText(button.lastChild, value === undefined ? "" : ` ${fixed(value, 1)}`);
    }
  }

  /** The lines that are drawn, by symbol. */
  get drawn() {
    return Object.fromEntries([...this.#lines].map(([symbol, line]) => [symbol, line.data()]));
  }
}
