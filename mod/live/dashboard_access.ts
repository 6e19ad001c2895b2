import { createHash, timingSafeEqual } from "node:crypto";
import { Failure } from "../failure/failure.ts";
import { isLoopback } from "../ops/http/host_names.ts";
import type { ListenAddress } from "../ops/http/listen_address.ts";
import { GuessLimit } from "./guess_limit.ts";
import { Sessions } from "./sessions.ts";

const COOKIE = "ticklake_session";

/** What the page that asks for the token is made of; there is nothing in it to hide. */
const LOGIN_FILES: readonly string[] = ["/login.html", "/login.js", "/app.css"];

/** Shortest token that keeps others out. */
const SHORTEST_TOKEN = 16;

/**
 * Who may see the dashboard. A browser sends the token once, in a header (an address would stay in histories
 * and logs), and gets a session; a script sends it with each request.
 */
export class DashboardAccess {
  /** The token's digest: digests have equal length, so comparing them does not reveal the token's length. */
  readonly #token: Uint8Array | undefined;
  readonly #isLocal: boolean;
  readonly #sessions = new Sessions();
  readonly #guesses = new GuessLimit();

  /**
   * @throws {Failure} kind `usage`, when other hosts could see it without a token, or with one that
   * is short
   */
  constructor({ hostname }: ListenAddress, token: string | undefined) {
    this.#isLocal = isLoopback(hostname);
    if (token !== undefined && token.length < SHORTEST_TOKEN) {
      throw new Failure(
        "usage",
        `TICKLAKE_DASHBOARD_TOKEN: expected at least ${SHORTEST_TOKEN} characters, found ${token.length}`,
        { fix: "Generate a random one: openssl rand -hex 16" },
      );
    }
    if (!this.#isLocal && token === undefined) {
      throw new Failure(
        "usage",
        `--listen ${hostname}: other hosts could see the dashboard without a token`,
        {
          fix:
            "Set TICKLAKE_DASHBOARD_TOKEN (or TICKLAKE_DASHBOARD_TOKEN_FILE), or listen on 127.0.0.1.",
        },
      );
    }
    this.#token = token === undefined ? undefined : digest(token);
  }

  /**
   * The response to a request that is refused or logs in; `undefined` if the request is allowed.
   * @param remote address of the client
   */
  refuse(request: Request, remote: string): Response | undefined {
    const url = new URL(request.url);
    // A page of another site can use a name of its own that resolves to this host.
    if (this.#isLocal && !isLoopback(url.hostname.replace(/^\[|\]$/g, ""))) {
      return text(403, "the dashboard only serves this host: open it as 127.0.0.1 or localhost\n");
    }
    if (this.#token === undefined || LOGIN_FILES.includes(url.pathname)) return undefined;
    const session = cookieOf(request);
    if (session !== undefined && this.#sessions.has(session)) return undefined;
    const bearer = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
    if (bearer === undefined) return unauthorized();
    if (!this.#guesses.allows(remote)) return tooManyGuesses();
    if (!this.#matches(bearer)) {
      this.#guesses.wrong(remote);
      return unauthorized();
    }
    if (url.pathname !== "/login" || request.method !== "POST") return undefined;
    const cookie = `${COOKIE}=${this.#sessions.begin()}; HttpOnly; SameSite=Strict; Path=/`;
    return new Response(null, { status: 204, headers: { "set-cookie": cookie } });
  }

  #matches(given: string): boolean {
    return timingSafeEqual(digest(given), this.#token!);
  }
}

function unauthorized(): Response {
  const response = text(
    401,
    "token required: open / in a browser, or send it as Authorization: Bearer\n",
  );
  response.headers.set("www-authenticate", "Bearer");
  return response;
}

function tooManyGuesses(): Response {
  const response = text(429, "too many wrong tokens: wait a minute\n");
  response.headers.set("retry-after", "60");
  return response;
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

function cookieOf(request: Request): string | undefined {
  return new RegExp(`(?:^|; )${COOKIE}=([0-9a-f]+)(?:;|$)`)
    .exec(request.headers.get("cookie") ?? "")?.[1];
}

function text(status: number, body: string): Response {
  return new Response(body, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}
