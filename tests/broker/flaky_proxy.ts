/** A way to a TCP server on the loopback interface that can lose what passes. */
export class FlakyProxy implements Disposable {
  /** Asked for each piece of an answer, with its size; `true` loses it and closes the connection. */
  losesAnswer: (bytes: number) => boolean = () => false;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  /** Connections that were closed with an answer. */
  lost = 0;

  /** @param port gives the server's port, once there is one */
  constructor(port: () => number) {
    this.#serve(port).catch(() => {});
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  async #serve(port: () => number): Promise<void> {
    for await (const client of this.#listener) {
      this.#open.add(client);
      Deno.connect({ hostname: "127.0.0.1", port: port() }).then((server) => {
        this.#open.add(server);
        const close = () => {
          for (const connection of [client, server]) {
            if (this.#open.delete(connection)) connection.close();
          }
        };
        pass(client, server, () => false).finally(close);
        pass(server, client, (bytes) => {
          if (!this.losesAnswer(bytes)) return false;
          this.lost++;
          return true;
        }).finally(close);
      }, () => this.#open.delete(client) && client.close());
    }
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const connection of this.#open) {
      this.#open.delete(connection);
      connection.close();
    }
  }
}

async function pass(
  from: Deno.Conn,
  to: Deno.Conn,
  lose: (bytes: number) => boolean,
): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  try {
    for (let count; (count = await from.read(buffer)) !== null;) {
      if (lose(count)) return;
      for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
    }
  } catch {
    // Either side closed: so does the other.
  }
}
