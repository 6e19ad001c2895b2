import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { type ObjectKind, objectName } from "../../mod/lake/layout.ts";
import { Candles } from "../../mod/live/candles.ts";
import { loadHistory } from "../../mod/live/lake_history.ts";
import { LakeWatch } from "../../mod/live/lake_watch.ts";
import { newestObjects } from "../../mod/live/newest_objects.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { MemoryLake } from "../sink/memory_lake.ts";
import { quote } from "./pipeline.ts";

const schema = await loadSchema();
const topic = "index-quotes";
const { signal } = new AbortController();
const encoder = new TextEncoder();

function named(
  day: string,
  partition: number,
  first: number,
  { kind = "rows" as ObjectKind, ofTopic = topic, last = first + 9 } = {},
) {
  const parsed = {
    table: schema.table,
    partitions: [["dt", day]] as const,
    extension: kind !== "rows" ? "jsonl" : "jsonl.gz",
    topic: ofTopic,
    ...{ kind, partition, first, last },
  };
  return { name: objectName(parsed), size: 1, version: "1", parsed };
}

/** A row as JSON lines in the lake have it. */
function lakeRow(index: string, date: string, close: number): string {
  const wire = JSON.parse(quote(index, date, close));
  return JSON.stringify(
    Object.fromEntries(schema.columns.map(({ wire: name, name: column }) => [column, wire[name]])),
  ) + "\n";
}

Deno.test("the newest objects are of the newest day, and of each partition alike", () => {
  const objects = [
    named("2024-01-02", 0, 0),
    named("2024-01-03", 0, 10),
    named("2024-01-03", 1, 500),
    named("2024-01-03", 1, 510),
    named("2024-01-03", 1, 520),
    named("2024-01-03", 0, 20),
  ];
  assert.deepEqual(
    newestObjects(objects).map(({ parsed: { partition, first } }) => [partition, first]),
    [[1, 520], [0, 20], [1, 510], [0, 10], [1, 500], [0, 0]],
  );
});

Deno.test("history is read from the newest objects of the topic, and newer ones count", async () => {
  const lake = new MemoryLake();
  const put = (object: { name: string }, text: string) => lake.put(object.name, gzipSync(text));
  await put(named("2024-01-03", 0, 10), lakeRow("HSI", "2024-01-02", 2));
  await put(
    named("2024-01-02", 0, 0),
    lakeRow("HSI", "2024-01-02", 1) + lakeRow("HSI", "2024-01-01", 7),
  );
  await put(named("2024-01-03", 0, 20, { ofTopic: "another" }), lakeRow("NYA", "2024-01-02", 3));
  await lake.put(named("2024-01-03", 0, 30).name, encoder.encode("damaged"));
  await put({ name: `${schema.table}/README` }, "not ours");
  const candles = new Candles(true);
  const faults = await loadHistory(candles, { store: lake, schema, topic, signal });
  assert.deepEqual(candles.all().map(([symbol, day, , , , close]) => [symbol, day, close]), [
    ["HSI", "2024-01-01", 7],
    ["HSI", "2024-01-02", 2],
  ]);
  assert.equal(faults.length, 1);
  assert.match(faults[0], /0000000000000030-\d+\.jsonl\.gz cannot be read/);
});

Deno.test("of a lake with many objects only the newest are fetched", async () => {
  const lake = new MemoryLake();
  for (let i = 0; i < 1200; i++) {
    const { name } = named("2024-01-03", 0, i * 10);
    await lake.put(name, gzipSync(lakeRow(`I${i % 100}`, "2024-01-02", i)));
  }
  let fetched = 0;
  const get = lake.get.bind(lake);
  lake.get = (name) => {
    fetched++;
    return get(name);
  };
  const candles = new Candles(true);
  await loadHistory(candles, { store: lake, schema, topic, signal });
  assert.equal(fetched, 500);
  const closes = candles.all().map((candle) => candle[5]).sort((a, b) => a - b);
  assert.deepEqual(closes, Array.from({ length: 100 }, (_, i) => 1100 + i));
});

Deno.test("dead letters are told by reason, the newest first; each object is fetched once", async () => {
  const lake = new MemoryLake();
  const letter = (offset: number, reason: string) =>
    JSON.stringify({ partition: 0, offset, timestamp: "2024-01-03T00:00:00.000Z", reason }) + "\n";
  const range = named("2024-01-03", 0, 0, { kind: "dead-letters", last: 9 });
  await lake.put(range.name, encoder.encode(letter(1, "not JSON") + letter(4, "no key")));
  await lake.put(named("2024-01-03", 0, 0).name, encoder.encode("rows"));
  const gap = `dead_letter/${schema.table}/gap=retention/${topic}-0-${"10".padStart(16, "0")}-${
    "19".padStart(16, "0")
  }.json`;
  await lake.put(gap, encoder.encode("{}"));
  let fetched = 0;
  const get = lake.get.bind(lake);
  lake.get = (name) => {
    fetched++;
    return get(name);
  };
  const watch = new LakeWatch({ store: lake, schema, topic });
  await watch.look(signal);
  const next = named("2024-01-03", 0, 20, { kind: "dead-letters", last: 29 });
  await lake.put(next.name, encoder.encode(letter(25, "not JSON")));
  await watch.look(signal);
  const { view } = watch;
  assert.deepEqual(view.reasons, [["not JSON", 2], ["no key", 1]]);
  assert.deepEqual(view.rejected.map(({ offset }) => offset), [25, 4, 1]);
  assert.equal(fetched, 2);
  assert.deepEqual([view.objects, view.deadLetterObjects, view.messages], [1, 2, 20]);
  assert.deepEqual(view.growth.map(([, bytes]) => bytes), [4, 4]);
});
