import { Flow } from "./flow.ts";

/** From the embedded log to a directory. */
export class EmbeddedFlow extends Flow {
  readonly #home: string;

  /** @param home directory of both. @default {one below the flow's own folder} */
  constructor(home?: string) {
    super();
    this.#home = home ?? `${this.folder}/home`;
  }

  get env(): Record<string, string> {
    return { KAFKA_TOPIC: "quotes", TICKLAKE_HOME: this.#home };
  }

  protected get counted() {
    return { topic: "quotes", log: `${this.#home}/log.sqlite`, folder: `${this.#home}/lake` };
  }
}
