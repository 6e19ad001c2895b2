import type { SinkEvent } from "../../sink/sink_event.ts";

/**
 * Whether the pipeline can do its work now, for `/readyz`. Its words are our own: whoever reaches the port
 * reads them, so no message of an error is among them.
 */
export class Readiness {
  readonly #obstacles = new Map<"assignment" | "broker" | "outside", string>();

  /** @param waitsFor what is not there at the start, such as `no partition is assigned` */
  constructor(waitsFor: string) {
    this.#obstacles.set("assignment", waitsFor);
  }

  /** Why it is not ready; empty when it is. */
  get obstacles(): string[] {
    return [...this.#obstacles.values()];
  }

  /** Takes notice of what the sink does. */
  event(event: SinkEvent): void {
    if (event.kind === "assigned") {
      if (event.partitions.length > 0) this.#obstacles.delete("assignment");
      else this.#obstacles.set("assignment", "no partition is assigned");
    } else if (event.kind === "ready") {
      if (event.ready) this.#obstacles.delete("outside");
      else this.#obstacles.set("outside", "the lake cannot be written, the log says why");
    }
  }

  /** Whether the broker answers questions. */
  broker(answers: boolean): void {
    if (answers) this.#obstacles.delete("broker");
    else this.#obstacles.set("broker", "the broker does not answer, the log says why");
  }

  /** What was waited for at the start is there. */
  started(): void {
    this.#obstacles.delete("assignment");
  }
}
