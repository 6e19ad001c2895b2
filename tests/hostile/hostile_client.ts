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

  /** Of the connections that were opened, how many the other side has closed within `ms` without a byte. */
  async closed(ms: number): Promise<number> {
    const buffer = new Uint8Array(1);
    return await this.#count(ms, (conn) => conn.read(buffer).then((n) => n === null, () => true));
  }

  /** Of the connections that were opened, how many the other side has closed within `ms`, after any answer. */
  async ended(ms: number): Promise<number> {
    return await this.#count(ms, async (conn) => {
      const buffer = new Uint8Array(64 * 1024);
      while (await conn.read(buffer).catch(() => null) !== null);
      return true;
    });
  }

  /** Reads what each connection gets, until each has had a match or `ms` have passed; gives how many have. */
  async matched(pattern: RegExp, ms: number): Promise<number> {
    return await this.#count(ms, async (conn) => {
      const buffer = new Uint8Array(64 * 1024);
      const decoder = new TextDecoder();
      for (let text = ""; !pattern.test(text);) {
        const count = await conn.read(buffer).catch(() => null);
        if (count === null) return false;
        text += decoder.decode(buffer.subarray(0, count), { stream: true });
      }
      return true;
    });
  }

  async #count(ms: number, holds: (conn: Deno.Conn) => Promise<boolean>): Promise<number> {
    let timer: ReturnType<typeof setTimeout>;
    const late = new Promise<false>((resolve) => timer = setTimeout(() => resolve(false), ms));
    const states = this.#open.map((conn) => Promise.race([holds(conn), late]));
    return (await Promise.all(states).finally(() => clearTimeout(timer))).filter(Boolean).length;
  }

  close(): void {
    for (const conn of this.#open.splice(0)) conn.close();
  }

  async [Symbol.asyncDispose]() {
    this.close();
  }
}
