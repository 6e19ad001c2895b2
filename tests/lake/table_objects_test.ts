import assert from "node:assert/strict";
import { gapPartitions, type ObjectName, objectName } from "../../mod/lake/layout.ts";
import { tableObjects, type TableObjectsOptions } from "../../mod/lake/table_objects.ts";
import { MemoryLake } from "../sink/memory_lake.ts";

const RANGE = { topic: "quotes", partition: 0, first: 0, last: 9 };

function named(name: Partial<ObjectName>): string {
  return objectName({
    ...RANGE,
    table: "t",
    kind: "rows",
    partitions: [["dt", "2026-11-24"]],
    extension: "parquet",
    ...name,
  });
}

const ROWS = named({});
const LINES = named({ extension: "jsonl.gz", first: 10, last: 19 });
const OTHER_TOPIC = named({ topic: "quotes-2" });
const DEAD = named({ kind: "dead-letters", extension: "jsonl" });
const GAP = named({
  kind: "gap",
  partitions: gapPartitions("retention"),
  extension: "json",
  first: 20,
  last: 29,
});
/** Rows of a table that is partitioned by a column of this name. */
const BY_GAP = named({ partitions: [["gap", "retention"]], first: 30, last: 39 });
const FOREIGN = ["t/_SUCCESS", "t/dt=2026-11-24/part-0.parquet", `${ROWS}.crc`];
const ELSEWHERE = [named({ table: "t2" }), named({ table: "t2", kind: "dead-letters" })];

async function list(options: Partial<TableObjectsOptions> = {}): Promise<Record<string, string>> {
  const lake = new MemoryLake();
  const names = [ROWS, LINES, OTHER_TOPIC, DEAD, GAP, BY_GAP, ...FOREIGN, ...ELSEWHERE];
  for (const name of names) await lake.put(name, new Uint8Array(1));
  const found = await Array.fromAsync(tableObjects(lake, { table: "t", ...options }));
  return Object.fromEntries(found.map(({ name, parsed }) => [name, parsed.kind]));
}

Deno.test("a table's objects are rows, dead letters and gaps; others in its folders are told", async () => {
  const foreign: string[] = [];
  const found = await list({ onForeign: ({ name }) => foreign.push(name) });
  assert.deepEqual(found, {
    [ROWS]: "rows",
    [LINES]: "rows",
    [OTHER_TOPIC]: "rows",
    [BY_GAP]: "rows",
    [DEAD]: "dead-letters",
    [GAP]: "gap",
  });
  assert.deepEqual(foreign.sort(), FOREIGN.sort());
});

Deno.test("they are chosen by what they hold, and by their topic", async () => {
  assert.deepEqual(await list({ kinds: ["gap"] }), { [GAP]: "gap" });
  assert.deepEqual(await list({ kinds: ["rows"], topic: "quotes-2" }), { [OTHER_TOPIC]: "rows" });
  assert.deepEqual(await list({ kinds: ["dead-letters"], topic: "none" }), {});
});
