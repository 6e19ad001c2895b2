import { Forwarder } from "./forwarder.ts";

/** Number of the request with which a consumer asks for messages. Source: Kafka protocol guide, API keys. */
const FETCH = 1;

/** A way to a broker on this host that notices the first fetch. */
export class FetchWatch extends Forwarder {
  /** When a fetch has passed since {@linkcode FetchWatch.start}, by `performance.now()`. */
  fetchedAt: number | undefined;

  /** Forgets what has passed. */
  start(): void {
    this.fetchedAt = undefined;
  }

  protected override pass(piece: Uint8Array): void {
    if (piece.length < 6) return;
    // Clients write a request at once: its length, then its number.
    const number = new DataView(piece.buffer, piece.byteOffset).getInt16(4);
    if (number === FETCH) this.fetchedAt ??= performance.now();
  }
}
