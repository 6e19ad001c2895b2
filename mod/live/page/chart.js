/* What both charts have in common: colours of the page, and the keyboard. */
import { byId, fixed } from "./text.js";

export const charts = globalThis.LightweightCharts;

/** The current value of a colour of app.css. */
export const colour = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const options = () => ({
  autoSize: true,
  layout: {
    background: { type: "solid", color: "transparent" },
    textColor: colour("--soft"),
    fontFamily: getComputedStyle(document.body).fontFamily,
    // The notice and the link stand in the page's footer: the logo would bring a style of its own.
    attributionLogo: false,
  },
  localization: { locale: "en-US" },
  grid: { vertLines: { visible: false }, horzLines: { color: colour("--line") } },
  rightPriceScale: { borderVisible: false },
  // Several years of daily bars fit on a phone.
  timeScale: { borderVisible: false, minBarSpacing: 0.05 },
  // The wheel is for the page.
  handleScroll: { mouseWheel: false, vertTouchDrag: false },
  handleScale: { mouseWheel: false },
});

/** How the axis shows values, each with as many fraction digits. */
export const valueFormat = (digits) => ({
  type: "custom",
  minMove: 10 ** -digits,
  formatter: (value) => fixed(value, digits),
});

/** Margin beside the first and the last bar, in pixels: half the width of the widest time label. */
const MARGIN = 24;

/**
 * Shows the bars from index `from` on, with room for at least `least`, and with margins wide enough that the
 * labels of the first and the last bar are not cut off.
 */
export function showFrom(chart, from, count, least = 1) {
  const bars = Math.max(count - from, least);
  const margin = bars * MARGIN / Math.max(1, chart.timeScale().width() - 2 * MARGIN);
  // Earlier bars, if there are any, fill the left margin.
  const before = from === 0 ? margin : 0.5;
  chart.timeScale().setVisibleLogicalRange({ from: from - before, to: from + bars - 1 + margin });
}

/**
 * A chart in an element, which the keys move too: arrows, + and -.
 * @param onColours called when the system's colours have changed
 */
export function makeChart(id, onColours = () => {}) {
  const chart = charts.createChart(byId(id), options());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    chart.applyOptions(options());
    onColours();
  });
  byId(id).addEventListener("keydown", (event) => {
    const scale = chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (range === null) return;
    const step = (range.to - range.from) / 10;
    const by = {
      ArrowLeft: [-step, -step],
      ArrowRight: [step, step],
      "+": [step, -step],
      "-": [-step, step],
    }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    scale.setVisibleLogicalRange({ from: range.from + by[0], to: range.to + by[1] });
  });
  return chart;
}
