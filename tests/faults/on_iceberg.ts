import type { Fault } from "./fault.ts";
import type { Stage } from "./stage.ts";

/** Options of {@linkcode onIceberg}. */
export interface OnIcebergOptions {
  /** Rounds within the tests; 0: only at length. @default {0} */
  short?: number;
  /** @default {"directory"} */
  catalog?: Stage["catalog"];
}

/**
 * A fault on an Iceberg table instead of a Hive table. The table's commits take the same way as the objects, so
 * they fail as those do.
 */
export function onIceberg(
  fault: Fault,
  { short = 0, catalog = "directory" }: OnIcebergOptions = {},
): Fault {
  const { name, rounds } = fault;
  const claim = fault.claimOnIceberg ?? `${fault.claim}, with an Iceberg table`;
  const where = catalog === "rest" ? " in a REST catalog" : "";
  return {
    name: `iceberg-${name}`,
    claim: claim + where,
    rounds: { short, long: rounds.long },
    async run(scene) {
      const { stage } = scene;
      Object.assign(stage, { table: "iceberg", catalog });
      try {
        return await fault.run(scene);
      } finally {
        Object.assign(stage, { table: "hive", catalog: "directory" });
      }
    },
  };
}
