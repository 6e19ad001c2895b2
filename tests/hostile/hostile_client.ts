/** A client that does what no browser does, over plain TCP to this host. */
export class HostileClient implements AsyncDisposable {
  readonly #port: number;
  readonly #open: Deno.Conn[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  /** Opens connections and sends each so many bytes of a request's head, or nothing. */
  async open(count: number, begin = ""): Promise<void> {
    for (let i = 0; i < count; i++) {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
      this.#open.push(conn);
      if (begin !== "") await conn.write(new TextEncoder().encode(begin)).catch(() => {});
    }
  }

  /** Sends text and gives the whole answer, empty where the connection was closed without one. */
  async send(text: string): Promise<string> {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    try {
      await conn.write(bytes);
      return await new Response(conn.readable).text();
    } catch {
      return "";
    }
  }

  /** Of the connections that were opened, how many the other side has closed within `ms`. */
  async closed(ms: number): Promise<number> {
    const buffer = new Uint8Array(1);
    const states = await Promise.all(this.#open.map(async (conn) => {
      let timer: ReturnType<typeof setTimeout>;
      const late = new Promise<false>((resolve) => timer = setTimeout(() => resolve(false), ms));
      const read = conn.read(buffer).then((count) => count === null, () => true);
      return await Promise.race([read, late]).finally(() => clearTimeout(timer));
    }));
    return states.filter((closed) => closed).length;
  }

  close(): void {
    for (const conn of this.#open.splice(0)) conn.close();
  }

  async [Symbol.asyncDispose]() {
    this.close();
  }
}
