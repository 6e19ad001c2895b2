/** Bytes that pass at once. */
const PIECE = 64 * 1024;

/** A way to a port on this host; what goes towards it is seen on its way. */
export abstract class Forwarder implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #to: number;

  /** @param to the port */
  constructor(to: number) {
    this.#to = to;
    this.#serve().catch(() => {});
  }

  /** The port at which it listens. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Called with each piece before it is sent on, which waits for it. */
  protected abstract pass(piece: Uint8Array): Promise<void> | void;

  async #serve(): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#to });
      this.#carry(client, server).catch(() => {});
      server.readable.pipeTo(client.writable).catch(() => {});
    }
  }

  async #carry(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const piece = new Uint8Array(PIECE);
    try {
      for (let count; (count = await from.read(piece)) !== null;) {
        await this.pass(piece.subarray(0, count));
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
