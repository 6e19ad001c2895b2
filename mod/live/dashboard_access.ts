import { createHash, timingSafeEqual } from "node:crypto";
import { Failure } from "../failure/failure.ts";
import type { ListenAddress } from "../ops/http/listen_address.ts";

const COOKIE = "ticklake_token";

/** Shortest token that keeps others out. */
const SHORTEST_TOKEN = 16;

const LOOPBACK = ["127.0.0.1", "::1", "localhost"];

/** Who may see the dashboard. */
export class DashboardAccess {
  /** The token's digest: two digests are of one length, so comparing them tells nothing of the token's. */
  readonly #token: Uint8Array | undefined;
  readonly #isLocal: boolean;

  /**
   * @throws {Failure} kind `usage`, when other hosts could see it without a token, or with one that
   * is short
   */
  constructor({ hostname }: ListenAddress, token: string | undefined) {
    this.#isLocal = LOOPBACK.includes(hostname);
    if (token !== undefined && token.length < SHORTEST_TOKEN) {
      throw new Failure(
        "usage",
        `TICKLAKE_DASHBOARD_TOKEN: expected at least ${SHORTEST_TOKEN} characters, found ${token.length}`,
        { fix: "Take a random one: openssl rand -hex 16" },
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

  /** An answer for a request that may see nothing, or logs in; `undefined` where it may go on. */
  refuse(request: Request): Response | undefined {
    const url = new URL(request.url);
    // A page of another site can name an address of its own that leads here.
    if (this.#isLocal && !LOOPBACK.includes(url.hostname.replace(/^\[|\]$/g, ""))) {
      return text(403, "the dashboard is for this host: open it as 127.0.0.1 or localhost\n");
    }
    if (this.#token === undefined) return undefined;
    const given = url.searchParams.get("token");
    if (given !== null) {
      if (!this.#matches(given)) return this.#unauthorized();
      return new Response(null, {
        status: 303,
        headers: {
          location: "/",
          "set-cookie": `${COOKIE}=${encodeURIComponent(given)}; HttpOnly; SameSite=Strict; Path=/`,
        },
      });
    }
    const bearer = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
    const known = bearer ?? cookieOf(request);
    return known !== undefined && this.#matches(known) ? undefined : this.#unauthorized();
  }

  #matches(given: string): boolean {
    return timingSafeEqual(digest(given), this.#token!);
  }

  #unauthorized(): Response {
    const response = text(
      401,
      "a token is needed: open /?token=TOKEN once, or send it as Bearer\n",
    );
    response.headers.set("www-authenticate", "Bearer");
    return response;
  }
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

function cookieOf(request: Request): string | undefined {
  const given = new RegExp(`(?:^|; )${COOKIE}=([^;]*)`)
    .exec(request.headers.get("cookie") ?? "")?.[1];
  try {
    return given === undefined ? undefined : decodeURIComponent(given);
  } catch {
    // A lone % is no cookie of ours.
    return undefined;
  }
}

function text(status: number, body: string): Response {
  return new Response(body, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}
