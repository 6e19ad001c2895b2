import type { SinkEvent } from "../../sink/sink_event.ts";

/**
 * Whether the pipeline can do its work now, for `/readyz`. The texts are fixed: anybody who reaches the port reads
 * them, so they never contain an error's message.
 */
export class Readiness {
  readonly #obstacles = new Map<"assignment" | "broker" | "outside" | "stalls", string>();
  readonly #stalled = new Set<number>();

  /** @param waitsFor what is missing at the start, such as `no partition is assigned` */
  constructor(waitsFor: string) {
    this.#obstacles.set("assignment", waitsFor);
  }

  /** Why it is not ready; empty when it is. */
  get obstacles(): string[] {
    return [...this.#obstacles.values()];
  }

  /** Follows what the sink does. */
  event(event: SinkEvent): void {
    if (event.kind === "assigned") {
      if (event.partitions.length > 0) this.#obstacles.delete("assignment");
      else this.#obstacles.set("assignment", "no partition is assigned");
      this.#stalled.clear();
      this.#obstacles.delete("stalls");
    } else if (event.kind === "stalled") {
      if (event.reason === null) this.#stalled.delete(event.partition);
      else this.#stalled.add(event.partition);
      const partitions = [...this.#stalled].sort((a, b) => a - b).join(", ");
      if (partitions === "") this.#obstacles.delete("stalls");
      else {
        this.#obstacles.set("stalls", `partition ${partitions} cannot be read, see the log`);
      }
    } else if (event.kind === "ready") {
      if (event.ready) this.#obstacles.delete("outside");
      else this.#obstacles.set("outside", "the lake cannot be written, see the log");
    }
  }

  /** Whether the broker answers questions. */
  broker(answers: boolean): void {
    if (answers) this.#obstacles.delete("broker");
    else this.#obstacles.set("broker", "the broker does not answer, see the log");
  }

  /** What was waited for at the start is there. */
  started(): void {
    this.#obstacles.delete("assignment");
  }
}
