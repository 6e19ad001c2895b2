import type { Chance } from "./chance.ts";
import type { Stage } from "./stage.ts";

/** What one fault did, and what was lost or duplicated: nothing, or the run has failed. */
export interface Outcome {
  /** Processes that were killed, by SIGKILL. */
  kills: number;
  /** What else happened, for people: `23 rebalances, 14 flushes repeated`. */
  events: string;
  /** Offsets that had to be in the lake. */
  rows: number;
  /** Of those, by `verify --deep`. */
  verified: { missing: number; duplicate: number };
  /** Of those, by kafka-python, pyarrow and DuckDB; of an Iceberg table also by pyiceberg. Absent: Trino counted alone. */
  counted?: { missing: number; duplicate: number };
  /** Of those, by Trino, where it was asked. */
  byTrino?: { missing: number; duplicate: number };
  /** Most memory of one process, in bytes. */
  peakRss: number;
}

/** What a fault gets to work with. */
export interface Scene {
  stage: Stage;
  /** How often to do it. */
  rounds: number;
  /** Whether it is run among the tests. */
  isShort: boolean;
  chance: Chance;
}

/** One kind of thing that goes wrong. */
export interface Fault {
  /** For `./dev faults --only NAME`. */
  name: string;
  /** A sentence that holds, as the test's name. */
  claim: string;
  /** The sentence for an Iceberg table, where that is another. @default {`${claim}, with an Iceberg table`} */
  claimOnIceberg?: string;
  /** Rounds within the tests, and of `./dev faults`. */
  rounds: { short: number; long: number };
  /** @throws when anything is lost, duplicated, or not as it should be */
  run(scene: Scene): Promise<Outcome>;
}
