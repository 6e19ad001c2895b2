import type { Producer } from "../broker/broker.ts";
import type { Pace } from "./pace.ts";
import type { Row } from "./source_row.ts";
import type { RowFeed } from "./row_feed.ts";

/** Maximum rows of one send. */
export const SEND_ROWS = 2000;

/** A send ends with the row that reaches this, well below the 1 MiB that a broker takes at once. */
const SEND_BYTES = 512 * 1024;

/** Sends that wait for their acknowledgement at the same time. */
const IN_FLIGHT = 3;

/** Options of {@linkcode sendRows}. */
export interface SendOptions {
  feed: RowFeed;
  producer: Producer;
  pace: Pace;
  /** Stop after this many rows. @default {Infinity} */
  count?: number;
  /** Stops the sending; what is in flight is waited for. */
  signal: AbortSignal;
  /** Called for rows when they are acknowledged. */
  onSent(count: number): void;
}

/**
 * Sends a feed's rows until it ends, the count is reached or the signal aborts, several sends at a
 * time, so that memory holds no more than those. Resolves, or throws, when nothing is in flight any
 * more: `onSent` has then been told of every row that was acknowledged, and of no other.
 * @throws {Failure} of the producer (rows that were not acknowledged) or of the feed
 */
export async function sendRows(options: SendOptions): Promise<void> {
  const { feed, producer, pace, count = Infinity, signal, onSent } = options;
  const flights = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  const send = (rows: Row[]) => {
    const flight = producer.send(rows).then(onSent, (error) => {
      failure ??= { error };
    }).finally(() => flights.delete(flight));
    flights.add(flight);
  };
  try {
    for (let left = count; left > 0 && failure === undefined;) {
      const rows = await feed.next(Math.min(pace.group, left));
      if (rows === null) break;
      await pace.wait(rows.length, signal);
      left -= rows.length;
      for (const part of parts(rows)) {
        while (flights.size >= IN_FLIGHT) await Promise.race(flights);
        if (failure === undefined) send(part);
      }
    }
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) failure ??= { error };
  }
  await Promise.all(flights);
  if (failure !== undefined) throw failure.error;
}

/** Rows in groups of a size to be sent. */
function* parts(rows: Row[]): Iterable<Row[]> {
  let start = 0;
  let bytes = 0;
  for (let i = 0; i < rows.length; i++) {
    bytes += rows[i].value.length;
    if (bytes < SEND_BYTES && i < rows.length - 1) continue;
    yield start === 0 && i === rows.length - 1 ? rows : rows.slice(start, i + 1);
    start = i + 1;
    bytes = 0;
  }
}
