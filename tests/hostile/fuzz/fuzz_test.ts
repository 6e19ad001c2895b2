import assert from "node:assert/strict";
import { PROPERTY } from "../../property_seed.ts";
import { fuzz } from "./fuzz.ts";
import { TARGETS } from "./targets.ts";

/** Inputs of each reader within the tests; `./dev hostile` gives many times as many. */
const INPUTS = 500;

for (const target of TARGETS) {
  Deno.test(`whatever the bytes, the ${target.name} reader gives rows or says why not`, async () => {
    const { inputs } = await fuzz(target, INPUTS, PROPERTY.seed);
    assert.ok(inputs > INPUTS);
  });
}
