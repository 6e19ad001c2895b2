import { PROPERTY } from "../property_seed.ts";
import { serviceTest } from "../services/services.ts";
import { Chance } from "./chance.ts";
import { FAULT_TABLES } from "./faults.ts";
import { icebergKillsBeside, icebergKillsDeletes, icebergKillsRest } from "./iceberg_kills.ts";
import { figures } from "./figures.ts";
import { TRINO_FAULTS, trinoDeletes } from "./trino_rewrites.ts";
import { Stage } from "./stage.ts";

/** Shared by all of them, until one fails: a broker takes seconds to start. */
let stage: Stage | undefined;

async function closeStage(): Promise<void> {
  await stage?.[Symbol.asyncDispose]();
  stage = undefined;
}

// The catalogs' contract test covers what differs on a REST catalog; of Trino's writes one is enough.
const LONG_ONLY = [icebergKillsRest, icebergKillsBeside, icebergKillsDeletes, trinoDeletes];

const { hive, iceberg } = FAULT_TABLES;
const SHORT = [hive, iceberg].flatMap(({ faults, format }) =>
  faults
    .filter((fault) => !LONG_ONLY.includes(fault) && fault.rounds.short > 0)
    .map((fault) => ({ fault, format }))
);

for (const { fault, format } of SHORT) {
  serviceTest(
    `${fault.claim}: each offset is in the lake once`,
    {
      needs: [
        "kafka",
        "real-s3",
        "python",
        "binary",
        ...format === "iceberg" ? ["iceberg-readers"] as const : [],
        ...TRINO_FAULTS.includes(fault) ? ["trino", "iceberg-rest"] as const : [],
      ],
      sanitizeOps: false,
      sanitizeResources: false,
    },
    async () => {
      stage ??= await Stage.open();
      const rounds = fault.rounds.short;
      const chance = new Chance(PROPERTY.seed);
      try {
        const outcome = await fault.run({ stage, rounds, isShort: true, chance });
        console.log(figures(fault, rounds, outcome, format));
      } catch (error) {
        await closeStage();
        throw error;
      }
    },
  );
}

Deno.test.afterAll(closeStage);
