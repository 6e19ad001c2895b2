/** Number of the request with which a consumer asks for messages. Source: Kafka protocol guide, API keys. */
const FETCH = 1;

const PIECE = 64 * 1024;

/** A way to a broker on this host that notices the first fetch. */
export class FetchWatch implements Disposable {
  /** When a fetch has passed since {@linkcode FetchWatch.start}, by `performance.now()`. */
  fetchedAt: number | undefined;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #to: number;

  /** @param to the broker's port */
  constructor(to: number) {
    this.#to = to;
    this.#serve().catch(() => {});
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Forgets what has passed. */
  start(): void {
    this.fetchedAt = undefined;
  }

  async #serve(): Promise<void> {
    for await (const client of this.#listener) {
      const broker = await Deno.connect({ hostname: "127.0.0.1", port: this.#to });
      this.#carry(client, broker).catch(() => {});
      broker.readable.pipeTo(client.writable).catch(() => {});
    }
  }

  async #carry(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const piece = new Uint8Array(PIECE);
    const view = new DataView(piece.buffer);
    try {
      for (let count; (count = await from.read(piece)) !== null;) {
        // Clients write a request at once: its length, then its number.
        if (count >= 6 && view.getInt16(4) === FETCH) this.fetchedAt ??= performance.now();
        for (let at = 0; at < count;) at += await to.write(piece.subarray(at, count));
      }
    } finally {
      to.close();
    }
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}
