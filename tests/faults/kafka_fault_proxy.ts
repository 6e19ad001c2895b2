import { reportDefect } from "./disconnection.ts";
import { writeAll } from "./http_exchange.ts";

/** Numbers of the requests Fetch and OffsetCommit in Kafka's protocol. */
export const FETCH = 1;
export const OFFSET_COMMIT = 8;

/** A request on its way to the broker. */
export interface KafkaRequest {
  /** Which kind of request, as Kafka numbers them. */
  apiKey: number;
  /** The whole request as it was written, without its length. */
  bytes: Uint8Array;
}

/** What happens to one request. Without any of it, the request and its answer pass. */
export interface KafkaTreatment {
  /** Runs before the request passes on; `true` loses it, and the connection with it. */
  before?: () => Promise<boolean>;
  /**
   * Runs when the broker has answered (the answer is without its length, and may be changed in place);
   * `true` loses the answer, bytes take its place.
   */
  after?: (answer: Uint8Array) => Promise<boolean | Uint8Array>;
}

/** A proxy of a broker on the loopback interface that sees each request and can lose it, or its answer. */
export class KafkaFaultProxy implements Disposable {
  /** Asked for each request. */
  treat: (request: KafkaRequest) => KafkaTreatment | undefined = () => undefined;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  readonly #port: () => number;

  /** @param port gives the broker's port, once there is one */
  constructor(port: () => number) {
    this.#port = port;
    this.#serve().catch(() => {});
  }

  /** Where it listens. */
  get port(): number {
    return this.#listener.addr.port;
  }

  async #serve(): Promise<void> {
    for await (const client of this.#listener) {
      this.#open.add(client);
      this.#converse(client).catch(reportDefect).finally(() => this.#close(client));
    }
  }

  async #converse(client: Deno.Conn): Promise<void> {
    const broker = await Deno.connect({ hostname: "127.0.0.1", port: this.#port() });
    this.#open.add(broker);
    /** By correlation id. */
    const awaited = new Map<number, KafkaTreatment>();
    const close = () => [client, broker].forEach((connection) => this.#close(connection));
    const requests = async () => {
      for (let frame; (frame = await readFrame(client)) !== undefined;) {
        const view = new DataView(frame.buffer, frame.byteOffset);
        const treatment = this.treat({ apiKey: view.getInt16(4), bytes: frame.subarray(4) });
        if (await treatment?.before?.()) return;
        if (treatment !== undefined) awaited.set(view.getInt32(8), treatment);
        await writeAll(broker, frame);
      }
    };
    const answers = async () => {
      for (let frame; (frame = await readFrame(broker)) !== undefined;) {
        const correlation = new DataView(frame.buffer, frame.byteOffset).getInt32(4);
        const treatment = awaited.get(correlation);
        awaited.delete(correlation);
        const instead = await treatment?.after?.(frame.subarray(4)) ?? false;
        if (instead === true) return;
        await writeAll(client, instead === false ? frame : withLength(instead));
      }
    };
    await Promise.all([requests().finally(close), answers().finally(close)]);
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

/** One request or answer with its length before it; `undefined` at the connection's end. */
async function readFrame(connection: Deno.Conn): Promise<Uint8Array | undefined> {
  const length = new Uint8Array(4);
  if (!await fill(connection, length)) return undefined;
  const frame = new Uint8Array(4 + new DataView(length.buffer).getInt32(0));
  frame.set(length);
  return await fill(connection, frame.subarray(4)) ? frame : undefined;
}

function withLength(answer: Uint8Array): Uint8Array {
  const frame = new Uint8Array(4 + answer.length);
  new DataView(frame.buffer).setInt32(0, answer.length);
  frame.set(answer, 4);
  return frame;
}

async function fill(connection: Deno.Conn, bytes: Uint8Array): Promise<boolean> {
  for (let at = 0; at < bytes.length;) {
    const count = await connection.read(bytes.subarray(at));
    if (count === null) return false;
    at += count;
  }
  return true;
}
