import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import { eventLog } from "../../mod/ops/log/event_log.ts";
import { Failure } from "../../mod/failure/failure.ts";
import { parseObjectName } from "../../mod/lake/layout.ts";
import { MOST_FOLDERS } from "../../mod/lake/partitioning.ts";
import { lakeOffsets, offsetsFrom } from "./lake_offsets.ts";
import { MemoryLake } from "./memory_lake.ts";
import { quote, quotes, sink } from "./run_sink.ts";
import { type Entry, ScriptedLog } from "./scripted_log.ts";

const DAY_MS = 86_400_000;

/** A flush has all there is. */
const POLICY = { rows: 1e6, bytes: 1e9, intervalMs: 1e6 };

function letters(lake: MemoryLake): Array<Record<string, unknown>> {
  return [...lake.objects].flatMap(([name, bytes]) =>
    parseObjectName(name)!.kind !== "dead-letters"
      ? []
      : new TextDecoder().decode(bytes).trimEnd().split("\n").map((line) => JSON.parse(line))
  );
}

Deno.test("a flush opens no more folders than it may, and the rest are dead letters, also when it is repeated", async () => {
  const days = Array.from({ length: MOST_FOLDERS + 500 }, (_, day) => quote(100, day * DAY_MS));
  // Another row of a day that has its folder.
  const log = new ScriptedLog([[...days, quote(100, 3 * DAY_MS)]]);
  log.batchSize = 10_000;
  const lake = new MemoryLake();
  lake.beforePut = () => {
    if (lake.puts.length === 700) throw new Failure("failed", "killed");
  };
  await assert.rejects(sink(log, lake, { policy: POLICY }), { message: "killed" });
  lake.beforePut = () => {};
  await sink(log, lake, { policy: POLICY });
  const found = await lakeOffsets(lake);
  assert.deepEqual(found.rows, [...offsetsFrom(0, MOST_FOLDERS), MOST_FOLDERS + 500]);
  assert.deepEqual(found.deadLetters, offsetsFrom(MOST_FOLDERS, MOST_FOLDERS + 500));
  const reason = "its folder would be one of more than 1000 in one flush: dt has 1000 values";
  assert.equal(letters(lake)[0].reason, reason);
  assert.ok(lake.objects.size <= MOST_FOLDERS + 101, String(lake.objects.size));
});

Deno.test("a flush that meets the bound of its folders warns once, with the column and how many messages", async () => {
  const rows = Array.from({ length: MOST_FOLDERS + 500 }, (_, i): Entry => {
    const { value, ...rest } = quote(100, (i % 2) * DAY_MS) as { value: string };
    return { ...rest, value: value.replace("NYA", `X${i}`) };
  });
  const log = new ScriptedLog([rows]);
  log.batchSize = 10_000;
  const records: LogRecord[] = [];
  await configure({
    reset: true,
    sinks: { kept: (record) => records.push(record) },
    loggers: [{ category: "ticklake", sinks: ["kept"], lowestLevel: "warning" }],
  });
  try {
    await sink(log, new MemoryLake(), {
      policy: POLICY,
      format: "jsonl",
      partitionBy: "dt,index",
      onEvent: eventLog(),
    });
  } finally {
    await reset();
  }
  const rejections = records.filter(({ properties }) => "rejected" in properties);
  assert.deepEqual(rejections.map(({ properties }) => [properties.reason, properties.rejected]), [[
    "its folder would be one of more than 1000 in one flush: index has 1000 values",
    500,
  ]]);
  assert.equal(records.length, 2, "and of the many objects that it makes");
});

Deno.test("a value that is too long for a folder's name is a dead letter, the longest that is not a row", async () => {
  const row = (index: string): Entry => {
    const { value } = quote() as { value: string };
    return { value: value.replace('"NYA"', JSON.stringify(index)) };
  };
  const log = new ScriptedLog([
    [row("x".repeat(2000)), row("x".repeat(249)), row("x".repeat(250)), row("/".repeat(90))],
  ]);
  const lake = new MemoryLake();
  const columns = quotes.columns.map((column) => ({ ...column, maxLength: undefined }));
  await sink(log, lake, { partitionBy: "index", schema: { ...quotes, columns } });
  const found = await lakeOffsets(lake);
  assert.deepEqual([found.rows, found.deadLetters], [[1], [0, 2, 3]]);
  assert.match(String(letters(lake)[0].reason), /too long for a folder's name/);
});

Deno.test("values that are too long for a path together are a dead letter, though each fits its folder", async () => {
  const [index] = quotes.columns;
  const more = ["second", "third"].map((name) => ({ ...index, name, wire: name, aliases: [] }));
  const columns = [...quotes.columns, ...more].map((one) => ({ ...one, maxLength: undefined }));
  const row = (length: number): Entry => {
    const value = JSON.parse((quote() as { value: string }).value);
    const [NYA, second, third] = ["a", "b", "c"].map((letter) => letter.repeat(length));
    return { value: JSON.stringify({ ...value, Index: NYA, second, third }) };
  };
  const log = new ScriptedLog([[row(140), row(160), row(3)]]);
  const lake = new MemoryLake();
  await sink(log, lake, { partitionBy: "index,second,third", schema: { ...quotes, columns } });
  const found = await lakeOffsets(lake);
  assert.deepEqual([found.rows, found.deadLetters], [[0, 2], [1]]);
});

Deno.test("a message of many MiB is a dead letter with its size, its hash and its beginning", async () => {
  const value = new Uint8Array(5 * 2 ** 20).fill(0x78);
  const log = new ScriptedLog([[quote(), { value, key: "k" }, quote()]]);
  const lake = new MemoryLake();
  await sink(log, lake);
  assert.deepEqual((await lakeOffsets(lake)).deadLetters, [1]);
  const [letter] = letters(lake);
  assert.equal(letter.reason, "value of 5242880 bytes is larger than 4194304");
  assert.deepEqual(letter.cut, {
    value: { bytes: value.length, sha256: createHash("sha256").update(value).digest("hex") },
    headers: 0,
  });
  assert.deepEqual(Uint8Array.fromBase64(letter.value as string), value.subarray(0, 65_536));
});

Deno.test("a message without a Kafka timestamp is a dead letter, not of 1969", async () => {
  const log = new ScriptedLog([[quote(100, -1), quote()]]);
  const lake = new MemoryLake();
  await sink(log, lake);
  assert.deepEqual((await lakeOffsets(lake)).deadLetters, [0]);
  assert.equal(letters(lake)[0].reason, "no Kafka timestamp");
  assert.ok(![...lake.objects.keys()].some((name) => name.includes("1969")));
});

Deno.test("memory stays bounded within one batch of messages that take more than they are", async () => {
  const maxMemoryBytes = 2 * 2 ** 20;
  const log = new ScriptedLog([Array.from({ length: 60_000 }, () => ({ value: "x" }))]);
  log.batchSize = 60_000;
  const lake = new MemoryLake();
  let most = 0;
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  lake.beforePut = () => held;
  setTimeout(release, 300);
  const { rejected } = await sink(log, lake, {
    policy: { rows: 1e6, bytes: 256 * 1024, intervalMs: 1e6 },
    maxMemoryBytes,
    onEvent(event) {
      if (event.kind === "buffered") most = Math.max(most, event.bytes);
    },
  });
  assert.equal(rejected, 60_000);
  assert.deepEqual((await lakeOffsets(lake)).deadLetters, offsetsFrom(0, 60_000));
  assert.ok(most < maxMemoryBytes, `${most} bytes were held`);
});
