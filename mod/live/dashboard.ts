import type { Broker } from "../broker/broker.ts";
import type { LakeStore } from "../lake/store.ts";
import { parseListenAddress, urlOf } from "../ops/http/listen_address.ts";
import { serveHttp } from "../ops/http/serve_http.ts";
import type { RowSchema } from "../schema/schema.ts";
import { Candles, QuoteMaker } from "./candles.ts";
import { DashboardAccess } from "./dashboard_access.ts";
import { eventStream } from "./event_stream.ts";
import { loadHistory } from "./lake_history.ts";
import { LakeWatch } from "./lake_watch.ts";
import { type PageFile, pageFiles } from "./page_files.ts";
import { QuoteFeed } from "./quote_stream.ts";
import { TopicTail } from "./topic_tail.ts";

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
 * listen there; `service`, when the broker or the lake cannot be reached
 */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { broker, store, schema, topic, group, signal } = options;
  const address = parseListenAddress(options.listen, "--listen");
  const access = new DashboardAccess(address, options.token);
  const files = await pageFiles();
  const candles = new Candles(new QuoteMaker(schema).wholeDays);
  const feed = new QuoteFeed(candles);
  const tail = new TopicTail({
    broker,
    topic,
    group,
    schema,
    onQuote: (quote) => feed.add(quote),
  });
  // First where the group stands, then the lake: what is in neither would never be seen.
  await tail.begin();
  const faults = await loadHistory(candles, { store, schema, topic, signal });
  const lake = new LakeWatch({ store, schema, topic });
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  const answer = (request: Request): Response => {
    const refused = access.refuse(request);
    if (refused !== undefined) return refused;
    if (request.method !== "GET") {
      return new Response("only GET\n", { status: 405, headers: { allow: "GET" } });
    }
    const { pathname } = new URL(request.url);
    const file = files.get(pathname);
    if (file !== undefined) return fileResponse(file);
    if (pathname === "/api/state") return Response.json({ topic, group, quotes: candles.all() });
    if (pathname === "/api/events") return eventStream({ feed, tail, lake, signal: stop });
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

function fileResponse({ type, bytes }: PageFile): Response {
  return new Response(bytes, { headers: { "content-type": type } });
}
