/* The dashboard's page: what comes from the server, into its views. */
import { CandleView } from "./candle_view.js";
import { Comparison } from "./comparison.js";
import { IndexList } from "./index_list.js";
import { MessageView } from "./message_view.js";
import { PipelineView } from "./pipeline_view.js";
import { QueryView } from "./query_view.js";
import { dayOf, Quotes, symbolOf } from "./quotes.js";
import { followStream } from "./stream.js";
import { byId, show } from "./text.js";

const quotes = new Quotes();
const candles = new CandleView(quotes);
const comparison = new Comparison(quotes);
const list = new IndexList(quotes, (symbol) => candles.choose(symbol));
const messages = new MessageView();
const pipeline = new PipelineView();
const queries = new QueryView();

/** What came since the last drawing: of an index and day the newest quote, so that it stays bounded. */
const waiting = new Map();
let latest = {};
let drawing;
let frames = 0;
let connection = { state: "", text: "connecting" };

followStream({
  onState({ topic, group, key, history, examples, quotes: all }) {
    show("where", `topic ${topic}, group ${group}`);
    show("indices-title", key);
    pipeline.begin(history);
    queries.offer(examples);
    quotes.clear();
    waiting.clear();
    for (const quote of all) quotes.take(quote);
    list.draw();
    if (all.length > 0) candles.draw();
    comparison.clear();
    comparison.draw();
  },
  onFrame({ quotes: some, ...rest }) {
    frames++;
    for (const quote of some) waiting.set(`${symbolOf(quote)} ${dayOf(quote)}`, quote);
    latest = { lake: latest.lake, ...rest };
    // One drawing for all that came since the last; a page that is not seen draws nothing.
    drawing ??= requestAnimationFrame(draw);
  },
  onConnection(state, text) {
    connection = { state, text };
    showConnection();
  },
});

/** The mark at the top says "live" only where nothing on the page is old. */
function showConnection() {
  const stale = connection.state === "live" && pipeline.trouble !== undefined;
  byId("connection").className = stale ? "away" : connection.state;
  show("connection-text", stale ? "not up to date" : connection.text);
  // Without the server it is unknown whether the trouble is over.
  if (connection.state !== "live") byId("trouble").hidden = true;
}

function draw() {
  drawing = undefined;
  const some = [...waiting.values()];
  waiting.clear();
  if (some.length > 0) {
    const { chosen } = list;
    for (const quote of some) quotes.take(quote);
    list.draw();
    // The first index of all was drawn when the list chose it.
    if (chosen !== undefined) candles.update(some.filter((quote) => symbolOf(quote) === chosen));
    comparison.changed();
  }
  comparison.draw();
  pipeline.draw(latest);
  messages.offer(latest.lags.map(({ partition }) => String(partition)));
  showConnection();
  delete latest.lake;
}

/** For tests: what is drawn, as read back from the charts. */
globalThis.ticklake = {
  candles: () => candles.drawn,
  lines: () => comparison.drawn,
  range: () => candles.range,
  label: (value) => candles.label(value),
  volumes: () => candles.volumes,
  averages: () => candles.averages,
  frames: () => frames,
};
