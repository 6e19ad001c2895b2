import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { Broker } from "../../mod/broker/broker.ts";
import { openEmbeddedBroker } from "../../mod/broker/embedded/embedded_broker.ts";
import { openHiveTable } from "../../mod/table/hive/hive_table.ts";
import { STATE_ROOT } from "../../mod/table/hive/state_names.ts";
import { openDirectoryLake } from "../../mod/lake/directory.ts";
import { parseObjectName } from "../../mod/lake/layout.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { emptySummary, runSink } from "../../mod/sink/sink.ts";
import { PROPERTY } from "../property_seed.ts";
import { badMessage, type Message } from "./bad_message.ts";

const quotes = await loadSchema();

/** Column names in the message and in the lake, of those that are numbers. */
const NUMBERS = [
  ["Open", "open"],
  ["High", "high"],
  ["Low", "low"],
  ["Close", "close"],
  ["Adj Close", "adj_close"],
  ["Volume", "volume"],
  ["CloseUSD", "close_usd"],
] as const;

/** Of these, the ones that a row may be without. */
const OPTIONAL = quotes.columns.filter(({ required }) => !required).map(({ wire }) => wire);

/** One way to write a lake. */
interface Settings {
  format: "parquet" | "jsonl";
  partitionBy: string;
  rows: number;
}

const settings: fc.Arbitrary<Settings> = fc.record({
  format: fc.constantFrom("parquet", "jsonl"),
  partitionBy: fc.constantFrom("dt", "none", "index", "index,year(date)", "dt,hour,volume"),
  rows: fc.integer({ min: 1, max: 30 }),
});

/** What a lake holds of a topic, by `PARTITION/OFFSET`. */
interface Landed {
  rows: Map<string, Record<string, unknown>>;
  deadLetters: Map<string, { key: string | null; value: string | null; reason: string }>;
}

async function land(
  broker: Broker,
  path: string,
  topic: string,
  { format, partitionBy, rows }: Settings,
): Promise<Landed> {
  const store = openDirectoryLake(path);
  const summary = emptySummary();
  await runSink({
    broker,
    store,
    topic,
    group: topic,
    from: "earliest",
    schema: quotes,
    format,
    partitionBy,
    policy: { rows, bytes: 64 * 2 ** 20, intervalMs: 60_000 },
    maxMemoryBytes: 64 * 2 ** 20,
    untilEnd: true,
    onEvent() {},
    table: openHiveTable(store, { schema: quotes, format, partitionBy }),
    signal: new AbortController().signal,
  }, summary);
  const landed: Landed = { rows: new Map(), deadLetters: new Map() };
  for await (const { name } of store.list("")) {
    if (name.startsWith(STATE_ROOT)) continue;
    const { partition, kind, partitions, extension } = parseObjectName(name)!;
    const bytes = await store.get(name);
    for (const row of await objectsIn(bytes, extension)) {
      const place = `${partition}/${row.kafka_offset ?? row.offset}`;
      const found = kind === "dead-letters" ? landed.deadLetters : landed.rows;
      assert.ok(!found.has(place), `${place} is there twice`);
      if (kind === "rows") { for (const [column, value] of partitions) row[column] ??= value; }
      found.set(place, row as never);
    }
  }
  assert.equal(summary.written, landed.rows.size);
  assert.equal(summary.rejected, landed.deadLetters.size);
  assert.equal(summary.read, summary.written + summary.rejected);
  store.close();
  return landed;
}

async function objectsIn(bytes: Uint8Array, extension: string): Promise<Record<string, unknown>[]> {
  if (extension === "parquet") {
    return await parquetReadObjects({ file: bytes.slice().buffer, compressors });
  }
  const text = new TextDecoder().decode(extension === "jsonl.gz" ? gunzipSync(bytes) : bytes);
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** The message as JavaScript reads it; `undefined` where it is no JSON, or its bytes are no text. */
function parsed(value: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value));
  } catch {
    return undefined;
  }
}

/** A message is in the table with its own values, or among the dead letters with its own bytes. */
function compare({ key, value }: Message, place: string, { rows, deadLetters }: Landed): void {
  const row = rows.get(place);
  const letter = deadLetters.get(place);
  assert.ok((row === undefined) !== (letter === undefined), `${place} is there once`);
  if (letter !== undefined) {
    assert.equal(letter.value, value && value.toBase64());
    assert.equal(letter.key, key && new TextEncoder().encode(key).toBase64());
    assert.ok(letter.reason.length > 0);
    return;
  }
  const source = value && parsed(value) as Record<string, unknown>;
  assert.ok(typeof source === "object" && source !== null, `a row of ${value}`);
  assert.equal(row!.index, source.Index);
  for (const [wire, column] of NUMBERS) {
    // Not by assert.equal: -0 may land as 0.
    const isAbsent = OPTIONAL.includes(wire) && (source[wire] ?? null) === null;
    const same = isAbsent ? row![column] == null : Number(row![column]) === source[wire];
    assert.ok(same, `${column} is ${row![column]}: ${new TextDecoder().decode(value!)}`);
  }
}

Deno.test("whatever a message is, it ends in the table or among the dead letters with a reason", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "ticklake-bad-" });
  const broker = await openEmbeddedBroker(`${folder}/log.sqlite`);
  let runs = 0;
  let counted = { rows: 0, deadLetters: 0 };
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(badMessage, { minLength: 1, maxLength: 60, size: "max" }),
        settings,
        async (messages, settings) => {
          const topic = `bad${runs++}`;
          await broker.ensureTopic(topic, { partitions: 1 });
          const producer = await broker.producer({ topic });
          await producer.send(messages);
          await producer.close();
          const landed = await land(broker, `${folder}/${topic}`, topic, settings);
          messages.forEach((message, offset) => compare(message, `0/${offset}`, landed));
          counted = {
            rows: counted.rows + landed.rows.size,
            deadLetters: counted.deadLetters + landed.deadLetters.size,
          };
        },
      ),
      { ...PROPERTY, numRuns: Math.ceil(PROPERTY.numRuns / 2) },
    );
  } finally {
    await broker.close();
    Deno.removeSync(folder, { recursive: true });
  }
  console.log(`${counted.rows} rows, ${counted.deadLetters} dead letters`);
  assert.ok(counted.rows > 100 && counted.deadLetters > 100, "the messages are of both kinds");
});
