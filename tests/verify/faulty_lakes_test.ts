import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { CommittedOffset } from "../../mod/broker/broker.ts";
import { openEmbeddedBroker } from "../../mod/broker/embedded/embedded_broker.ts";
import { openDirectoryLake } from "../../mod/lake/directory.ts";
import { isProved, type TableVerdict, verify } from "../../mod/verify/verify.ts";
import { MemoryLake } from "../sink/memory_lake.ts";
import { rewrite } from "../sink/rewrite.ts";
import { rows, sink } from "../sink/run_sink.ts";
import { type Entry, ScriptedLog } from "../sink/scripted_log.ts";
import { copyFolder } from "./copy_folder.ts";
import { runTicklake, type TicklakeResult } from "../services/services.ts";
import { openHiveTable } from "../../mod/table/hive/hive_table.ts";
import { logWriter } from "../../mod/sink/log_writer.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { withFolder } from "./with_folder.ts";
import { countOffsets, type OffsetRange } from "../../mod/verify/offset_range.ts";

type Finding = "missing" | "duplicate" | "foreign" | "forms" | "types" | "unrecorded";

/** Lakes that release 0.1.0 leaves after what people do (see make.py), and what is wrong with each. */
const LAKES: Readonly<Record<string, Finding>> = {
  "topic-again": "duplicate",
  "topic-again-running": "foreign",
  "offsets-deleted": "duplicate",
  "second-group": "duplicate",
  "moved-forward": "missing",
  "moved-back": "duplicate",
  "shorter-log": "foreign",
  "two-formats": "forms",
  "two-types": "types",
  "two-clusters": "duplicate",
  "late-object": "duplicate",
  "row-and-letter": "duplicate",
  "truncated": "foreign",
  "unreadable": "missing",
  "compacted": "missing",
  "latest-partition": "unrecorded",
  "unreadable-first": "unrecorded",
  "begun-late": "unrecorded",
};

for (const [name, finding] of Object.entries(LAKES)) {
  Deno.test(`verify --deep says not ok of a lake of 0.1.0: ${name}`, async () => {
    const verdict = await verdictOf(name);
    assert.ok(!isProved(verdict));
    assert.ok(count(verdict, finding) > 0, JSON.stringify(verdict));
  });
}

Deno.test("verify says of a lake of 0.1.0 which messages of an unreadable batch's flush it has skipped", async () => {
  const { partitions: [{ missing }] } = await verdictOf("unreadable");
  // The batch is 20 to 29; the messages before it were of the same flush.
  assert.deepEqual(missing, [{ first: 10, last: 29 }]);
});

/**
 * Lakes that begin after what 0.1.0 has skipped. What it left is the same as where --from latest, or a reset,
 * was meant: the group's offsets say that they began there, and nothing lies before.
 */
const BEGUN_LATE: Readonly<Record<string, OffsetRange[][]>> = {
  // The group began at 6, as was asked for; partition 1 was added later, and should have begun at 0.
  "latest-partition": [[{ first: 0, last: 5 }], [{ first: 0, last: 4 }]],
  // The unreadable batch was in the first flush: nothing tells the fix that 0.1.0 printed from a wanted reset.
  "unreadable-first": [[{ first: 0, last: 19 }]],
};

for (const [name, unrecorded] of Object.entries(BEGUN_LATE)) {
  Deno.test(`what a lake of 0.1.0 begins after is not proved, and a gap once it is adopted: ${name}`, () =>
    withFolder(async (folder) => {
      await copyFolder(fixture(`${name}/`), folder);
      const before = await verdictOf(name, folder);
      assert.deepEqual(before.partitions.map((one) => one.unrecorded), unrecorded);
      assert.deepEqual(before.partitions.flatMap((one) => one.before), []);
      const notices = await adopt(name, folder);
      assert.match(
        notices[1],
        /before where ticklake 0\.1\.0 began partition 0.* recorded as a gap/,
      );
      const after = await verdictOf(name, folder);
      assert.ok(isProved(after), JSON.stringify(after));
      assert.deepEqual(after.partitions.map((one) => one.gaps), unrecorded);
      assert.deepEqual(after.partitions.map(({ from }) => from), unrecorded.map(() => 0));
    }));
}

Deno.test("offsets that retention has removed before a lake of 0.1.0 begins are no reason to doubt it", async () => {
  const log = recordedLog(await Deno.readTextFile(fixture("unreadable-first/log.json")));
  log.lows[0] = 20;
  const verdict = await verdictOf("unreadable-first", undefined, log);
  assert.ok(isProved(verdict));
});

Deno.test("a partition that 0.1.0 began late and of which nothing is written is not proved, and adopted with its gap", () =>
  withFolder(async (folder) => {
    const name = "latest-partition";
    await copyFolder(fixture(`${name}/`), folder);
    const objects = `${folder}/lake/index_quotes/dt=2026-11-27`;
    for await (const { name } of Deno.readDir(objects)) {
      if (name.includes("-partition-1-")) await Deno.remove(`${objects}/${name}`);
    }
    // As 0.1.0 committed where it began.
    const log = recordedLog(await Deno.readTextFile(fixture(`${name}/log.json`)));
    const metadata = JSON.stringify({ v: 1, from: 5 });
    log.committed.set(1, { partition: 1, offset: 5, metadata });
    const verdict = await verdictOf(name, folder, log);
    assert.deepEqual(verdict.partitions[1].unrecorded, [{ first: 0, last: 4 }]);
    await adopt(name, folder, log);
    const { partitions } = await verdictOf(name, folder, log);
    const { from, gaps, expected, missing } = partitions[1];
    assert.deepEqual([from, gaps, expected, missing], [0, [{ first: 0, last: 4 }], 5, []]);
  }));

Deno.test("adopting a lake of 0.1.0 whose first objects were removed does not hide that they are missing", () =>
  withFolder(async (folder) => {
    const name = "compacted";
    await copyFolder(fixture(`${name}/`), folder);
    const objects = `${folder}/lake/index_quotes/dt=2026-11-27`;
    await Deno.remove(
      `${objects}/faulty-compacted-0-0000000000000000-0000000000000009.parquet`,
    );
    await adopt(name, folder);
    const { partitions: [{ missing, gaps }] } = await verdictOf(name, folder);
    assert.deepEqual([missing, gaps], [[{ first: 0, last: 19 }], []]);
  }));

/** Runs commands on a copy of a lake of 0.1.0 with its embedded log. */
async function withCopy(
  name: string,
  run: (command: (...args: string[]) => Promise<TicklakeResult>) => Promise<void>,
): Promise<void> {
  await withFolder(async (home) => {
    await copyFolder(fixture(`${name}/`), home);
    // Retention keeps what a group has not read, however old.
    const log = new DatabaseSync(`${home}/log.sqlite`);
    log.exec("INSERT INTO committed VALUES ('other', 'index-quotes', 0, 0, '')");
    log.close();
    await run((...args) => runTicklake([...args, "--home", home]));
  });
}

Deno.test("verify names what a lake of 0.1.0 begins after, and both ways on; consume records it as a gap, also for Iceberg", () =>
  withCopy("begun-late", async (ticklake) => {
    const first = await ticklake("verify", "--deep");
    assert.equal(first.code, 4, first.stderr);
    assert.match(first.stdout, /^NOT OK: 40 offsets expected, 40 found/);
    const error = /partition 1, offsets 0 to 4: in the topic, but before the lake's first offset/;
    assert.match(first.stderr, error);
    assert.match(first.stderr, /kept no record of where it was to begin/);
    assert.match(first.stderr, /`ticklake consume` records them as a gap/);
    assert.match(first.stderr, /`ticklake reset --to earliest --rewrite`/);
    const consumed = await ticklake("consume", "--until-end", "--from", "latest");
    assert.equal(consumed.code, 0, consumed.stderr);
    assert.match(
      consumed.stderr,
      /40 offsets of .* began partition 0, 1, 2, 3 are recorded as a gap/,
    );
    const named = await ticklake("verify", "--deep");
    assert.equal(named.code, 0, named.stderr);
    assert.match(named.stdout, /^ok: 80 offsets expected, 80 found/);
    assert.match(named.stderr, /40 offsets in recorded gaps/);
    assert.match(named.stderr, /partition 1, offsets 0 to 4/);
    const iceberg = ["--table-format", "iceberg"];
    const migrated = await ticklake("setup-catalog", "--migrate", ...iceberg);
    assert.equal(migrated.code, 0, migrated.stderr);
    const proved = await ticklake("verify", "--deep", "--json", ...iceberg);
    const { ok, expected, gaps, before } = JSON.parse(proved.stdout);
    assert.deepEqual([ok, expected, gaps, before], [true, 80, 40, 0]);
  }));

Deno.test("what a lake of 0.1.0 begins after is read by reset --rewrite, before and after it was recorded as a gap", async () => {
  for (const consumesFirst of [false, true]) {
    await withCopy("begun-late", async (ticklake) => {
      if (consumesFirst) assert.equal((await ticklake("consume", "--until-end")).code, 0);
      const reset = await ticklake("reset", "--to", "earliest", "--rewrite");
      assert.equal(reset.code, 0, reset.stderr);
      const consumed = await ticklake("consume", "--until-end", "--json");
      assert.equal(JSON.parse(consumed.stdout).written, 80, consumed.stderr);
      const proved = await ticklake("verify", "--deep", "--json");
      const { ok, expected, gaps, before } = JSON.parse(proved.stdout);
      assert.deepEqual([ok, expected, gaps, before], [true, 80, 0, 0]);
    });
  }
});

Deno.test("what --from latest, or a reset before the first start, leaves out is on record in a new table", async () => {
  const ways: Array<(log: ScriptedLog, lake: MemoryLake) => Promise<unknown>> = [
    (log, lake) => sink(log, lake, { from: "latest" }),
    (log, lake) => rewrite(log, lake, 30),
  ];
  for (const begin of ways) {
    const [log, lake] = [new ScriptedLog([rows(30)]), new MemoryLake()];
    const options = { broker: log, store: lake, topic: "quotes", group: "sink", deep: true };
    const { signal } = new AbortController();
    await begin(log, lake);
    // Before and after the first flush.
    for (const count of [0, 10]) {
      log.partitions[0].push(...rows(count));
      await sink(log, lake);
      const verdict = await verify({ ...options, table: "index_quotes", signal });
      assert.ok(isProved(verdict), JSON.stringify(verdict));
      const [{ before, unrecorded, expected }] = verdict.partitions;
      assert.deepEqual([before, unrecorded, expected], [[{ first: 0, last: 29 }], [], count]);
    }
  }
});

Deno.test("a lake of 0.1.0 is not adopted with a schema with another type of a column", async () => {
  const home = await Deno.makeTempDir({ prefix: "ticklake-faulty-" });
  const source = new URL("faulty_lakes/moved-back/", import.meta.url).pathname;
  await copyFolder(source, home);
  const schema = JSON.parse(
    await Deno.readTextFile(new URL("../../data/index_quotes.schema.json", import.meta.url)),
  );
  for (const column of schema.columns) if (column.name === "volume") column.type = "double";
  await Deno.writeTextFile(`${home}/double.schema.json`, JSON.stringify(schema));
  const consume = (...args: string[]) =>
    runTicklake(["consume", "--until-end", "--home", home, ...args]);
  try {
    const { code, stderr } = await consume("--schema", `${home}/double.schema.json`);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /has column volume as INT64 in Parquet, and would get it as DOUBLE/);
    assert.equal((await consume()).code, 0);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

/** @param folder a copy of the lake; @param log instead of the recorded one */
async function verdictOf(
  name: string,
  folder = fixture(`${name}/`),
  log?: ScriptedLog,
): Promise<TableVerdict> {
  const store = openDirectoryLake(`${folder}/lake`);
  const common = { store, table: "index_quotes", deep: true, signal: new AbortController().signal };
  const files = [...Deno.readDirSync(folder)].map((file) => file.name);
  try {
    if (files.includes("log.json")) {
      const broker = log ?? recordedLog(await Deno.readTextFile(`${folder}/log.json`));
      const topic = `faulty-${name}`;
      return await verify({ broker, topic, group: topic, ...common });
    }
    // A copy: who opens a log of 0.1.0 gives it an id.
    return await withFolder(async (copy) => {
      await Deno.copyFile(`${folder}/log.sqlite`, `${copy}/log.sqlite`);
      const broker = await openEmbeddedBroker(`${copy}/log.sqlite`);
      try {
        return await verify({ broker, topic: "index-quotes", group: "ticklake", ...common });
      } finally {
        await broker.close();
      }
    });
  } finally {
    store.close();
  }
}

/** Opens the table of a copy as consume does at its first start. @returns what it says */
async function adopt(name: string, folder: string, log?: ScriptedLog): Promise<readonly string[]> {
  const broker = log ?? recordedLog(await Deno.readTextFile(`${folder}/log.json`));
  const topic = `faulty-${name}`;
  const store = openDirectoryLake(`${folder}/lake`);
  try {
    const schema = await loadSchema(undefined);
    const table = openHiveTable(store, { schema, format: "parquet", partitionBy: "dt" });
    const identity = (await broker.log())!;
    const writer = logWriter({ broker, topic, group: topic });
    return (await table.log({ topic, ...identity }, writer)).notices;
  } finally {
    store.close();
  }
}

function fixture(path: string): string {
  return new URL(`faulty_lakes/${path}`, import.meta.url).pathname;
}

/** What make_on_kafka.py has recorded of a topic and its group. */
interface Recorded {
  partitions: Array<{ low: number; high: number; timestamps: Record<string, number> }>;
  committed: CommittedOffset[];
}

/** A log that answers what Kafka would have. */
function recordedLog(text: string): ScriptedLog {
  const { partitions, committed } = JSON.parse(text) as Recorded;
  const log = new ScriptedLog(
    partitions.map(({ high, timestamps }) =>
      Array.from({ length: high }, (_, offset): Entry => {
        const timestamp = timestamps[offset];
        return timestamp === undefined ? "hole" : { value: null, timestamp };
      })
    ),
  );
  partitions.forEach(({ low }, partition) => log.lows[partition] = low);
  for (const one of committed) log.committed.set(one.partition, one);
  return log;
}

function count({ partitions, forms, types }: TableVerdict, finding: Finding): number {
  if (finding === "forms") return forms.length;
  if (finding === "types") return types.length;
  return partitions.reduce(
    (sum, partition) => sum + countOffsets(partition[finding] as OffsetRange[]),
    0,
  );
}
