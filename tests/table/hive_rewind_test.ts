import assert from "node:assert/strict";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { openHiveTable } from "../../mod/table/hive/hive_table.ts";
import type { LogWriter, TableLog } from "../../mod/table/table.ts";
import type { MemoryLake } from "../sink/memory_lake.ts";
import { KilledLake } from "./killed_lake.ts";

const schema = await loadSchema(undefined);
const NAME = { topic: "t", cluster: "c", topicId: "id" };
const WRITER: LogWriter = {
  group: "g",
  committed: () => Promise.resolve([]),
  timestampAt: () => Promise.resolve(null),
  offsets: () => Promise.resolve([{ partition: 0, low: 0, high: 500 }]),
};

async function open(lake: MemoryLake): Promise<TableLog> {
  const table = openHiveTable(lake, { schema, format: "parquet", partitionBy: "none" });
  return await table.log(NAME, WRITER);
}

/** Puts and takes a range of offsets. */
async function write(log: TableLog, lake: MemoryLake, first: number, end: number): Promise<void> {
  const place = { partition: 0, first, last: end - 1, kind: "rows", partitions: [] } as const;
  await lake.put(log.objectName({ ...place, extension: "parquet" }), new Uint8Array(1));
  await log.take([{ partition: 0, first, end, objects: [], deadLetters: [], gaps: [] }]);
}

async function filled(): Promise<KilledLake> {
  const lake = new KilledLake();
  const log = await open(lake);
  await log.positions([0]);
  for (let first = 0; first < 500; first += 100) await write(log, lake, first, first + 100);
  return lake;
}

/** Offsets of the objects, in order. */
function firstOffsets(lake: MemoryLake): number[] {
  return [...lake.objects.keys()].map((name) => Number(/-(\d{16})-\d{16}-/.exec(name)![1])).sort(
    (a, b) => a - b,
  );
}

Deno.test("a rewind that is killed at any change is done or not begun for the next owner", async () => {
  const whole = await filled();
  whole.changes = 0;
  const log = await open(whole);
  await log.positions([0]);
  await log.rewind!(new Map([[0, { from: 0, end: 200 }]]));
  assert.deepEqual(firstOffsets(whole), [0, 100]);
  const changes = whole.changes;
  assert.ok(changes > 5);
  for (let at = 1; at <= changes; at++) {
    for (const after of [false, true]) {
      const lake = await filled();
      Object.assign(lake, { at, after, changes: 0 });
      try {
        const log = await open(lake);
        await log.positions([0]);
        await log.rewind!(new Map([[0, { from: 0, end: 200 }]]));
      } catch (error) {
        assert.equal((error as Error).message, "killed");
      }
      Object.assign(lake, { at: 0 });
      // The next owner: goes on from where the table says, in ranges of another size.
      const next = await open(lake);
      const { end } = (await next.positions([0])).get(0)!;
      assert.ok(end === 500 || end === 200, `${at} ${after}: ${end}`);
      const kept = end === 500 ? [0, 100, 200, 300, 400] : [0, 100];
      assert.deepEqual(firstOffsets(lake), kept, `${at} ${after}`);
      for (let first = end; first < 500; first += 150) {
        await write(next, lake, first, Math.min(500, first + 150));
      }
      // And one more: nothing that was written since is taken back again.
      const last = await open(lake);
      assert.equal((await last.positions([0])).get(0)!.end, 500, `${at} ${after}`);
      const written = end === 500 ? kept : [0, 100, 200, 350];
      assert.deepEqual(firstOffsets(lake), written, `${at} ${after}`);
    }
  }
});
