import assert from "node:assert/strict";
import { takeIcebergInventory } from "../../../mod/status/iceberg_inventory.ts";
import { Failure } from "../../../mod/failure/failure.ts";
import type { TableCatalog } from "../../../mod/table/iceberg/catalog.ts";
import { liveEntries } from "../../../mod/table/iceberg/live_entries.ts";
import { DirectoryCatalog } from "../../../mod/table/iceberg/catalogs/directory.ts";
import { newSchema } from "../../../mod/table/iceberg/iceberg_schema.ts";
import { MAIN } from "../../../mod/table/iceberg/metadata.ts";
import { newTable } from "../../../mod/table/iceberg/new_table.ts";
import { partitionSpec } from "../../../mod/table/iceberg/partition_spec.ts";
import { TableFiles } from "../../../mod/table/iceberg/table_files.ts";
import { takeRanges } from "../../../mod/table/iceberg/take_ranges.ts";
import { MemoryLake } from "../../sink/memory_lake.ts";
import { fakeRange } from "./fake_range.ts";
import { quotesSchema } from "./quotes_schema.ts";

Deno.test("a table that was rolled back behind what consume wrote is reported, until it is rolled forward", async () => {
  const quotes = await quotesSchema();
  const schema = newSchema(quotes);
  const lake = new MemoryLake();
  const files = new TableFiles(lake, "file:///lake", "index_quotes");
  const catalog = new DirectoryCatalog(files);
  const spec = partitionSpec("dt", quotes, schema);
  await catalog.create(newTable({ location: files.location, schema, spec }));
  const record = JSON.stringify({ topic: "quotes", cluster: "c", topicId: "t" });
  const log = { id: "0123456789ab", description: "topic quotes", record };
  for (const first of [0, 10, 20]) {
    const ranges = [fakeRange(files, 0, first, first + 10)];
    await takeRanges({ catalog, files, table: "t", log, ranges });
  }
  const found = (await takeIcebergInventory(catalog, files))!;
  const { rows, snapshots, logs, rolledBack } = found;
  assert.deepEqual([rows, snapshots, rolledBack], [30, 3, false]);
  assert.deepEqual([found.files, found.bytes, found.deleteFiles], [3, 3000, 0]);
  const stored = lake.objects.get("index_quotes/metadata/v4.metadata.json")!;
  assert.equal(found.metadataBytes, stored.length);
  assert.deepEqual(logs, [{
    topic: "quotes",
    log: log.id,
    positions: { 0: { from: 0, end: 30 } },
  }]);
  const base = (await catalog.load())!;
  const moveTo = async (index: number) => {
    const id = base.metadata.snapshots![index]["snapshot-id"];
    const ref = { action: "set-snapshot-ref", "ref-name": MAIN, type: "branch", "snapshot-id": id };
    assert.ok(await catalog.commit((await catalog.load())!, [ref as never]));
    return (await takeIcebergInventory(catalog, files))!;
  };
  const back = await moveTo(1);
  assert.deepEqual([back.rows, back.rolledBack], [20, true]);
  assert.equal((await moveTo(2)).rolledBack, false);
});

/** A catalog that keeps its metadata files outside the lake, as a REST catalog may. */
function keptElsewhere(catalog: DirectoryCatalog): TableCatalog {
  return {
    description: "a catalog",
    async load() {
      const base = await catalog.load();
      return base && { ...base, metadataFile: "s3://warehouse/metadata/00001-a.metadata.json" };
    },
    create: (metadata) => catalog.create(metadata),
    commit: (base, updates) => catalog.commit(base, updates),
    drop: () => catalog.drop(),
    close() {},
  };
}

Deno.test("a table is counted also where the catalog keeps its metadata files outside the lake", async () => {
  const quotes = await quotesSchema();
  const schema = newSchema(quotes);
  const files = new TableFiles(new MemoryLake(), "file:///lake", "index_quotes");
  const catalog = new DirectoryCatalog(files);
  const spec = partitionSpec("dt", quotes, schema);
  await catalog.create(newTable({ location: files.location, schema, spec }));
  const log = { id: "0123456789ab", description: "topic quotes" };
  const ranges = [fakeRange(files, 0, 0, 10)];
  await takeRanges({ catalog, files, table: "t", log, ranges });
  const inside = (await takeIcebergInventory(catalog, files))!;
  const outside = (await takeIcebergInventory(keptElsewhere(catalog), files))!;
  assert.deepEqual([outside.rows, outside.metadataBytes], [10, inside.metadataBytes]);
});

Deno.test("an absent manifest or manifest list is named with what to do, which loses nothing", async () => {
  const quotes = await quotesSchema();
  const schema = newSchema(quotes);
  for (const kind of ["/snap-", "-m0-"]) {
    const lake = new MemoryLake();
    const open = () => new TableFiles(lake, "file:///lake", "index_quotes");
    const catalog = new DirectoryCatalog(open());
    const spec = partitionSpec("dt", quotes, schema);
    await catalog.create(newTable({ location: open().location, schema, spec }));
    const log = { id: "0123456789ab", description: "topic quotes" };
    const ranges = [fakeRange(open(), 0, 0, 10)];
    await takeRanges({ catalog, files: open(), table: "t", log, ranges });
    const gone = [...lake.objects.keys()].find((name) => name.includes(kind))!;
    lake.objects.delete(gone);
    const base = (await catalog.load())!;
    await assert.rejects(liveEntries(base, open()), (error) => {
      assert.ok(error instanceof Failure && error.kind === "failed");
      assert.ok(
        error.message.includes(`names file:///lake/${gone}, which does not exist`),
        error.message,
      );
      assert.match(error.fix!, /^Restore it.* object versions or a backup; `repair` cannot/);
      return true;
    });
  }
});
