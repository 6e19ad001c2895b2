import { parseRequestHead, type RequestHead } from "./request_head.ts";
import { type Write, writeResponse } from "./write_response.ts";

/** Largest head of a request, in bytes. */
const HEAD_BYTES = 8 * 1024;

/** Time limits of a connection. */
export interface HttpTimeLimits {
  /** Milliseconds until the head of a request is there. @default {10_000} */
  headMs: number;
  /** Milliseconds between two requests. @default {60_000} */
  idleMs: number;
  /** Milliseconds that a client may take to receive a part of its answer. @default {30_000} */
  writeMs: number;
}

/** Answers a request; the path and query are in its URL, `remote` is the client's address. */
export type Answer = (request: Request, remote: string) => Response | Promise<Response>;

/** One connection of a client. */
export class HttpConnection {
  readonly remote: string;
  readonly #conn: Deno.TcpConn;
  readonly #limits: HttpTimeLimits;
  readonly #buffer = new Uint8Array(HEAD_BYTES);
  #filled = 0;
  #isClosed = false;
  #isWorking = false;

  constructor(conn: Deno.TcpConn, limits: HttpTimeLimits) {
    this.#conn = conn;
    this.#limits = limits;
    this.remote = conn.remoteAddr.hostname;
  }

  /** Whether a request is being answered. */
  get isWorking(): boolean {
    return this.#isWorking;
  }

  /** Answers requests until the client leaves, is too slow, or the connection is closed. */
  async serve(answer: Answer): Promise<void> {
    try {
      for (let isFirst = true; await this.#serveNext(answer, isFirst); isFirst = false);
    } catch {
      // The client has left, or is too slow.
    } finally {
      this.close();
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#conn.close();
  }

  async #serveNext(answer: Answer, isFirst: boolean): Promise<boolean> {
    const text = await this.#readHead(isFirst);
    if (text === undefined) return false;
    const head = text === null
      ? { status: 431, text: `expected a head of at most ${HEAD_BYTES} bytes\n` }
      : parseRequestHead(text);
    this.#isWorking = true;
    try {
      if ("status" in head) {
        await this.#write(plain(head.status, head.text), { method: "GET", keepAlive: false });
        return false;
      }
      await this.#write(await answer(requestOf(head), this.remote), head);
      return head.keepAlive && !this.#isClosed;
    } finally {
      this.#isWorking = false;
    }
  }

  /** `undefined` if the client has left, `null` if the head is too long. */
  async #readHead(isFirst: boolean): Promise<string | null | undefined> {
    const { headMs, idleMs } = this.#limits;
    let deadline = performance.now() + (isFirst ? headMs : idleMs);
    let hasBegun = this.#filled > 0;
    for (;;) {
      const text = latin1.decode(this.#buffer.subarray(0, this.#filled));
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        this.#buffer.copyWithin(0, end + 4, this.#filled);
        this.#filled -= end + 4;
        return text.slice(0, end);
      }
      if (this.#filled === HEAD_BYTES) return null;
      const count = await this.#within(
        deadline - performance.now(),
        this.#conn.read(this.#buffer.subarray(this.#filled)),
      );
      if (count === null) return undefined;
      // One limit for the whole head, however slowly its bytes come.
      if (!hasBegun) deadline = Math.min(deadline, performance.now() + headMs);
      hasBegun = true;
      this.#filled += count;
    }
  }

  async #write(
    response: Response,
    { method, keepAlive, chunked = false }: Pick<RequestHead, "method" | "keepAlive"> & {
      chunked?: boolean;
    },
  ): Promise<void> {
    const write: Write = async (bytes) => {
      for (let at = 0; at < bytes.length;) {
        at += await this.#within(this.#limits.writeMs, this.#conn.write(bytes.subarray(at)));
      }
    };
    await writeResponse(response, write, { headOnly: method === "HEAD", keepAlive, chunked });
    if (!keepAlive) await this.#conn.closeWrite();
  }

  /** Closes the connection when the work takes longer; the work then fails. */
  async #within<T>(ms: number, work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.close(), Math.max(0, ms));
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  }
}

const latin1 = new TextDecoder("latin1");

function requestOf({ method, target, headers }: RequestHead): Request {
  return new Request(`http://${headers.get("host")}${target}`, { method, headers });
}

function plain(status: number, text: string): Response {
  return new Response(text, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}
