import assert from "node:assert/strict";
import { parseObjectName } from "../../mod/lake/layout.ts";
import { isProved } from "../../mod/verify/verify.ts";
import { KilledLake } from "../table/killed_lake.ts";
import { type Form, maintain, rowsOf, smallObjects, verified } from "./merge_place.ts";

const FORMS: Form[] = [
  { format: "parquet", partitionBy: "dt" },
  { format: "jsonl", partitionBy: "dt,hour" },
  { format: "parquet", partitionBy: "index" },
  { format: "parquet", partitionBy: "none" },
];

function copyOf({ objects, state }: KilledLake): KilledLake {
  const copy = new KilledLake();
  for (const [name, bytes] of objects) copy.objects.set(name, bytes);
  for (const [name, bytes] of state) copy.state.set(name, bytes);
  return copy;
}

function mergedIn({ objects }: KilledLake): number {
  return [...objects.keys()].filter((name) => parseObjectName(name)!.merged).length;
}

for (const form of FORMS) {
  const { format, partitionBy } = form;
  Deno.test(`a merge of ${format} by ${partitionBy} that is killed at any change leaves each row once, and is completed by the next`, async () => {
    const { log, lake: origin } = await smallObjects(form);
    const rows = await rowsOf(origin);
    const whole = copyOf(origin);
    const { parts, objects, failures } = await maintain(whole);
    assert.deepEqual(failures, []);
    assert.ok(parts > objects, `${parts} into ${objects}`);
    const { changes } = whole;
    const proved = async (lake: KilledLake, when: string) => {
      const verdict = await verified(log, lake);
      assert.ok(isProved(verdict), `${when}: ${JSON.stringify(verdict)}`);
      assert.deepEqual(await rowsOf(lake), rows, when);
    };
    const completed = async (lake: KilledLake, when: string) => {
      await proved(lake, when);
      assert.deepEqual(await rowsOf(lake, { all: true }), rows, when);
      assert.deepEqual([...lake.objects.keys()].sort(), [...whole.objects.keys()].sort(), when);
      assert.deepEqual((await verified(log, lake)).superseded, [], when);
    };
    await completed(whole, "whole");
    assert.ok(mergedIn(whole) > 0);
    // Nothing of the day that is being written, and nothing a second time.
    assert.deepEqual(await maintain(whole), { parts: 0, objects: 0, failures: [] });
    for (let at = 1; at <= changes; at++) {
      // Before a change is after the one before it, but for the answer that is still to come.
      for (const after of at % 4 === 1 ? [false, true] : [true]) {
        const lake = copyOf(origin);
        const when = `killed ${after ? "after" : "before"} change ${at} of ${changes}`;
        Object.assign(lake, { at, after });
        await assert.rejects(maintain(lake), /killed/, when);
        Object.assign(lake, { at: 0 });
        await proved(lake, when);
        await maintain(lake);
        await completed(lake, when);
      }
    }
  });
}
