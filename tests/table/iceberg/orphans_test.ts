import assert from "node:assert/strict";
import { findOrphans } from "../../../mod/table/iceberg/orphans.ts";
import { replayRecordName, replayRecords } from "../../../mod/table/iceberg/replay_record.ts";
import { IcebergPlace } from "../../repair/iceberg_place.ts";
import { quotes, rows } from "../../sink/run_sink.ts";
import { ScriptedLog } from "../../sink/scripted_log.ts";

const signal = new AbortController().signal;
const DAY_MS = 86_400_000;

async function filled(): Promise<IcebergPlace> {
  const place = new IcebergPlace(new ScriptedLog([rows(20)]));
  await place.consume(10);
  return place;
}

/** Names of what `maintain` would remove. */
async function orphans(place: IcebergPlace, olderThanMs = 0): Promise<string[]> {
  const { catalog, files } = place.open();
  return (await findOrphans({ catalog, files, olderThanMs, signal })).map(({ name }) => name);
}

Deno.test("rows of a replay that has not committed yet are no orphans; without its record they are", async () => {
  const place = await filled();
  assert.deepEqual(await orphans(place), []);
  const log = await place.openLog();
  const name = log.objectName({
    ...{ kind: "rows", partition: 0, first: 3, last: 5, replay: 7, extension: "parquet" } as const,
    partitions: [["dt", "2026-11-24"]],
  });
  await place.lake.put(name, new Uint8Array(9));
  const record = replayRecordName(quotes.table, crypto.randomUUID());
  await place.lake.put(record, new TextEncoder().encode('{"objects":[]}'));
  assert.deepEqual(await orphans(place), []);
  await place.lake.remove(record);
  assert.deepEqual(await orphans(place), [name]);
});

Deno.test("metadata that no snapshot has is an orphan once it is older than the bound", async () => {
  const place = await filled();
  const nameAt = (ms: number) =>
    `${quotes.table}/metadata/snap-1-${ms}-${crypto.randomUUID()}.avro`;
  const [old, young] = [nameAt(Date.now() - 3 * DAY_MS), nameAt(Date.now() - DAY_MS)];
  for (const name of [old, young]) await place.lake.put(name, new Uint8Array(9));
  assert.deepEqual(await orphans(place, 2 * DAY_MS), [old]);
  assert.deepEqual(await orphans(place, 4 * DAY_MS), []);
  assert.equal((await orphans(place)).length, 2);
});

Deno.test("a record of a replay that ends while it is looked for is none", async () => {
  const place = await filled();
  const { lake } = place;
  const names = ["a", "b"].map((id) => replayRecordName(quotes.table, id));
  for (const name of names) await lake.put(name, new TextEncoder().encode('{"objects":[]}'));
  const { get } = lake;
  lake.get = async (name, options) => {
    lake.state.delete(names[0]);
    lake.objects.delete(names[0]);
    return await get.call(lake, name, options);
  };
  assert.equal((await replayRecords(lake, quotes.table)).length, 1);
});
