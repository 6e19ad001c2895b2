import { type ListenAddress, urlOf } from "../http/listen_address.ts";
import type { Metrics } from "./metrics.ts";
import type { Readiness } from "./readiness.ts";
import { serveHttp } from "../http/serve_http.ts";

/** Milliseconds that answers in the works may take when the server closes. */
const CLOSE_MS = 1000;

/** Options of {@linkcode openHealthServer}. */
export interface HealthServerOptions {
  address: ListenAddress;
  metrics: Metrics;
  readiness: Readiness;
}

/** A server that runs. */
export interface HealthServer {
  /** `http://HOST:PORT`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves `/metrics` for Prometheus, `/healthz` (200 as long as the process answers) and `/readyz` (200
 * when the pipeline can do its work, else 503 with the reasons).
 * @throws {Failure} kind `failed`, when it cannot listen there
 */
export function openHealthServer(options: HealthServerOptions): HealthServer {
  const { address, metrics, readiness } = options;
  const answer = async (request: Request): Promise<Response> => {
    if (request.method !== "GET" && request.method !== "HEAD") return text(405, "GET or HEAD\n");
    switch (new URL(request.url).pathname) {
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
        return text(404, "here are /metrics, /healthz and /readyz\n");
    }
  };
  const aborting = new AbortController();
  const server = serveHttp(address, "--metrics", aborting.signal, answer);
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
