/* What is no quote: the rate, the lag, the lake, and what was rejected. */
import { byId, number, rows, show, size } from "./text.js";
import { drawTimeline } from "./timeline.js";

/** Milliseconds between two sentences for those who listen. */
const SPOKEN_EVERY_MS = 15_000;

/** Milliseconds between two points of the history, as the server takes them. */
const POINT_MS = 5000;

/** Points that are kept: an hour. */
const MOST_POINTS = 720;

/** Rate and lag over time: what the server has kept, and what comes. */
class PipelineHistory {
  #points = [];

  begin(points) {
    this.#points = points;
    this.#draw();
  }

  take(rate, lag) {
    const now = Date.now();
    if (now - (this.#points.at(-1)?.[0] ?? -Infinity) < POINT_MS) return;
    this.#points = [...this.#points, [now, rate, lag]].slice(-MOST_POINTS);
    this.#draw();
  }

  #draw() {
    drawTimeline(
      "rates",
      this.#points.map(([at, rate]) => [at, rate]),
      (rate) => `${number(rate)}/s`,
    );
    drawTimeline("lag-history", this.#points.map(([at, , lag]) => [at, lag]), number);
  }
}

export class PipelineView {
  #lake;
  #spokenAt = -Infinity;
  #history = new PipelineHistory();
  /** Why the topic or the lake cannot be looked at now. */
  trouble;

  /** Begins with what the server has kept. */
  begin(points) {
    this.#history.begin(points);
  }

  /** Draws a frame; what of it has not come is as it was. */
  draw({ rate, lags, trouble, lake }) {
    if (lake !== undefined) {
      this.#lake = lake;
      drawLake(lake);
      drawTimeline("growth", lake.last.length > 0 ? lake.growth : [], size, false);
    }
    const lag = lags.reduce((sum, partition) => sum + partition.lag, 0);
    show("rate", number(rate));
    show("lag", number(lag));
    rows(
      "lags",
      lags.map(({ partition, high, committed, lag }) => [
        String(partition),
        number(high),
        committed === null ? "nothing" : number(committed),
        number(lag),
      ]),
    );
    byId("no-topic").hidden = lags.length > 0;
    this.#history.take(rate, lag);
    this.trouble = trouble ?? this.#lake?.trouble;
    byId("trouble").hidden = this.trouble === undefined;
    show("trouble", this.trouble ?? "");
    this.#speak(rate, lag);
  }

  #speak(rate, lag) {
    if (performance.now() - this.#spokenAt < SPOKEN_EVERY_MS) return;
    this.#spokenAt = performance.now();
    const rejected = this.#lake === undefined ? 0 : rejectedOf(this.#lake);
    show(
      "spoken",
      `${number(rate)} rows per second, lag ${number(lag)}, ${number(rejected)} rejected`,
    );
  }
}

const rejectedOf = ({ reasons }) => reasons.reduce((sum, [, count]) => sum + count, 0);

function drawLake(lake) {
  show("messages", number(lake.messages));
  show(
    "lake-size",
    `messages, ${size(lake.bytes)}`,
  );
  show("rejected", number(rejectedOf(lake)));
  rows(
    "objects",
    lake.last.map(({ name, size: bytes, partition, first, last }) =>
      Object.assign(
        [
          name.split("/").slice(1, -1).join("/") || "/",
          String(partition),
          first === last ? number(first) : `${number(first)} – ${number(last)}`,
          size(bytes),
        ],
        { title: name },
      )
    ),
  );
  const none = lake.rejected.length === 0;
  byId("no-objects").hidden = lake.last.length > 0;
  byId("no-rejections").hidden = !none;
  byId("some-rejections").hidden = none;
  rows("reasons", lake.reasons.map(([reason, count]) => [number(count), reason]));
  rows(
    "rejections",
    lake.rejected.map(({ partition, offset, timestamp, reason, value }) => [
      String(partition),
      number(offset),
      timestamp.slice(0, 19).replace("T", " "),
      reason,
      value ?? "(no value)",
    ]),
  );
}
