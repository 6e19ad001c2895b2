import assert from "node:assert/strict";
import { DirectoryCatalog } from "../../../mod/table/iceberg/catalogs/directory.ts";
import { newSchema } from "../../../mod/table/iceberg/iceberg_schema.ts";
import { liveEntries } from "../../../mod/table/iceberg/live_entries.ts";
import { readManifest } from "../../../mod/table/iceberg/manifest.ts";
import { newTable } from "../../../mod/table/iceberg/new_table.ts";
import { partitionSpec } from "../../../mod/table/iceberg/partition_spec.ts";
import { currentManifests } from "../../../mod/table/iceberg/snapshot.ts";
import { TableFiles } from "../../../mod/table/iceberg/table_files.ts";
import { takeRanges } from "../../../mod/table/iceberg/take_ranges.ts";
import { MemoryLake } from "../../sink/memory_lake.ts";
import { fakeRange } from "./fake_range.ts";
import { quotesSchema } from "./quotes_schema.ts";

const COMMITS = 400;
const FILES = 8;
/** A hundred commits are more than a day: the least number of snapshots is kept. */
const PAUSE_MS = 15 * 60_000;

/** Counts what each commit stores. */
class CountedLake extends MemoryLake {
  bytes = 0;
  requests = 0;
  /** Files in all manifests that were written. */
  entries = 0;

  override async put(name: string, bytes: Uint8Array): Promise<void> {
    this.bytes += bytes.length;
    this.requests++;
    if (/\/\d+-m\d+-/.test(name)) {
      const file = { manifest_path: name, sequence_number: 0n, added_snapshot_id: 0n };
      this.entries += readManifest(bytes, file as Parameters<typeof readManifest>[1]).length;
    }
    await super.put(name, bytes);
  }

  override async create(name: string, bytes: Uint8Array): Promise<boolean> {
    this.bytes += bytes.length;
    this.requests++;
    return await super.create(name, bytes);
  }
}

Deno.test("over 400 commits of 8 files, snapshots, metadata, manifests and the bytes of a commit stay bounded", async () => {
  const lake = new CountedLake();
  const files = new TableFiles(lake, "file:///lake", "index_quotes");
  let nowMs = Date.now();
  const now = () => nowMs;
  const catalog = new DirectoryCatalog(files, now);
  const quotes = await quotesSchema();
  const schema = newSchema(quotes);
  const spec = partitionSpec("dt", quotes, schema);
  await catalog.create(newTable({ location: files.location, schema, spec }));
  const log = { id: "0123456789ab", description: "topic quotes" };
  const metadataBytes: number[] = [];
  const spent: Array<{ bytes: number; requests: number; manifests: number }> = [];
  for (let i = 0; i < COMMITS; i++) {
    const ranges = Array.from(
      { length: FILES },
      (_, partition) => fakeRange(files, partition, i * 10, i * 10 + 10),
    );
    lake.bytes = lake.requests = 0;
    await takeRanges({ catalog, files, table: "t", log, ranges, now });
    const base = (await catalog.load())!;
    const name = files.name(base.metadataFile, base.metadata.location);
    metadataBytes.push(lake.objects.get(name)!.length);
    const manifests = (await currentManifests(base, files)).length;
    spent.push({ bytes: lake.bytes, requests: lake.requests, manifests });
    nowMs += PAUSE_MS;
  }
  const base = (await catalog.load())!;
  const { metadata } = base;
  assert.equal((await liveEntries(base, files)).entries.length, COMMITS * FILES);
  assert.equal(metadata.snapshots!.length, 101);
  assert.equal(metadata["metadata-log"]!.length, 100);
  // Metadata files that the log no longer has are empty.
  const versions = [...lake.objects].filter(([name]) => name.endsWith(".metadata.json"));
  assert.equal(versions.length, COMMITS + 1);
  assert.equal(versions.filter(([, { length }]) => length > 0).length, 101);
  // The size of metadata is that of a hundred snapshots.
  const [before, after] = [metadataBytes[COMMITS / 2], metadataBytes.at(-1)!];
  assert.ok(Math.abs(after - before) < before / 100, `${before} ${after}`);
  // In tiers of ten: each file is written once for each tier that it reaches, here at most four.
  assert.ok(Math.max(...spent.map(({ manifests }) => manifests)) <= 40);
  assert.ok(lake.entries <= 4 * COMMITS * FILES, String(lake.entries));
  assert.ok(Math.max(...spent.map(({ requests }) => requests)) <= 8);
  const bytesOf = (part: typeof spent) => part.reduce((sum, { bytes }) => sum + bytes, 0);
  const [third, fourth] = [bytesOf(spent.slice(200, 300)), bytesOf(spent.slice(300))];
  assert.ok(fourth < 1.3 * third, `${third} ${fourth}`);
});
