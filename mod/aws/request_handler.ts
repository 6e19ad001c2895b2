import { FetchHttpHandler } from "@smithy/fetch-http-handler";

/** Options of {@linkcode requestHandler}. */
export interface RequestHandlerOptions {
  /**
   * Milliseconds for which the other side may be silent: until it answers (besides the time that
   * sending the body takes), then between two parts of its answer. @default {6_000}
   */
  silenceMs?: number;
}

/** Bytes a second at which a body must leave: 4 Mbit/s, a poor uplink. */
const SLOWEST_UPLOAD = 512 * 1024;

/** Milliseconds that sending so many bytes may take. */
export function uploadMs(bytes: number): number {
  return bytes / SLOWEST_UPLOAD * 1000;
}

/** How an AWS client sends its requests. */
export interface RequestHandler {
  handler: FetchHttpHandler;
  /** Closes the connections. */
  close(): void;
}

/**
 * A request handler for an AWS client, on `fetch`: the SDK's own, on node:http, never times out in
 * older versions of Deno. Connections are kept for further requests, and the system's proxy settings
 * and certificates hold.
 */
export function requestHandler({ silenceMs = 6000 }: RequestHandlerOptions = {}): RequestHandler {
  const client = Deno.createHttpClient({ poolIdleTimeout: 20_000 });
  const customFetch = async (input: URL | RequestInfo): Promise<Response> => {
    const request = input as Request;
    const silence = new AbortController();
    const sending = uploadMs(Number(request.headers.get("content-length") ?? 0));
    const timer = setTimeout(() => silence.abort(), silenceMs + sending);
    try {
      const response = await fetch(request, {
        client,
        // A redirected request would need another signature; the SDK makes that one.
        redirect: "manual",
        signal: AbortSignal.any([request.signal, silence.signal]),
      });
      return watched(response, silenceMs);
    } catch (error) {
      throw request.signal.aborted ? error : named(error, silence.signal);
    } finally {
      clearTimeout(timer);
    }
  };
  return { handler: new FetchHttpHandler({ customFetch }), close: () => client.close() };
}

/** The response, with an error in its body's place when that stands still. */
function watched(response: Response, silenceMs: number): Response {
  if (response.body === null) return response;
  let timer: ReturnType<typeof setTimeout>;
  const body = response.body.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      start(controller) {
        timer = setTimeout(() => controller.error(timeout()), silenceMs);
      },
      transform(chunk, controller) {
        clearTimeout(timer);
        timer = setTimeout(() => controller.error(timeout()), silenceMs);
        controller.enqueue(chunk);
      },
      flush() {
        clearTimeout(timer);
      },
    }),
  );
  return new Response(body, response);
}

/** What `fetch` says in words, and the codes of node:http, by which the SDK decides about retries. */
const CODES: ReadonlyArray<readonly [words: RegExp, code: string]> = [
  [/dns error|failed to lookup/i, "ENOTFOUND"],
  [/refused/i, "ECONNREFUSED"],
  [/certificate|UnknownIssuer|NotValidForName/i, "ERR_TLS_CERT"],
  [/unreachable/i, "EHOSTUNREACH"],
  [/timed out/i, "ETIMEDOUT"],
];

function named(error: unknown, silence: AbortSignal): unknown {
  if (silence.aborted) return timeout();
  if (!(error instanceof TypeError)) return error;
  const words = `${error.message} ${error.cause instanceof Error ? error.cause.message : ""}`;
  // Whatever else breaks a request after the connection is made is a connection that broke.
  const code = CODES.find(([pattern]) => pattern.test(words))?.[1] ?? "ECONNRESET";
  return Object.assign(new Error(words.trim(), { cause: error }), { code });
}

function timeout(): Error {
  return Object.assign(new Error("no answer in time"), { name: "TimeoutError" });
}
