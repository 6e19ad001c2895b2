import type { Fault } from "./fault.ts";

/**
 * A fault on a Hive table, on an Iceberg table whose metadata lies beside its files: its commits go the way
 * of the objects, and so come to grief as they do.
 * @param short rounds within the tests; 0: only at length
 */
export function onIceberg(fault: Fault, short = 0): Fault {
  const { name, claim, rounds } = fault;
  return {
    name: `iceberg-${name}`,
    claim: `${claim}, with an Iceberg table`,
    rounds: { short, long: rounds.long },
    async run(scene) {
      const { stage } = scene;
      stage.table = "iceberg";
      try {
        return await fault.run(scene);
      } finally {
        stage.table = "hive";
      }
    },
  };
}
