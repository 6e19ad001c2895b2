/* What is no quote: the rate, the lag, the lake, and what was rejected. */
import { byId, number, rows, show, size, svg } from "./text.js";

/** Milliseconds between two sentences for those who listen. */
const SPOKEN_EVERY_MS = 15_000;

export class PipelineView {
  #lake;
  #spokenAt = -Infinity;

  /** Draws a frame; what of it has not come is as it was. */
  draw({ rate, lags, trouble, lake }) {
    if (lake !== undefined) {
      this.#lake = lake;
      drawLake(lake);
      drawGrowth(lake.growth);
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
    const words = trouble ?? this.#lake?.trouble;
    byId("trouble").hidden = words === undefined;
    show("trouble", words ?? "");
    this.#speak(rate, lag);
  }

  #speak(rate, lag) {
    if (performance.now() - this.#spokenAt < SPOKEN_EVERY_MS) return;
    this.#spokenAt = performance.now();
    const rejected = this.#lake === undefined ? 0 : rejectedOf(this.#lake);
    show(
      "spoken",
      `${number(rate)} rows a second, lag ${number(lag)}, ${number(rejected)} rejected`,
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
  byId("no-rejections").hidden = !none;
  byId("some-rejections").hidden = none;
  rows("reasons", lake.reasons.map(([reason, count]) => [number(count), reason]));
  rows(
    "rejections",
    lake.rejected.map(({ partition, offset, timestamp, reason }) => [
      String(partition),
      number(offset),
      timestamp.slice(0, 19).replace("T", " "),
      reason,
    ]),
  );
}

const WIDTH = 300;
const HEIGHT = 80;

/** Bytes over time. It begins at the least, not at nothing: a large lake would grow unseen. */
function drawGrowth(points) {
  if (points.length === 0) return;
  const [begin, end] = [points[0][0], points.at(-1)[0]];
  const [least, most] = [points[0][1], Math.max(...points.map(([, bytes]) => bytes))];
  const floor = Math.min(least, ...points.map(([, bytes]) => bytes));
  const x = (at) => end === begin ? WIDTH : (at - begin) / (end - begin) * WIDTH;
  const y = (bytes) =>
    most === floor ? HEIGHT * 0.8 : HEIGHT * (0.9 - 0.85 * (bytes - floor) / (most - floor));
  const line = points.map(([at, bytes]) => `${x(at).toFixed(1)} ${y(bytes).toFixed(1)}`);
  if (line.length === 1) line.unshift(`0 ${y(least).toFixed(1)}`);
  byId("growth").replaceChildren(
    svg("path", { class: "area", d: `M0 ${HEIGHT}L${line.join("L")}L${WIDTH} ${HEIGHT}Z` }),
    svg("path", { d: `M${line.join("L")}` }),
  );
  const time = (at) => new Date(at).toLocaleTimeString("en-GB", { timeStyle: "short" });
  show("growth-begin", `${time(begin)}  ${size(least)}`);
  show("growth-end", `${time(end)}  ${size(points.at(-1)[1])}`);
}
