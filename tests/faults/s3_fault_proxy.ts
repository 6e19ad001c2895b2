import { reportDefect } from "./disconnection.ts";
import { errorAnswer, exchange, readBody, readHead, writeAll } from "./http_exchange.ts";

/** A request on its way to S3. */
export interface S3Request {
  /** `PUT`, `GET` and so on. */
  method: string;
  /** Path and query: `/BUCKET/KEY`. */
  target: string;
  /** Which request of the proxy this is, from 0. */
  n: number;
}

/** What happens to one request. Without any of it, the request and its answer pass. */
export interface S3Treatment {
  /** The request does not pass on; the client's connection is reset while its body is still in it. */
  reset?: true;
  /** The request does not pass on, and no answer ever comes. */
  silence?: true;
  /** The request does not pass on; the client gets this error. */
  error?: readonly [status: number, code: string];
  /** Runs before the request passes on; `true` loses it, and the connection with it. */
  before?: () => Promise<boolean>;
  /** Runs when S3 has done what it was asked; `true` loses the answer, and the connection with it. */
  after?: () => Promise<boolean>;
}

/**
 * A faulty proxy of an S3 server on the loopback interface. Requests pass unchanged: the server checks their
 * signatures.
 */
export class S3FaultProxy implements Disposable {
  /** Asked for each request. */
  treat: (request: S3Request) => S3Treatment | undefined = () => undefined;
  /** Requests that came. */
  requests = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  readonly #port: (target: string) => number;

  /** @param port gives the port of the server that a request is for, by its path */
  constructor(port: (target: string) => number) {
    this.#port = port;
    this.#serve().catch(() => {});
  }

  /** `http://127.0.0.1:PORT`. */
  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  async #serve(): Promise<void> {
    for await (const client of this.#listener) {
      this.#open.add(client);
      this.#converse(client).catch(reportDefect).finally(() => this.#close(client));
    }
  }

  async #converse(client: Deno.Conn): Promise<void> {
    for (let came; (came = await readHead(client)) !== undefined;) {
      const { head, rest } = came;
      const { method, target } = head;
      const treatment = this.treat({ method, target, n: this.requests++ }) ?? {};
      if (treatment.reset) return;
      const body = await readBody(client, rest, head.contentLength);
      if (treatment.silence) return await untilClosed(client);
      if (treatment.error !== undefined) {
        await writeAll(client, errorAnswer(...treatment.error));
        continue;
      }
      if (await treatment.before?.()) return;
      const answer = await exchange(this.#port(target), head, body);
      if (await treatment.after?.()) return;
      await writeAll(client, answer);
    }
  }

  #close(connection: Deno.Conn): void {
    if (this.#open.delete(connection)) connection.close();
  }

  /** Closes all of its connections; it cannot be used any more. */
  [Symbol.dispose](): void {
    this.#listener.close();
    for (const connection of this.#open) this.#close(connection);
  }
}

async function untilClosed(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(1024);
  while (await connection.read(buffer) !== null);
}
