import { HostNames } from "../http/host_names.ts";
import { type ListenAddress, urlOf } from "../http/listen_address.ts";
import type { Metrics } from "./metrics.ts";
import type { Readiness } from "./readiness.ts";
import { serveHttp } from "../http/serve_http.ts";

/** Enough for several scrapers and probes; each idle connection takes one of the process's files. */
const MOST_CONNECTIONS = 64;

/** Milliseconds that requests in flight may take when the server closes. */
const CLOSE_MS = 1000;

/** Options of {@linkcode openHealthServer}. */
export interface HealthServerOptions {
  address: ListenAddress;
  metrics: Metrics;
  readiness: Readiness;
  /** Names under which it may be asked besides those of {@linkcode HostNames}. @default {[]} */
  hosts?: readonly string[];
}

/** A running server. */
export interface HealthServer {
  /** `http://HOST:PORT`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves `/metrics` for Prometheus, `/healthz` (200 as long as the process answers) and `/readyz` (200
 * when the pipeline can do its work, otherwise 503 with what is missing; why is in the log alone, as messages
 * of errors name hosts, buckets and more).
 * @throws {Failure} kind `failed`, when it cannot listen there
 */
export function openHealthServer(options: HealthServerOptions): HealthServer {
  const { address, metrics, readiness } = options;
  const names = new HostNames(address, options.hosts);
  const answer = async (request: Request): Promise<Response> => {
    if (request.method !== "GET" && request.method !== "HEAD") return text(405, "GET or HEAD\n");
    const { hostname, pathname } = new URL(request.url);
    if (!names.include(hostname)) {
      return text(403, "use the host's address, or add its name to TICKLAKE_HTTP_HOSTS\n");
    }
    switch (pathname) {
      case "/metrics":
        return text(200, await metrics.text(), metrics.contentType);
      case "/healthz":
        return text(200, "ok\n");
      case "/readyz": {
        const { obstacles } = readiness;
        return obstacles.length === 0
          ? text(200, "ready\n")
          : text(503, `not ready: ${obstacles.join("; ")}\n`);
      }
      default:
        return text(404, "try /metrics, /healthz or /readyz\n");
    }
  };
  const aborting = new AbortController();
  const server = serveHttp(address, {
    source: "--metrics",
    signal: aborting.signal,
    answer,
    maxConnections: MOST_CONNECTIONS,
    limits: { headMs: 5000, writeMs: 10_000 },
  });
  return {
    url: urlOf(server.addr),
    async close() {
      const timer = setTimeout(() => aborting.abort(), CLOSE_MS);
      await server.shutdown();
      clearTimeout(timer);
    },
  };
}

function text(status: number, body: string, type = "text/plain; charset=utf-8"): Response {
  return new Response(body, { status, headers: { "content-type": type } });
}
