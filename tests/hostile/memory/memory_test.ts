import assert from "node:assert/strict";
import { kafka, serviceTest } from "../../services/services.ts";
import { mebibytes, MEMORY_INPUTS, readInput } from "./inputs.ts";

/** Most memory with the settings as they come, in MiB: `--max-memory` of 256, and the program's own 150. */
const MOST = 406;

for (const input of MEMORY_INPUTS.filter(({ isShort }) => isShort)) {
  serviceTest(
    `a host of 512 MiB reads ${input.what}`,
    { needs: ["kafka", "python", "binary"], sanitizeOps: false, sanitizeResources: false },
    async () => {
      const { peakRss } = await readInput(input, kafka()!);
      assert.ok(mebibytes(peakRss) <= MOST, `${mebibytes(peakRss)} MiB`);
    },
  );
}
