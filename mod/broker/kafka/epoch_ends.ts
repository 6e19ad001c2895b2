import type { AskedEpoch, EpochEnd } from "./epoch_end_request.ts";

/** Asks one leader where epochs end; see `epochEnds`. */
export type AskLeader = (
  leader: number,
  asked: readonly AskedEpoch[],
) => Promise<ReadonlyMap<number, EpochEnd>>;

interface Waiting extends AskedEpoch {
  resolve(end: number | null): void;
  reject(error: unknown): void;
}

/**
 * Asks leaders where epochs end. Concurrent calls are combined into one request per leader, as a
 * member may be assigned hundreds of partitions at once.
 */
export class EpochEnds {
  readonly #ask: AskLeader;
  /** The content of the next request to each leader. */
  readonly #waiting = new Map<number, Waiting[]>();

  constructor(ask: AskLeader) {
    this.#ask = ask;
  }

  /**
   * Where an epoch ends in a partition's log.
   * @returns `null` if the broker does not know
   * @throws the error of the request, or the broker's error for this partition
   */
  of(leader: number, asked: AskedEpoch): Promise<number | null> {
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    const waiting = this.#waiting.get(leader);
    if (waiting !== undefined) {
      waiting.push({ ...asked, resolve, reject });
    } else {
      this.#waiting.set(leader, [{ ...asked, resolve, reject }]);
      // After everything that is requested in this turn of the event loop.
      setTimeout(() => this.#send(leader), 0);
    }
    return promise;
  }

  async #send(leader: number): Promise<void> {
    const waiting = this.#waiting.get(leader)!;
    this.#waiting.delete(leader);
    try {
      const ends = await this.#ask(
        leader,
        waiting.map(({ partition, epoch }) => ({ partition, epoch })),
      );
      for (const { partition, resolve, reject } of waiting) {
        const end = ends.get(partition);
        if (end === undefined) reject(new Error(`partition ${partition} is not in the answer`));
        else if (end instanceof Error) reject(end);
        else resolve(end);
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
