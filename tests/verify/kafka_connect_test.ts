import assert from "node:assert/strict";
import { type ConsumePlace, quotes, withEmbedded } from "../commands/consume_place.ts";
import { openDirectoryLake } from "../../mod/lake/directory.ts";
import { DirectoryCatalog } from "../../mod/table/iceberg/catalogs/directory.ts";
import { liveEntries } from "../../mod/table/iceberg/live_entries.ts";
import { TableFiles } from "../../mod/table/iceberg/table_files.ts";
import { copyFolder } from "./copy_folder.ts";
import { runTicklake } from "../services/services.ts";
import { addDeletes } from "../table/iceberg/add_deletes.ts";

/** Written by Kafka Connect's Iceberg sink with its `KafkaMetadataTransform`: see kafka_connect/make.ts. */
const LAKE = new URL("kafka_connect/lake", import.meta.url).pathname;

const TABLE = ["--table-format", "iceberg", "--iceberg-catalog", "directory", "--table", "quotes"];
const COLUMNS = [
  ...["--offset-column", "_kafka_metadata_offset"],
  ...["--partition-column", "_kafka_metadata_partition"],
];

/** Of partitions 0 and 1. */
const KEYS = ["a", "d"];

/** A topic with as many messages as Kafka Connect has read, and what it wrote of them. */
async function withLake(run: (place: ConsumePlace) => Promise<void>): Promise<void> {
  await withEmbedded(async (place) => {
    await place.withBroker(async (broker) => {
      await broker.ensureTopic(place.topic, { partitions: 2 });
      const producer = await broker.producer({ topic: place.topic });
      const messages = quotes(50).flatMap((message) => KEYS.map((key) => ({ ...message, key })));
      await producer.send(messages);
      await producer.close();
    });
    await copyFolder(LAKE, `${place.cwd}/.ticklake/lake`);
    await run(place);
  });
}

async function verified(place: ConsumePlace, ...flags: string[]) {
  const args = ["verify", "--table-of-others", "--json", ...flags];
  const { code, stdout, stderr } = await runTicklake(args, place);
  return { code, stderr, found: JSON.parse(stdout || "{}") };
}

Deno.test("verify --table-of-others says exactly which offsets Kafka Connect has missed and doubled in an Iceberg table", () =>
  withLake(async (place) => {
    const { code, stderr, found } = await verified(place, ...TABLE, ...COLUMNS);
    assert.equal(code, 4, stderr);
    const ranges = found.partitions.map((
      one: Record<string, unknown>,
    ) => [one.partition, one.missing, one.duplicate, one.foreign, one.found]);
    assert.deepEqual(ranges, [
      [0, [{ first: 30, last: 39 }], [{ first: 45, last: 49 }], [], 40],
      [1, [{ first: 30, last: 39 }], [], [], 40],
    ], stderr);
    assert.match(stderr, /partition 0, offsets 30 to 39: in the topic, but in no row/);
    assert.match(stderr, /partition 0, offsets 45 to 49: in more than one row/);
  }));

Deno.test("verify --table-of-others reads the rows of its topic only, and what the snapshot has only", () =>
  withLake(async (place) => {
    // No file of the table, such as one that a commit that failed has left.
    const data = `${place.cwd}/.ticklake/lake/quotes/data`;
    const [{ name }] = [...Deno.readDirSync(data)];
    await Deno.copyFile(`${data}/${name}`, `${data}/left.parquet`);
    const ofAnother = await verified(
      place,
      ...TABLE,
      ...COLUMNS,
      "--topic-column",
      "_kafka_metadata_topic",
    );
    assert.equal(ofAnother.code, 0, ofAnother.stderr);
    assert.deepEqual([ofAnother.found.found, ofAnother.found.behind], [0, 100]);
    const { found } = await verified(place, ...TABLE, ...COLUMNS);
    assert.deepEqual([found.missing, found.duplicate, found.objects], [20, 5, 3]);
  }));

Deno.test("verify --table-of-others of an Iceberg table says what it was given wrong", () =>
  withLake(async (place) => {
    const noColumn = await verified(place, ...TABLE);
    assert.equal(noColumn.code, 2);
    assert.match(noColumn.stderr, /no column kafka_offset, but .*_kafka_metadata_offset/);
    assert.match(noColumn.stderr, /fix: --offset-column/);
    const noTable = await verified(place, ...TABLE.slice(0, -1), "nowhere", ...COLUMNS);
    assert.equal(noTable.code, 1);
    assert.match(noTable.stderr, /table nowhere is not in .*\n {2}fix: Check --table/);
    const asHive = await verified(place, ...COLUMNS);
    assert.equal(asHive.code, 2);
    assert.match(asHive.stderr, /has an Iceberg table: .*\n {2}fix: --table-format iceberg/);
    // What is gone from the snapshot's files is not proved.
    const data = `${place.cwd}/.ticklake/lake/quotes/data`;
    const [{ name }] = [...Deno.readDirSync(data)];
    await Deno.remove(`${data}/${name}`);
    const gone = await verified(place, ...TABLE, ...COLUMNS);
    assert.equal(gone.code, 4);
    assert.equal(gone.found.unreadable.length, 1);
  }));

Deno.test("verify --table-of-others counts rows that delete files remove from an Iceberg table, and not as missing", () =>
  withLake(async (place) => {
    const lake = `${place.cwd}/.ticklake/lake`;
    const files = new TableFiles(openDirectoryLake(lake), `file://${lake}`, "quotes");
    const catalog = new DirectoryCatalog(files);
    const { entries } = await liveEntries((await catalog.load())!, files);
    // Five rows that are there twice, and sixty.
    for (const rows of [5, 60]) {
      const entry = entries.find(({ file }) => Number(file.record_count) === rows)!;
      const positions = [0, 1].map((position) => [entry.file.file_path, position] as const);
      await addDeletes(catalog, files, entry, { positions });
    }
    const { code, stderr, found } = await verified(place, ...TABLE, ...COLUMNS);
    const { missing, duplicate, deleted } = found;
    assert.deepEqual([code, missing, duplicate, deleted], [4, 20, 3, 2], stderr);
    assert.match(stderr, /2 offsets with a row that delete files remove/);
  }));
