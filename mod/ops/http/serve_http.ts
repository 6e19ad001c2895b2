import { getLogger } from "@logtape/logtape";
import { Failure, messageOf } from "../../failure/failure.ts";
import { sleep } from "../../wait/sleep.ts";
import { type Answer, HttpConnection, type HttpTimeLimits } from "./http_connection.ts";
import type { ListenAddress } from "./listen_address.ts";

const logger = getLogger(["ticklake", "http"]);

/** Milliseconds until the next `accept` after one that failed for lack of files. */
const ACCEPT_PAUSE_MS = 100;

/** Options of {@linkcode serveHttp}. */
export interface ServeHttpOptions {
  /** The setting that gave the address, as a failure names it. */
  source: string;
  /** Ends the server and the requests in flight. */
  signal: AbortSignal;
  answer: Answer;
  /** Maximum connections at once; a new one replaces the one that has been idle longest. */
  maxConnections: number;
  limits?: Partial<HttpTimeLimits>;
}

/** A running server. */
export interface HttpServer {
  readonly addr: Deno.NetAddr;
  /** Resolves when it has ended. */
  readonly finished: Promise<void>;
  /** Accepts no more requests, and resolves when those in flight are answered. */
  shutdown(): Promise<void>;
}

/**
 * Serves HTTP/1 until the signal aborts, for GET and the like: the body of a request is not read.
 *
 * Not `Deno.serve` or `node:http`, as neither has limits on Deno: a few hundred idle connections use up the
 * process's files, and the error of the next `accept` ends the process.
 * @throws {Failure} kind `failed`, when it cannot listen there
 */
export function serveHttp(address: ListenAddress, options: ServeHttpOptions): HttpServer {
  const { signal } = options;
  const listener = listen(address, options.source);
  const server = new Server(listener, options);
  const end = () => server.end();
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  return {
    addr: listener.addr as Deno.NetAddr,
    finished: server.finished.finally(() => signal.removeEventListener("abort", end)),
    shutdown: () => server.shutdown(),
  };
}

function listen(address: ListenAddress, source: string): Deno.TcpListener {
  try {
    return Deno.listen(address);
  } catch (cause) {
    const { hostname, port } = address;
    throw new Failure(
      "failed",
      `${source}: cannot listen on ${hostname}:${port}: ${messageOf(cause)}`,
      { cause, fix: "Use another port, or stop the program that listens there (ss -ltnp)." },
    );
  }
}

class Server {
  readonly finished: Promise<void>;
  readonly #listener: Deno.TcpListener;
  readonly #answer: Answer;
  readonly #most: number;
  readonly #limits: HttpTimeLimits;
  readonly #signal: AbortSignal;
  /** In the order in which they came. */
  readonly #connections = new Map<HttpConnection, Promise<void>>();
  #isEnding = false;

  constructor(
    listener: Deno.TcpListener,
    { answer, maxConnections, limits, signal }: ServeHttpOptions,
  ) {
    this.#listener = listener;
    this.#answer = answer;
    this.#most = maxConnections;
    this.#signal = signal;
    this.#limits = { headMs: 10_000, idleMs: 60_000, writeMs: 30_000, ...limits };
    this.finished = this.#accept();
  }

  async #accept(): Promise<void> {
    while (!this.#isEnding) {
      try {
        this.#take(await this.#listener.accept());
      } catch (error) {
        if (this.#isEnding) break;
        logger.warn("a connection could not be accepted: {error}", { error: messageOf(error) });
        this.#makeRoom();
        await sleep(ACCEPT_PAUSE_MS, this.#signal).catch(() => {});
      }
    }
    await Promise.all(this.#connections.values());
  }

  #take(conn: Deno.TcpConn): void {
    if (this.#connections.size >= this.#most && !this.#makeRoom()) {
      conn.close();
      return;
    }
    const connection = new HttpConnection(conn, this.#limits);
    const served = connection.serve((request, remote) => this.#answered(request, remote))
      .finally(() => this.#connections.delete(connection));
    this.#connections.set(connection, served);
  }

  /** Closes the connection that has been idle longest; returns whether there was one. */
  #makeRoom(): boolean {
    for (const connection of this.#connections.keys()) {
      if (connection.isWorking) continue;
      connection.close();
      this.#connections.delete(connection);
      return true;
    }
    return false;
  }

  async #answered(request: Request, remote: string): Promise<Response> {
    try {
      return await this.#answer(request, remote);
    } catch (error) {
      logger.error("a request could not be answered: {error}", { error: messageOf(error) });
      return new Response("the server failed to answer\n", { status: 500 });
    }
  }

  /** Ends all connections now. */
  end(): void {
    this.#stopAccepting();
    for (const connection of this.#connections.keys()) connection.close();
  }

  async shutdown(): Promise<void> {
    this.#stopAccepting();
    for (const connection of this.#connections.keys()) {
      if (!connection.isWorking) connection.close();
    }
    await this.finished;
  }

  #stopAccepting(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#listener.close();
  }
}
