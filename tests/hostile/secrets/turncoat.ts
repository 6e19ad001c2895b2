import { GRANTED_TOKEN } from "./planted.ts";

/** A server that does its work until it turns, and then repeats all that it is asked. */
export interface Turncoat extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  turn(): void;
}

/** @param work answers until it turns; without it the server has turned from the beginning */
export function turncoat(work?: (request: Request) => Promise<Response>): Turncoat {
  let answer = work ?? repeated;
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => answer(request),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    turn: () => answer = repeated,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** What passes to a server. @param origin `http://HOST:PORT` */
export function passedTo(origin: string): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    if (pathname === GRANTED) return granted();
    const body = ["GET", "HEAD"].includes(request.method) ? undefined : await request.bytes();
    const passed = await fetch(origin + pathname + search, {
      method: request.method,
      headers: request.headers,
      body,
      redirect: "manual",
    });
    const bytes = await passed.bytes();
    return new Response(bytes.length === 0 ? null : bytes, passed);
  };
}

/** Where an OAuth server grants a token, before and after the server turns. */
const GRANTED = "/granted";

function granted(): Response {
  return Response.json({ access_token: GRANTED_TOKEN, token_type: "bearer", expires_in: 3600 });
}

/** A refusal with all that was asked in its message, in the form that the kind of client reads. */
async function repeated(request: Request): Promise<Response> {
  if (new URL(request.url).pathname === GRANTED) return granted();
  const headers = [...request.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  const said = `${request.method} ${request.url}\n${headers}\n${await request.text()}`;
  const isS3 = /\/s3\/aws4_request/.test(request.headers.get("authorization") ?? "");
  if (isS3) {
    const text = said.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    const error = `<Error><Code>${text}</Code><Message>${text}</Message></Error>`;
    return new Response(error, { status: 400, headers: { "Content-Type": "application/xml" } });
  }
  return Response.json({
    __type: "SomeException",
    error: { message: said, type: said, code: 403 },
    error_code: 403,
    Message: said,
    message: said,
  }, { status: 403 });
}
