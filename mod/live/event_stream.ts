import type { LakeWatch } from "./lake_watch.ts";
import type { QuoteStream } from "./quote_stream.ts";
import type { TopicTail } from "./topic_tail.ts";

/** Milliseconds between two frames, at least. */
const FRAME_MS = 100;

/** Milliseconds between two checks of everything but quotes. */
const LOOK_MS = 200;

/** Milliseconds after which a frame is sent though nothing has changed, so that both sides see each other. */
const QUIET_MS = 1000;

/** Milliseconds over which the rate is taken. */
const RATE_MS = 3000;

/**
 * Maximum frames queued for a page that does not keep up: it gets fewer, and costs no more memory.
 */
const MOST_WAITING = 4;

/** Sources of an event stream. */
export interface EventSources {
  quotes: QuoteStream;
  tail: TopicTail;
  lake: LakeWatch;
  /** Ends the stream. */
  signal: AbortSignal;
  /** Called when it has ended. */
  onEnd: () => void;
}

/**
 * Server-sent events for one page. A frame has the quotes that came since the last one, the rate,
 * the partitions and, if it has changed, the view of the lake. The first quote after a pause goes
 * at once; those that follow are gathered.
 */
export function eventStream({ quotes, tail, lake, signal, onEnd }: EventSources): Response {
  const encoder = new TextEncoder();
  const rate = new Rate();
  let sentAt = -Infinity;
  let sentState = "";
  let sentLake: unknown;
  let ticker: ReturnType<typeof setInterval>;
  let soon: ReturnType<typeof setTimeout> | undefined;
  let end = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const frame = () => {
        const now = performance.now();
        if (now - sentAt < FRAME_MS || (controller.desiredSize ?? 1) <= -MOST_WAITING) return;
        const { pending } = viewer;
        const { lags, trouble, messages } = tail;
        const state = JSON.stringify({ rate: rate.of(messages, now), lags, trouble }).slice(1, -1);
        const isNews = pending.size > 0 || state !== sentState || lake.view !== sentLake;
        if (!isNews && now - sentAt < QUIET_MS) return;
        const view = lake.view === sentLake ? "" : `,"lake":${JSON.stringify(lake.view)}`;
        const quotes = JSON.stringify([...pending.values()]);
        pending.clear();
        [sentAt, sentState, sentLake] = [now, state, lake.view];
        controller.enqueue(encoder.encode(`data: {"quotes":${quotes},${state}${view}}\n\n`));
      };
      const wake = () => {
        if (soon !== undefined) return;
        soon = setTimeout(() => {
          soon = undefined;
          frame();
        }, Math.max(0, sentAt + FRAME_MS - performance.now()));
      };
      const close = () => {
        end();
        controller.close();
      };
      const viewer = quotes.join(wake);
      end = () => {
        clearInterval(ticker);
        clearTimeout(soon);
        quotes.leave(viewer);
        signal.removeEventListener("abort", close);
        onEnd();
      };
      controller.enqueue(encoder.encode("retry: 500\n\n"));
      frame();
      ticker = setInterval(frame, LOOK_MS);
      signal.addEventListener("abort", close);
      if (signal.aborted) close();
    },
    cancel: () => end(),
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** Messages a second, over the last seconds. */
class Rate {
  readonly #marks: Array<[at: number, messages: number]> = [];

  of(messages: number, now: number): number {
    const marks = this.#marks;
    marks.push([now, messages]);
    while (marks.length > 2 && now - marks[1][0] > RATE_MS) marks.shift();
    const [at, before] = marks[0];
    return now === at ? 0 : Math.round((messages - before) / (now - at) * 1000);
  }
}
