import { pause } from "../wait/sleep.ts";
import type { TopicTail } from "./topic_tail.ts";

/** Milliseconds between two points. */
const POINT_MS = 5000;

/** Points that are kept: an hour. */
const MOST_POINTS = 720;

/** Rate and lag at a moment: milliseconds since 1970, rows a second, messages. */
export type PipelinePoint = [atMs: number, rate: number, lag: number];

/** Rate and lag over time, for as long as the dashboard runs. */
export class PipelineHistory {
  readonly points: PipelinePoint[] = [];

  /** Takes a point now and then until the signal aborts. */
  async run(tail: TopicTail, signal: AbortSignal): Promise<void> {
    let before = tail.messages;
    let at = performance.now();
    while (!signal.aborted) {
      await pause(POINT_MS, signal);
      const now = performance.now();
      const rate = Math.round((tail.messages - before) / (now - at) * 1000);
      const lag = tail.lags.reduce((sum, partition) => sum + partition.lag, 0);
      this.points.push([Date.now(), rate, lag]);
      if (this.points.length > MOST_POINTS) this.points.shift();
      [before, at] = [tail.messages, now];
    }
  }
}
