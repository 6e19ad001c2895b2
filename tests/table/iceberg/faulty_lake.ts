import { Failure } from "../../../mod/failure/failure.ts";
import type { StoreOptions } from "../../../mod/lake/store.ts";
import { MemoryLake } from "../../sink/memory_lake.ts";

/** What becomes of one request. */
export type Fate =
  | "done"
  /** It never arrives. */
  | "lost"
  /** It is done, and its answer is lost. */
  | "unanswered"
  /** Its answer is lost, and it arrives after requests that were sent later. */
  | "late";

/** A lake whose requests come to grief as a script says, each after a turn of its own. */
export class FaultyLake extends MemoryLake {
  /** The fate of each request that stores something. */
  fates: Iterator<Fate> = [][Symbol.iterator]();
  /** Waits for a request's turn among those of all writers. */
  turn: () => Promise<void> = () => Promise.resolve();
  /** Names of what was removed. */
  readonly removed: string[] = [];
  /** Requests that are on their way though nobody waits for them. */
  readonly #late = new Set<Promise<unknown>>();

  override put(name: string, bytes: Uint8Array, options?: StoreOptions): Promise<void> {
    return this.#suffer(() => super.put(name, bytes, options));
  }

  override create(name: string, bytes: Uint8Array, options?: StoreOptions): Promise<boolean> {
    return this.#suffer(() => super.create(name, bytes, options));
  }

  override async remove(name: string): Promise<void> {
    this.removed.push(name);
    await super.remove(name);
  }

  override async get(name: string): Promise<Uint8Array> {
    await this.turn();
    return await super.get(name);
  }

  async #suffer<T>(request: () => Promise<T>): Promise<T> {
    const { value: fate = "done" } = this.fates.next();
    const broken = new Failure("service", `a request was ${fate}`);
    await this.turn();
    if (fate === "lost") throw broken;
    if (fate === "late") {
      const arrival: Promise<unknown> = this.turn().then(() => this.turn()).then(() => this.turn())
        .then(request)
        .finally(() => this.#late.delete(arrival));
      this.#late.add(arrival);
      throw broken;
    }
    const answer = await request();
    if (fate === "unanswered") throw broken;
    return answer;
  }

  /** Resolves when nothing is on its way any more. */
  async quiet(): Promise<void> {
    await Promise.all(this.#late);
  }
}
