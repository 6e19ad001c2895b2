import { kafka, serviceTest } from "../../services/services.ts";
import { MEMORY_INPUTS, memorySetups, readInput } from "./inputs.ts";

/** The program is watched from outside. */
const OUTSIDE = { sanitizeOps: false, sanitizeResources: false };

for (const input of MEMORY_INPUTS) {
  serviceTest(
    `a host of 512 MiB reads ${input.what}`,
    { needs: ["kafka", "python", "binary"], ...OUTSIDE },
    async () => {
      await readInput(input, kafka()!);
    },
  );
}

const [SMALLEST] = MEMORY_INPUTS;

serviceTest(
  `a host of 512 MiB reads ${SMALLEST.what}, with Iceberg and a registry, and with little memory`,
  { needs: ["kafka", "python", "binary", "schema-registry"], ...OUTSIDE },
  async () => {
    for (const setup of memorySetups(Deno.env.get("TEST_SCHEMA_REGISTRY")!)) {
      await readInput(SMALLEST, kafka()!, setup);
    }
  },
);

const [BOMB] = MEMORY_INPUTS.filter(({ kind }) => kind === "bomb");

serviceTest(
  `a host of 512 MiB reads ${BOMB.what}, with all that takes memory at once`,
  { needs: ["kafka", "python", "binary", "schema-registry"], ...OUTSIDE },
  async () => {
    const setup = memorySetups(Deno.env.get("TEST_SCHEMA_REGISTRY")!).at(-1);
    await readInput(BOMB, kafka()!, setup);
  },
);
