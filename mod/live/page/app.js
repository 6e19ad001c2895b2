/* The dashboard's page. Data only ever becomes text: nothing here sets HTML. */
"use strict";
(() => {
  const charts = globalThis.LightweightCharts;
  const byId = (id) => document.getElementById(id);
  /** Quotes by symbol, then by day: [symbol, day, open, high, low, close, usd]. */
  const symbols = new Map();
  let chosen;
  /** Lines of the comparison that are drawn. */
  const COMPARED = 8;
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
  /** Days that the candles begin with; the others are to the left. */
  const SHOWN_DAYS = 180;
  const SPOKEN_EVERY_MS = 15_000;

  // --- text

  const number = (value) => Math.round(value).toLocaleString("en-US");
  const price = (value) =>
    value === null || value === undefined
      ? ""
      : value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const size = (bytes) => {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = 0;
    while (bytes >= 1024 && unit < units.length - 1) {
      bytes /= 1024;
      unit++;
    }
    return `${unit === 0 ? bytes : bytes.toFixed(1)} ${units[unit]}`;
  };
  const percent = (share) => `${share >= 0 ? "+" : "−"}${Math.abs(100 * share).toFixed(2)}%`;
  const show = (id, text) => {
    const element = byId(id);
    if (element.textContent !== text) element.textContent = text;
  };
  const rows = (id, table) => {
    const body = byId(id);
    const text = JSON.stringify(table);
    if (body.dataset.shown === text) return;
    body.dataset.shown = text;
    body.replaceChildren(...table.map((cells) => {
      const row = document.createElement("tr");
      row.append(...cells.map((cell) => {
        const data = document.createElement("td");
        data.textContent = cell;
        return data;
      }));
      return row;
    }));
  };

  // --- charts

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const chartOptions = () => ({
    autoSize: true,
    layout: {
      background: { type: "solid", color: "transparent" },
      textColor: colour("--soft"),
      fontFamily: getComputedStyle(document.body).fontFamily,
      // The notice and the link stand in the page's footer: the logo would bring a style of its own.
      attributionLogo: false,
    },
    grid: { vertLines: { visible: false }, horzLines: { color: colour("--line") } },
    rightPriceScale: { borderVisible: false },
    timeScale: { borderVisible: false },
    handleScroll: { mouseWheel: false },
    handleScale: { mouseWheel: false },
  });
  const candleOptions = () => ({
    upColor: colour("--up"),
    downColor: colour("--down"),
    borderVisible: false,
    wickUpColor: colour("--up"),
    wickDownColor: colour("--down"),
  });
  const candleChart = charts.createChart(byId("chart"), chartOptions());
  const candles = candleChart.addSeries(charts.CandlestickSeries, candleOptions());
  const compareChart = charts.createChart(byId("compare"), chartOptions());
  const lines = new Map();
  // Both can be moved with the keyboard too.
  for (const [id, chart] of [["chart", candleChart], ["compare", compareChart]]) {
    byId(id).tabIndex = 0;
    byId(id).addEventListener("keydown", ({ key }) => {
      const scale = chart.timeScale();
      const range = scale.getVisibleLogicalRange();
      if (range === null) return;
      const step = (range.to - range.from) / 10;
      const by = {
        ArrowLeft: [-step, -step],
        ArrowRight: [step, step],
        "+": [step, -step],
        "-": [-step, step],
      }[key];
      if (by === undefined) return;
      scale.setVisibleLogicalRange({ from: range.from + by[0], to: range.to + by[1] });
    });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    candleChart.applyOptions(chartOptions());
    compareChart.applyOptions(chartOptions());
    candles.applyOptions(candleOptions());
  });

  const candle = ([, time, open, high, low, close]) => ({ time, open, high, low, close });
  const daysOf = (symbol) =>
    [...symbols.get(symbol).values()].sort((a, b) => (a[1] < b[1] ? -1 : 1));

  function drawChosen() {
    if (chosen === undefined) return;
    candles.setData(daysOf(chosen).map(candle));
    drawWords();
  }

  function drawWords() {
    const days = daysOf(chosen);
    const [last, before] = [days.at(-1), days.at(-2)];
    show("chart-title", chosen);
    const change = before === undefined ? "" : `, ${percent(last[5] / before[5] - 1)}`;
    show("last", `${last[1]}: ${price(last[5])}${change}`);
    rows(
      "days",
      days.slice(-15).reverse()
        .map(([, day, ...values]) => [day, ...values.map((value) => price(value))]),
    );
  }

  function drawCompared() {
    const compared = [...symbols.keys()].sort().filter((symbol) =>
      [...symbols.get(symbol).values()].some((quote) => quote[6] !== null)
    ).slice(0, COMPARED);
    compared.forEach((symbol) => {
      const days = daysOf(symbol).filter((quote) => quote[6] > 0);
      if (days.length === 0) return;
      if (!lines.has(symbol)) {
        const options = {
          color: PALETTE[lines.size % PALETTE.length],
          lineWidth: 2,
          priceLineVisible: false,
          lastValueVisible: false,
        };
        lines.set(symbol, compareChart.addSeries(charts.LineSeries, options));
      }
      const [first] = days;
      lines.get(symbol).setData(
        days.map(([, time, , , , , usd]) => ({ time, value: 100 * usd / first[6] })),
      );
    });
    const legend = byId("legend");
    if (legend.childElementCount === lines.size) return;
    legend.replaceChildren(...[...lines].map(([symbol, line]) => {
      const entry = document.createElement("span");
      const mark = svg("svg", { viewBox: "0 0 12 8", "aria-hidden": "true" });
      mark.append(svg("rect", { y: 2, width: 12, height: 4, rx: 2, fill: line.options().color }));
      entry.append(mark, symbol);
      return entry;
    }));
    compareChart.timeScale().fitContent();
  }

  function svg(name, attributes) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    return element;
  }

  // --- the list of indices

  const list = byId("indices");

  function drawList() {
    const names = [...symbols.keys()].sort();
    const known = new Map([...list.children].map((item) => [item.dataset.symbol, item]));
    names.forEach((symbol, i) => {
      let item = known.get(symbol);
      if (item === undefined) {
        item = document.createElement("li");
        item.dataset.symbol = symbol;
        item.id = `index-${known.size + i}-${list.childElementCount}`;
        item.setAttribute("role", "option");
        item.append(...["", "price", "change"].map((name) => {
          const part = document.createElement("span");
          part.className = name;
          return part;
        }));
        item.firstChild.textContent = symbol;
        item.addEventListener("click", () => choose(symbol));
        list.insertBefore(item, list.children[i] ?? null);
      }
      let [last, before] = [undefined, undefined];
      for (const quote of symbols.get(symbol).values()) {
        if (last === undefined || quote[1] > last[1]) [last, before] = [quote, last];
        else if (before === undefined || quote[1] > before[1]) before = quote;
      }
      const change = before === undefined ? undefined : last[5] / before[5] - 1;
      const [, priceOf, changeOf] = item.children;
      const texts = [price(last[5]), change === undefined ? "" : percent(change)];
      if (priceOf.textContent !== texts[0]) priceOf.textContent = texts[0];
      if (changeOf.textContent !== texts[1]) changeOf.textContent = texts[1];
      changeOf.className = `change ${change >= 0 ? "up" : change < 0 ? "down" : ""}`;
    });
    if (chosen === undefined && names.length > 0) choose(names[0]);
  }

  function choose(symbol) {
    chosen = symbol;
    for (const item of list.children) {
      const isChosen = item.dataset.symbol === symbol;
      item.setAttribute("aria-selected", String(isChosen));
      if (!isChosen) continue;
      list.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    }
    drawChosen();
    const count = candles.data().length;
    candleChart.timeScale().setVisibleLogicalRange({
      from: Math.max(0, count - SHOWN_DAYS),
      to: count + 2,
    });
  }

  list.addEventListener("keydown", (event) => {
    const items = [...list.children];
    const at = items.findIndex((item) => item.dataset.symbol === chosen);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined || items[to] === undefined) return;
    event.preventDefault();
    choose(items[to].dataset.symbol);
  });

  // --- what comes

  function take(quotes) {
    let anew = false;
    for (const quote of quotes) {
      const [symbol, day] = quote;
      let days = symbols.get(symbol);
      if (days === undefined) symbols.set(symbol, days = new Map());
      const isKnown = days.has(day);
      days.set(day, quote);
      if (symbol !== chosen || anew) continue;
      const last = candles.data().at(-1);
      if (last === undefined || day >= last.time) candles.update(candle(quote));
      else if (isKnown) candles.update(candle(quote), true);
      else anew = true;
    }
    if (anew) drawChosen();
  }

  // A day in the middle of the comparison moves nothing that an eye could see in less.
  let comparedAt = -Infinity;
  function drawQuotes(quotes) {
    if (quotes.length === 0) return;
    take(quotes);
    drawList();
    if (chosen !== undefined && quotes.some(([symbol]) => symbol === chosen)) drawWords();
    if (performance.now() - comparedAt < 2000) return;
    comparedAt = performance.now();
    drawCompared();
  }

  function drawRest({ rate, lags, lake, trouble }) {
    const lag = lags.reduce((sum, partition) => sum + partition.lag, 0);
    show("rate", number(rate));
    show("lag", number(lag));
    show("messages", number(lake.messages));
    show("lake-size", `messages, ${size(lake.bytes)}`);
    const rejected = lake.reasons.reduce((sum, [, count]) => sum + count, 0);
    show("rejected", number(rejected));
    rows(
      "lags",
      lags.map(({ partition, high, committed, lag }) => [
        String(partition),
        number(high),
        committed === null ? "nothing" : number(committed),
        number(lag),
      ]),
    );
    rows(
      "objects",
      lake.last.map(({ name, size: bytes, messages }) => [name, number(messages), size(bytes)]),
    );
    show(
      "reasons",
      lake.reasons.length === 0
        ? "none"
        : lake.reasons.map(([reason, count]) => `${number(count)} × ${reason}`).join("; "),
    );
    rows(
      "rejections",
      lake.rejected.map(({ partition, offset, reason }) => [`${partition}/${offset}`, reason]),
    );
    drawGrowth(lake.growth);
    const words = trouble ?? lake.trouble;
    byId("trouble").hidden = words === undefined;
    show("trouble", words ?? "");
    speak(rate, lag, rejected);
  }

  let growthShown = "";
  function drawGrowth(points) {
    const text = JSON.stringify(points.at(-1) ?? "");
    if (text === growthShown || points.length === 0) return;
    growthShown = text;
    const [begin, end] = [points[0][0], points.at(-1)[0]];
    const most = Math.max(...points.map(([, bytes]) => bytes), 1);
    const x = (at) => end === begin ? 300 : (at - begin) / (end - begin) * 300;
    const y = (bytes) => 76 - bytes / most * 72;
    const line = points.map(([at, bytes]) => `${x(at).toFixed(1)} ${y(bytes).toFixed(1)}`);
    if (line.length === 1) line.unshift(`0 ${y(points[0][1]).toFixed(1)}`);
    byId("growth").replaceChildren(
      svg("path", { class: "area", d: `M0 80L${line.join("L")}L300 80Z` }),
      svg("path", { d: `M${line.join("L")}` }),
    );
    const minutes = Math.max(1, Math.round((end - begin) / 60_000));
    const grown = points.at(-1)[1] - points[0][1];
    show(
      "growth-text",
      `${size(points.at(-1)[1])} now; ${size(Math.max(0, grown))} more in ${minutes} min`,
    );
  }

  // For those who listen: now and then, not with every frame.
  let spokenAt = -Infinity;
  function speak(rate, lag, rejected) {
    if (performance.now() - spokenAt < SPOKEN_EVERY_MS) return;
    spokenAt = performance.now();
    show(
      "spoken",
      `${number(rate)} rows a second, lag ${number(lag)}, ${number(rejected)} rejected`,
    );
  }

  function connected(state, text) {
    byId("connection").className = state;
    show("connection-text", text);
  }

  /** The state anew after each connection: what came in between is in it. */
  async function begin() {
    const response = await fetch("/api/state");
    if (!response.ok) throw new Error(String(response.status));
    const { topic, group, quotes } = await response.json();
    show("where", `topic ${topic}, group ${group}`);
    for (const quote of quotes) {
      if (!symbols.has(quote[0])) symbols.set(quote[0], new Map());
      symbols.get(quote[0]).set(quote[1], quote);
    }
    drawList();
    drawChosen();
    drawCompared();
  }

  let waiting = [];
  let frame;
  /** Whether the state is there, to which the frames add. */
  let begun = false;
  const source = new EventSource("/api/events");
  source.addEventListener("open", () => {
    begun = false;
    begin().then(() => {
      begun = true;
      connected("live", "live");
    }).catch(() => connected("away", "connecting again"));
  });
  source.addEventListener("error", () => connected("away", "connecting again"));
  source.addEventListener("message", ({ data }) => {
    const { quotes, rest } = JSON.parse(data);
    waiting.push(...quotes);
    // One drawing for all that came since the last; a hidden page draws nothing.
    if (!begun || frame !== undefined) return;
    frame = requestAnimationFrame(() => {
      frame = undefined;
      const quotes = waiting;
      waiting = [];
      drawQuotes(quotes);
      drawRest(rest);
    });
  });

  /** For tests: what is drawn, read back from the chart itself. */
  globalThis.ticklake = { candles: () => candles.data(), chosen: () => chosen };
})();
