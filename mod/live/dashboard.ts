import type { Broker } from "../broker/broker.ts";
import type { LakeStore } from "../lake/store.ts";
import { parseListenAddress, urlOf } from "../ops/listen_address.ts";
import { serveHttp } from "../ops/serve_http.ts";
import type { RowSchema } from "../schema/schema.ts";
import { Candles, type Quote } from "./candles.ts";
import { DashboardAccess } from "./dashboard_access.ts";
import { loadHistory } from "./lake_history.ts";
import { LakeWatch } from "./lake_watch.ts";
import { type PageFile, pageFiles } from "./page_files.ts";
import { TopicTail } from "./topic_tail.ts";

/** Milliseconds between two frames of an event stream. */
const FRAME_MS = 100;

/** Frames after which one is sent though nothing has changed, so that both sides see each other. */
const QUIET_FRAMES = 10;

/** Milliseconds over which the rate is taken. */
const RATE_MS = 3000;

/** Nothing comes from elsewhere, nothing goes elsewhere, nothing is run that is not a file of ours. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/** Options of {@linkcode startDashboard}. */
export interface DashboardOptions {
  broker: Broker;
  store: LakeStore;
  schema: RowSchema;
  topic: string;
  group: string;
  /** `HOST:PORT`. */
  listen: string;
  token: string | undefined;
  signal: AbortSignal;
}

/** A dashboard that runs. */
export interface Dashboard {
  /** `http://HOST:PORT`. */
  readonly url: string;
  /** What of the lake's history could not be read. */
  readonly faults: readonly string[];
  /** Resolves after the signal has aborted, when the server has ended. */
  readonly finished: Promise<void>;
}

/**
 * Serves the dashboard until the signal aborts.
 * @throws {Failure} kind `usage` for a wrong address or a missing token; `failed`, when it cannot
 * listen there; `service`, when the lake cannot be read
 */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { broker, store, schema, topic, group, signal } = options;
  const address = parseListenAddress(options.listen, "--listen");
  const access = new DashboardAccess(address, options.token);
  const files = await pageFiles();
  const candles = new Candles();
  const faults = await loadHistory(candles, { store, schema, topic, signal });
  const feed = new Feed(candles);
  const tail = new TopicTail({
    broker,
    topic,
    group,
    schema,
    onQuote: (quote) => feed.add(quote),
  });
  const lake = new LakeWatch({ store, schema, topic });
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  const answer = (request: Request): Response => {
    const refused = access.refuse(request);
    if (refused !== undefined) return refused;
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response("", { status: 405 });
    }
    const { pathname } = new URL(request.url);
    const file = files.get(pathname);
    if (file !== undefined) return fileResponse(file);
    if (pathname === "/api/state") return Response.json({ topic, group, quotes: candles.all() });
    if (pathname === "/api/events") return events(feed, tail, lake, stop);
    return new Response("not found\n", { status: 404 });
  };
  const server = serveHttp(address, "--listen", stop, (request) => {
    const response = answer(request);
    for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
    return response;
  });
  const working = Promise.all([tail.run(stop), lake.run(stop), server.finished]);
  return {
    url: urlOf(server.addr),
    faults,
    finished: working.then(() => {}).finally(() => ended.abort()),
  };
}

/** Quotes on their way to all who look. */
class Feed {
  readonly #candles: Candles;
  readonly #viewers = new Set<Map<string, Quote>>();

  constructor(candles: Candles) {
    this.#candles = candles;
  }

  /** Of an index and day a frame has the last quote: that bounds it, however many come. */
  add(quote: Quote): void {
    this.#candles.add(quote);
    for (const pending of this.#viewers) pending.set(`${quote[0]} ${quote[1]}`, quote);
  }

  join(): Map<string, Quote> {
    const pending = new Map<string, Quote>();
    this.#viewers.add(pending);
    return pending;
  }

  leave(pending: Map<string, Quote>): void {
    this.#viewers.delete(pending);
  }
}

/** A stream of frames: quotes at once, the rest when it changes. */
function events(feed: Feed, tail: TopicTail, lake: LakeWatch, stop: AbortSignal): Response {
  const pending = feed.join();
  const encoder = new TextEncoder();
  const marks: Array<[at: number, messages: number]> = [];
  let lastRest = "";
  let quiet = 0;
  let timer: ReturnType<typeof setInterval>;
  let end = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const frame = () => {
        // A page that does not keep up gets fewer frames, not more memory.
        if ((controller.desiredSize ?? 1) < -4) return;
        const rest = JSON.stringify({
          rate: rateOf(marks, tail.messages),
          lags: tail.lags,
          lake: lake.view,
          trouble: tail.trouble,
        });
        if (pending.size === 0 && rest === lastRest && ++quiet < QUIET_FRAMES) return;
        quiet = 0;
        const quotes = JSON.stringify([...pending.values()]);
        pending.clear();
        lastRest = rest;
        controller.enqueue(encoder.encode(`data: {"quotes":${quotes},"rest":${rest}}\n\n`));
      };
      end = () => {
        clearInterval(timer);
        feed.leave(pending);
        stop.removeEventListener("abort", close);
      };
      const close = () => {
        end();
        controller.close();
      };
      controller.enqueue(encoder.encode("retry: 500\n\n"));
      frame();
      timer = setInterval(frame, FRAME_MS);
      stop.addEventListener("abort", close);
    },
    cancel: () => end(),
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

function rateOf(marks: Array<[at: number, messages: number]>, messages: number): number {
  const now = performance.now();
  marks.push([now, messages]);
  while (marks.length > 2 && now - marks[1][0] > RATE_MS) marks.shift();
  const [at, before] = marks[0];
  return now === at ? 0 : Math.round((messages - before) / (now - at) * 1000);
}

function fileResponse({ type, bytes }: PageFile): Response {
  return new Response(bytes, { headers: { "content-type": type } });
}
