import type { Broker } from "../broker/broker.ts";
import type { QueryEngine } from "../catalog/engine.ts";
import type { LakeStore } from "../lake/store.ts";
import type { MessageForm } from "../message/message_form.ts";
import { parseListenAddress, urlOf } from "../ops/http/listen_address.ts";
import { serveHttp } from "../ops/http/serve_http.ts";
import type { RowSchema } from "../schema/schema.ts";
import { Candles, QuoteMaker } from "./candles.ts";
import { DashboardAccess } from "./dashboard_access.ts";
import { eventStream } from "./event_stream.ts";
import { textWithFix } from "../failure/fix_of.ts";
import { messagePage } from "./message_page.ts";
import { loadHistory } from "./lake_history.ts";
import { LakeWatch } from "./lake_watch.ts";
import { PipelineHistory } from "./pipeline_history.ts";
import { quoteFields } from "./quote_fields.ts";
import { type PageFile, pageFiles } from "./page_files.ts";
import { QueryBox } from "./query_box.ts";
import { QuoteStream } from "./quote_stream.ts";
import { TopicTail } from "./topic_tail.ts";

/** The page loads nothing from and sends nothing to other hosts, and runs only our own files. */
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

/** Maximum number of pages with a live event stream; each holds a connection. */
const MOST_STREAMS = 512;

/** Maximum number of connections: the streams, and a few for other requests. */
const MOST_CONNECTIONS = MOST_STREAMS + 64;

/** Options of {@linkcode startDashboard}. */
export interface DashboardOptions {
  broker: Broker;
  store: LakeStore;
  schema: RowSchema;
  /** How messages are read. @default {as JSON} */
  form?: MessageForm;
  topic: string;
  group: string;
  /** `HOST:PORT`. */
  listen: string;
  token: string | undefined;
  /** Opens what answers SQL. @default {the page has no SQL} */
  openEngine?: () => Promise<QueryEngine>;
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
  const quotes = new QuoteStream(candles);
  const tail = new TopicTail({
    broker,
    topic,
    group,
    schema,
    form: options.form,
    onQuote: (quote) => quotes.add(quote),
  });
  // The group's offsets first, then the lake: in the other order, what is written in between would be missed.
  await tail.begin(signal);
  const faults = await loadHistory(candles, { store, schema, topic, signal });
  const history = new PipelineHistory();
  const keyName = schema.columns[quoteFields(schema).key].wire;
  const lake = new LakeWatch({ store, schema, topic });
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  const queries = options.openEngine &&
    new QueryBox({ open: options.openEngine, schema, signal: stop });
  let streams = 0;
  const messages = async (parameters: URLSearchParams, client: AbortSignal): Promise<Response> => {
    const number = (name: string) => {
      const text = parameters.get(name);
      return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
    };
    const partition = number("partition");
    if (partition === undefined) return new Response("which partition?\n", { status: 400 });
    try {
      const request = { partition, from: number("from") };
      const page = await messagePage(options, request, AbortSignal.any([stop, client]));
      return page === null
        ? new Response("there is no such partition\n", { status: 404 })
        : Response.json(page);
    } catch (error) {
      return new Response(`${textWithFix(error)}\n`, { status: 503 });
    }
  };
  const answer = (request: Request, remote: string): Response | Promise<Response> => {
    const refused = access.refuse(request, remote);
    if (refused?.status === 401 && isForPeople(request)) {
      return fileResponse(files.get("/login.html")!, 401);
    }
    if (refused !== undefined) return refused;
    if (request.method !== "GET") {
      return new Response("only GET\n", { status: 405, headers: { allow: "GET" } });
    }
    const { pathname, searchParams } = new URL(request.url);
    const file = files.get(pathname);
    if (file !== undefined) return fileResponse(file);
    if (pathname === "/api/state") {
      return Response.json({
        topic,
        group,
        key: keyName,
        history: history.points,
        examples: queries?.examples ?? [],
        quotes: candles.all(),
      });
    }
    if (pathname === "/api/messages") return messages(searchParams, request.signal);
    if (pathname === "/api/query" && queries !== undefined) {
      // A page of another site cannot send this header without asking first, which nothing answers.
      return request.headers.get("x-ticklake") === "query"
        ? queries.answer(searchParams.get("sql") ?? "")
        : new Response("expected the header X-Ticklake: query\n", { status: 403 });
    }
    if (pathname === "/api/events") {
      if (streams >= MOST_STREAMS) {
        return new Response("too many pages are open\n", { status: 503 });
      }
      streams++;
      return eventStream({ quotes, tail, lake, signal: stop, onEnd: () => streams-- });
    }
    return new Response("not found\n", { status: 404 });
  };
  const server = serveHttp(address, {
    source: "--listen",
    signal: stop,
    maxConnections: MOST_CONNECTIONS,
    async answer(request, remote) {
      const response = await answer(request, remote);
      for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
      return response;
    },
  });
  const working = Promise.all([
    tail.run(stop),
    lake.run(stop),
    history.run(tail, stop),
    server.finished,
  ]);
  return {
    url: urlOf(server.addr),
    faults,
    finished: working.then(() => {}).finally(() => {
      ended.abort();
      return queries?.close();
    }),
  };
}

/** Whether a browser asks for a page to show, and no script for data. */
function isForPeople(request: Request): boolean {
  return new URL(request.url).pathname === "/" &&
    (request.headers.get("accept") ?? "").includes("text/html");
}

function fileResponse({ type, bytes }: PageFile, status = 200): Response {
  return new Response(bytes, { status, headers: { "content-type": type } });
}
