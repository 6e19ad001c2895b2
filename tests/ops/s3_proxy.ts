/** A server in front of an S3 API. */
export interface S3Proxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
}

/** What {@linkcode startS3Proxy} does to what passes. */
export interface S3ProxyOptions {
  /** Answers in place of the API; `undefined` lets the request pass. */
  answer?: (request: Request) => Response | undefined;
  /** Milliseconds by which the times of its answers are off. */
  clockOffMs?: number;
}

/** Starts a proxy that lets requests pass to an S3 API, or does not. */
export function startS3Proxy(api: string, options: S3ProxyOptions): S3Proxy {
  const { answer, clockOffMs } = options;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const own = answer?.(request);
      if (own !== undefined) return own;
      const { pathname, search } = new URL(request.url);
      const body = ["GET", "HEAD"].includes(request.method) ? undefined : await request.bytes();
      const passed = await fetch(api + pathname + search, {
        method: request.method,
        headers: request.headers,
        body,
        redirect: "manual",
      });
      const headers = new Headers(passed.headers);
      if (clockOffMs !== undefined) {
        headers.set("date", new Date(Date.now() + clockOffMs).toUTCString());
      }
      const content = await passed.bytes();
      return new Response(content.length === 0 ? null : content, {
        status: passed.status,
        headers,
      });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
