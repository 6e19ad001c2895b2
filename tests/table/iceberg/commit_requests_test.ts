import assert from "node:assert/strict";
import { DirectoryCatalog } from "../../../mod/table/iceberg/catalogs/directory.ts";
import { newSchema } from "../../../mod/table/iceberg/iceberg_schema.ts";
import { readManifestList } from "../../../mod/table/iceberg/manifest_list.ts";
import { currentSnapshot } from "../../../mod/table/iceberg/metadata.ts";
import { newTable } from "../../../mod/table/iceberg/new_table.ts";
import { partitionSpec } from "../../../mod/table/iceberg/partition_spec.ts";
import { currentManifests } from "../../../mod/table/iceberg/snapshot.ts";
import { TableFiles } from "../../../mod/table/iceberg/table_files.ts";
import { takeRanges } from "../../../mod/table/iceberg/take_ranges.ts";
import { MemoryLake } from "../../sink/memory_lake.ts";
import { fakeRange } from "./fake_range.ts";
import { quotesSchema } from "./quotes_schema.ts";

/** A lake that tells how many requests one waits for another. */
class CountedLake extends MemoryLake {
  reads: string[] = [];
  /** Puts that are on their way, at most. */
  most = 0;
  #puts = 0;

  override async get(name: string): Promise<Uint8Array> {
    this.reads.push(name);
    return await super.get(name);
  }

  override async put(name: string, bytes: Uint8Array): Promise<void> {
    this.most = Math.max(this.most, ++this.#puts);
    await new Promise((resolve) => setTimeout(resolve));
    this.#puts--;
    await super.put(name, bytes);
  }
}

async function tableIn(lake: CountedLake) {
  const files = new TableFiles(lake, "file:///lake", "index_quotes");
  const schema = await quotesSchema();
  const tableSchema = newSchema(schema);
  const spec = partitionSpec("dt", schema, tableSchema);
  await new DirectoryCatalog(files).create(
    newTable({ location: files.location, schema: tableSchema, spec }),
  );
}

function writer(lake: CountedLake, partition: number) {
  const files = new TableFiles(lake, "file:///lake", "index_quotes");
  const catalog = new DirectoryCatalog(files);
  let next = 0;
  const commit = async () => {
    const ranges = [fakeRange(files, partition, next, next += 10)];
    const log = { id: "0123456789ab", description: "topic quotes" };
    const answers = await takeRanges({ catalog, files, table: "t", log, ranges });
    assert.deepEqual(answers, ["taken"]);
  };
  return { files, catalog, commit };
}

const isManifestList = (name: string) => name.includes("/snap-");

Deno.test("a writer that commits again reads no manifest list, and puts it beside its manifest", async () => {
  const lake = new CountedLake();
  await tableIn(lake);
  const one = writer(lake, 0);
  await one.commit();
  lake.reads = [];
  await one.commit();
  assert.deepEqual(lake.reads.filter(isManifestList), []);
  assert.equal(lake.most, 2);
});

Deno.test("after another's commit the manifest list is read, and what is remembered is what is stored", async () => {
  const lake = new CountedLake();
  await tableIn(lake);
  const [one, two] = [writer(lake, 0), writer(lake, 1)];
  await one.commit();
  await two.commit();
  lake.reads = [];
  await one.commit();
  assert.equal(lake.reads.filter(isManifestList).length, 1);
  const base = (await one.catalog.load())!;
  const remembered = await currentManifests(base, one.files);
  const list = currentSnapshot(base.metadata)!["manifest-list"];
  const stored = readManifestList(await one.files.get(list, base.metadata.location), list);
  const text = (value: unknown) =>
    JSON.stringify(value, (_, one) => typeof one === "bigint" ? String(one) : one);
  assert.equal(remembered.length, 3);
  for (const [i, manifest] of remembered.entries()) {
    for (const [key, value] of Object.entries(manifest)) {
      assert.equal(
        text(value ?? null),
        text(stored[i][key as keyof typeof manifest] ?? null),
        key,
      );
    }
  }
});
