import assert from "node:assert/strict";
import type { CommittedOffset } from "../../mod/broker/broker.ts";
import { openEmbeddedBroker } from "../../mod/broker/embedded/embedded_broker.ts";
import { openDirectoryLake } from "../../mod/lake/directory.ts";
import { isProved, type TableVerdict, verify } from "../../mod/verify/verify.ts";
import { type Entry, ScriptedLog } from "../sink/scripted_log.ts";
import { copyFolder } from "./copy_folder.ts";
import { runTicklake } from "../services/services.ts";
import { countOffsets, type OffsetRange } from "../../mod/verify/offset_range.ts";

type Finding = "missing" | "duplicate" | "foreign" | "forms" | "types";

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
 * was meant: the group's offsets say that they began there, and nothing lies before. So verify does not say that
 * offsets are missing, but which of the topic's the table does not have.
 */
const BEGUN_LATE: Readonly<Record<string, OffsetRange[][]>> = {
  // The group began at 6, as was asked for; partition 1 was added later, and should have begun at 0.
  "latest-partition": [[{ first: 0, last: 5 }], [{ first: 0, last: 4 }]],
  // The unreadable batch was in the first flush: nothing tells the fix that 0.1.0 printed from a wanted reset.
  "unreadable-first": [[{ first: 0, last: 19 }]],
};

for (const [name, before] of Object.entries(BEGUN_LATE)) {
  Deno.test(`verify says what is before the beginning of a lake of 0.1.0: ${name}`, async () => {
    const verdict = await verdictOf(name);
    assert.ok(isProved(verdict));
    assert.deepEqual(verdict.partitions.map((one) => one.before), before);
  });
}

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

async function verdictOf(name: string): Promise<TableVerdict> {
  const source = new URL(`faulty_lakes/${name}/`, import.meta.url);
  const store = openDirectoryLake(new URL("lake", source).pathname);
  const common = { store, table: "index_quotes", deep: true, signal: new AbortController().signal };
  const files = [...Deno.readDirSync(source)].map((file) => file.name);
  try {
    if (files.includes("log.json")) {
      const broker = recordedLog(await Deno.readTextFile(new URL("log.json", source)));
      const topic = `faulty-${name}`;
      return await verify({ broker, topic, group: topic, ...common });
    }
    // A copy: who opens a log of 0.1.0 gives it an id.
    const folder = await Deno.makeTempDir({ prefix: "ticklake-faulty-" });
    await Deno.copyFile(new URL("log.sqlite", source), `${folder}/log.sqlite`);
    const broker = await openEmbeddedBroker(`${folder}/log.sqlite`);
    try {
      return await verify({ broker, topic: "index-quotes", group: "ticklake", ...common });
    } finally {
      await broker.close();
      await Deno.remove(folder, { recursive: true });
    }
  } finally {
    store.close();
  }
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
