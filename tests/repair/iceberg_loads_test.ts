import assert from "node:assert/strict";
import { changeTable } from "../../mod/table/iceberg/change_table.ts";
import { liveEntries } from "../../mod/table/iceberg/live_entries.ts";
import { writeSnapshot } from "../../mod/table/iceberg/snapshot.ts";
import { rows } from "../sink/run_sink.ts";
import { ScriptedLog } from "../sink/scripted_log.ts";
import { IcebergPlace } from "./iceberg_place.ts";

/** A table with every file of every partition twice. */
async function doubled(partitions: number): Promise<IcebergPlace> {
  const place = new IcebergPlace(
    new ScriptedLog(Array.from({ length: partitions }, () => rows(20))),
  );
  await place.consume(10);
  const { catalog, files } = place.open();
  await changeTable({ catalog, table: "t" }, async (base) => {
    const { entries } = await liveEntries(base, files);
    const added = entries.map(({ name, file, specId }) => {
      const copy = name.replace(".parquet", ".r7.parquet");
      place.lake.objects.set(copy, place.lake.objects.get(name)!);
      return { specId, file: { ...file, file_path: files.uri(copy, base.metadata.location) } };
    });
    return await writeSnapshot(base, files, { added }, Date.now());
  });
  return place;
}

/** Repairs, and counts how often the table's metadata is read. */
async function loadsOf(partitions: number): Promise<number> {
  const place = await doubled(partitions);
  const { lake } = place;
  const verdict = await place.verify();
  const get = lake.get.bind(lake);
  let loads = 0;
  lake.get = (name, options) => {
    if (name.endsWith(".metadata.json")) loads++;
    return get(name, options);
  };
  const plans = await place.repair(verdict);
  assert.equal(plans.length, partitions);
  assert.deepEqual(
    (await place.verify()).partitions.map(({ duplicate, found }) => [duplicate, found]),
    Array.from({ length: partitions }, () => [[], 20]),
  );
  return loads;
}

Deno.test("repair of an Iceberg table loads it as often for four partitions as for one", async () => {
  assert.equal(await loadsOf(4), await loadsOf(1));
});
