import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import { parseObjectName } from "../../mod/lake/layout.ts";
import { logKey } from "../../mod/table/log_key.ts";
import { parseCheckpoint } from "../../mod/sink/intent.ts";
import { lakeOffsets, offsetsFrom } from "./lake_offsets.ts";
import { MemoryLake } from "./memory_lake.ts";
import { quote, quotes, rows, sink } from "./run_sink.ts";
import { type Entry, ScriptedLog } from "./scripted_log.ts";

/** Ranges of the lake's objects, by first offset. */
function ranges(lake: MemoryLake): Array<[first: number, last: number]> {
  return [...lake.objects.keys()]
    .map((name) => parseObjectName(name)!)
    .map(({ first, last }): [number, number] => [first, last])
    .sort(([a], [b]) => a - b);
}

function rejection(): { promise: Promise<never>; reject(error: Error): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  return { promise, reject };
}

Deno.test("every message is in the lake once, in ranges that tile", async () => {
  const log = new ScriptedLog([rows(25), rows(7)]);
  const lake = new MemoryLake();
  const summary = await sink(log, lake);
  assert.deepEqual((await lakeOffsets(lake, 0)).rows, offsetsFrom(0, 25));
  assert.deepEqual((await lakeOffsets(lake, 1)).rows, offsetsFrom(0, 7));
  assert.deepEqual(ranges(lake), [[0, 9], [0, 6], [10, 19], [20, 24]]);
  const { bytes, ...counts } = summary;
  assert.deepEqual(counts, { read: 32, written: 32, rejected: 0, objects: 4, lost: 0 });
  assert.equal(bytes, [...lake.objects.values()].reduce((sum, { length }) => sum + length, 0));
});

Deno.test("the bounds of a flush are committed before its first byte is put", async () => {
  const log = new ScriptedLog([rows(10)]);
  const lake = new MemoryLake();
  let atPut: { offset: number | null; metadata: string } | undefined;
  lake.beforePut = () => {
    atPut ??= { ...log.committed.get(0)! };
  };
  await sink(log, lake);
  assert.equal(atPut?.offset, 0);
  const { from, intent } = parseCheckpoint(atPut!.metadata)!;
  assert.equal(from, 0);
  assert.equal(intent?.end, 10);
  assert.equal(intent?.objects, 1);
  assert.deepEqual(parseCheckpoint(log.committed.get(0)!.metadata), {
    from: 0,
    since: undefined,
    log: await logKey({ topic: "quotes", ...log.identity }),
  });
});

Deno.test("what is no row is a dead letter with its bytes and the reason", async () => {
  const bad = new Uint8Array([0xff, 0x00, 0x7b]);
  const log = new ScriptedLog([[quote(), { value: bad, key: "k" }, { value: null }, quote()]]);
  log.identity = { cluster: "", topicId: null };
  const lake = new MemoryLake();
  const summary = await sink(log, lake);
  assert.equal(summary.read, 4);
  assert.equal(summary.written, 2);
  assert.equal(summary.rejected, 2);
  assert.deepEqual(await lakeOffsets(lake), { rows: [0, 3], deadLetters: [1, 2], gaps: [] });
  const name = [...lake.objects.keys()].find((name) => name.startsWith("dead_letter/"))!;
  assert.equal(
    name,
    "dead_letter/index_quotes/dt=2026-11-24/quotes-0-0000000000000000-0000000000000003.jsonl",
  );
  const text = new TextDecoder().decode(lake.objects.get(name));
  const [first, tombstone] = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(Uint8Array.fromBase64(first.value), bad);
  assert.equal(new TextDecoder().decode(Uint8Array.fromBase64(first.key)), "k");
  assert.equal(first.reason, "not UTF-8");
  assert.equal(tombstone.value, null);
  assert.equal(tombstone.reason, "no value (a tombstone)");
});

Deno.test("a table keeps its format, its partitioning and its columns' types", async () => {
  const log = new ScriptedLog([rows(15)]);
  const lake = new MemoryLake();
  await sink(log, lake);
  log.partitions[0].push(...rows(5));
  const volume = (type: "double" | "string") => ({
    ...quotes,
    columns: quotes.columns.map((column) =>
      column.name === "volume" ? { ...column, type, min: undefined } : column
    ),
  });
  const others = [
    [{ format: "jsonl" }, /has parquet objects, and would get jsonl/],
    [{ partitionBy: "index" }, /has objects by dt, and would get others by index/],
    [{ schema: volume("string") }, /has column volume as long, and would get it as string/],
  ] as const;
  for (const [options, message] of others) {
    await assert.rejects(
      sink(log, lake, options),
      (error) => error instanceof Failure && error.kind === "usage" && message.test(error.message),
    );
  }
  const more = { wire: "Note", name: "note", type: "string" as const, required: false };
  await sink(log, lake, { schema: { ...quotes, columns: [...quotes.columns, more] } });
  assert.deepEqual((await lakeOffsets(lake)).rows, offsetsFrom(0, 20));
});

/** A log and a lake whose only flush was killed before its commit. */
async function killedFlush(lake: MemoryLake): Promise<ScriptedLog> {
  const log = new ScriptedLog([rows(10)]);
  lake.afterPut = () => {
    throw new Failure("failed", "killed");
  };
  await assert.rejects(sink(log, lake), { message: "killed" });
  lake.afterPut = () => {};
  return log;
}

Deno.test("an in-flight flush is finished with its own compression, to the same bytes", async () => {
  const lake = new MemoryLake();
  const log = await killedFlush(lake);
  const [[name, bytes]] = lake.objects;
  lake.objects.clear();
  await sink(log, lake, { compression: "none" });
  assert.deepEqual([...lake.objects], [[name, bytes]]);
});

Deno.test("a flush started with other rules is settled: taken when it is whole, else written anew", async () => {
  for (const isWhole of [true, false]) {
    const lake = new MemoryLake();
    const log = await killedFlush(lake);
    const { partition, offset, metadata } = log.committed.get(0)!;
    const other = { ...JSON.parse(metadata), rules: undefined };
    // Of an object that is there and a dead letter that is not.
    if (!isWhole) other.objects = 2;
    log.committed.set(0, { partition, offset, metadata: JSON.stringify(other) });
    log.partitions[0].push(...rows(5));
    const [name] = lake.objects.keys();
    const { written } = await sink(log, lake, { compression: "snappy", policy: POLICY });
    assert.equal(written, isWhole ? 5 : 15);
    assert.deepEqual((await lakeOffsets(lake)).rows, offsetsFrom(0, 15));
    assert.equal(lake.objects.has(name), isWhole);
  }
});

/** A flush has all there is. */
const POLICY = { rows: 1000, bytes: 1e9, intervalMs: 1e6 };

Deno.test("JSON lines have no compression but gzip", async () => {
  const log = new ScriptedLog([rows(1)]);
  const options = { format: "jsonl", compression: "zstd" } as const;
  await assert.rejects(
    sink(log, new MemoryLake(), options),
    (error) => error instanceof Failure && error.kind === "usage",
  );
  assert.equal((await sink(log, new MemoryLake(), { ...options, compression: "gzip" })).read, 1);
});

Deno.test("a flush started with another schema is not finished under this one", async () => {
  const log = new ScriptedLog([rows(15)]);
  const lake = new MemoryLake();
  lake.beforePut = () => {
    throw new Failure("failed", "killed");
  };
  await assert.rejects(sink(log, lake), { message: "killed" });
  lake.beforePut = () => {};
  const columns = quotes.columns.map((column) => ({ ...column, max: undefined, min: undefined }));
  await assert.rejects(
    sink(log, lake, { schema: { ...quotes, columns } }),
    (error) => error instanceof Failure && error.kind === "usage" && /--schema/.test(error.message),
  );
  assert.equal(log.committed.get(0)!.offset, 0);
  await sink(log, lake);
  assert.deepEqual((await lakeOffsets(lake)).rows, offsetsFrom(0, 15));
});

Deno.test("offsets without a message are passed over and committed, and ranges still tile", async () => {
  const holes: Entry[] = ["hole", "hole", "hole"];
  const log = new ScriptedLog([[...holes, ...rows(2), ...holes]]);
  const lake = new MemoryLake();
  const first = await sink(log, lake);
  assert.equal(first.read, 2);
  assert.equal(log.committed.get(0)!.offset, 8);
  log.partitions[0].push(...holes, quote(), ...holes);
  await sink(log, lake);
  assert.equal(log.committed.get(0)!.offset, 15);
  assert.deepEqual((await lakeOffsets(lake)).rows, [3, 4, 11]);
  const tiles = ranges(lake);
  assert.equal(tiles[0][0], 0);
  for (let i = 1; i < tiles.length; i++) assert.equal(tiles[i][0], tiles[i - 1][1] + 1);
  const { since } = parseCheckpoint(log.committed.get(0)!.metadata)!;
  assert.equal(since ?? 15, tiles.at(-1)![1] + 1);
});

Deno.test("a group that begins at the end keeps its place before its first flush", async () => {
  const log = new ScriptedLog([rows(5)]);
  const lake = new MemoryLake();
  await sink(log, lake, { from: "latest" });
  log.partitions[0].push(...rows(3));
  await sink(log, lake, { from: "latest" });
  assert.deepEqual((await lakeOffsets(lake)).rows, [5, 6, 7]);
});

Deno.test("what retention removes before it is read is recorded, at the start and under load", async () => {
  const log = new ScriptedLog([rows(30)]);
  const lake = new MemoryLake();
  await sink(log, lake, { policy: { rows: 5, bytes: 1e9, intervalMs: 1e6 } });
  log.partitions[0].push(...rows(30));
  log.lows[0] = 40;
  const gaps: number[][] = [];
  log.batchSize = 5;
  const summary = await sink(log, lake, {
    policy: { rows: 100, bytes: 1e9, intervalMs: 1e6 },
    onEvent(event) {
      if (event.kind === "gap") gaps.push([event.gap.partition, event.gap.first, event.gap.end]);
      if (event.kind === "position" && event.next === 45) log.lows[0] = 52;
    },
  });
  assert.deepEqual(gaps, [[0, 30, 40], [0, 45, 52]]);
  assert.equal(summary.lost, 17);
  assert.deepEqual(await lakeOffsets(lake), {
    rows: [...offsetsFrom(0, 30), ...offsetsFrom(40, 45), ...offsetsFrom(52, 60)],
    deadLetters: [],
    gaps: [...offsetsFrom(30, 40), ...offsetsFrom(45, 52)],
  });
  assert.equal(log.committed.get(0)!.offset, 60);
});

/** Begins a flush of two objects and is killed when `puts` of them are stored. */
async function begun(puts: number): Promise<{ log: ScriptedLog; lake: MemoryLake }> {
  const days = offsetsFrom(0, 10).map((i) => quote(100 + i, Date.UTC(2026, 10, i < 4 ? 1 : 2)));
  const log = new ScriptedLog([days]);
  const lake = new MemoryLake();
  let stored = 0;
  lake.beforePut = () => {
    if (stored++ >= puts) throw new Failure("failed", "killed");
  };
  log.beforeCommit = (_, offset) => {
    if (offset === 10) throw new Failure("failed", "killed");
  };
  await assert.rejects(sink(log, lake), { message: "killed" });
  lake.beforePut = () => {};
  log.beforeCommit = () => {};
  assert.equal(lake.objects.size, puts);
  log.partitions[0].push(...rows(5));
  return { log, lake };
}

Deno.test("a begun flush that retention has overtaken counts as done when all its objects are there", async () => {
  const { log, lake } = await begun(2);
  log.lows[0] = 6;
  const { lost } = await sink(log, lake);
  assert.equal(lost, 0);
  const { rows, gaps } = await lakeOffsets(lake);
  assert.deepEqual(rows, offsetsFrom(0, 15));
  assert.deepEqual(gaps, []);
});

Deno.test("a begun flush that retention has overtaken is taken back when some of it is missing", async () => {
  const { log, lake } = await begun(1);
  log.lows[0] = 6;
  const { lost } = await sink(log, lake);
  assert.equal(lost, 6);
  const { rows, gaps } = await lakeOffsets(lake);
  assert.deepEqual(gaps, offsetsFrom(0, 6));
  assert.deepEqual(rows, offsetsFrom(6, 15));
});

Deno.test("a begun flush that retention overtakes while it is repeated loses nothing that is there", async () => {
  for (const puts of [1, 2]) {
    const { log, lake } = await begun(puts);
    log.batchSize = 2;
    const { lost, read, written } = await sink(log, lake, {
      onEvent(event) {
        if (event.kind === "position" && event.next === 4) log.lows[0] = 8;
      },
    });
    const { rows, gaps } = await lakeOffsets(lake);
    assert.deepEqual([...rows, ...gaps].sort((a, b) => a - b), offsetsFrom(0, 15));
    assert.deepEqual(gaps, puts === 2 ? [] : offsetsFrom(4, 8));
    assert.equal(lost, gaps.length);
    assert.equal(read, written);
  }
});

Deno.test("a member that loses its partitions begins no flush any more", async () => {
  const log = new ScriptedLog([rows(40)]);
  const lake = new MemoryLake();
  let rebalanced = false;
  lake.beforePut = async () => {
    if (rebalanced || lake.puts.length < 1) return;
    rebalanced = true;
    log.rebalance();
    await Promise.resolve();
  };
  const { read, written } = await sink(log, lake);
  assert.ok(rebalanced);
  assert.deepEqual((await lakeOffsets(lake)).rows, offsetsFrom(0, 40));
  assert.equal(read, 40);
  assert.equal(written, 40);
});

Deno.test("an object of a former owner that lands late is the same object", async () => {
  const log = new ScriptedLog([rows(10)]);
  const lake = new MemoryLake();
  const late = rejection();
  let bytesOfFirst: Uint8Array | undefined;
  const put = lake.put.bind(lake);
  let nth = 0;
  lake.put = async (name, bytes, options) => {
    if (parseObjectName(name) !== null && nth++ === 0) {
      bytesOfFirst = bytes.slice();
      log.rebalance();
      await late.promise.catch(() => {});
    }
    await put(name, bytes, options);
  };
  const done = sink(log, lake);
  setTimeout(() => late.reject(new Error("now")), 20);
  await done;
  assert.equal(lake.objects.size, 1);
  assert.deepEqual([...lake.objects.values()][0], bytesOfFirst);
});

Deno.test("while the lake is away nothing is lost, and it says that it is not ready", async () => {
  const log = new ScriptedLog([rows(30)]);
  const lake = new MemoryLake();
  let attempts = 0;
  lake.beforePut = () => {
    if (++attempts < 3) throw new Failure("service", "the lake is away");
  };
  const told: Array<[boolean, string | undefined]> = [];
  const retried: string[] = [];
  const { written } = await sink(log, lake, {
    onEvent(event) {
      if (event.kind === "ready") told.push([event.ready, event.why]);
      if (event.kind === "retried") retried.push(event.what);
    },
  });
  assert.equal(written, 30);
  assert.deepEqual(told.at(-1), [true, undefined]);
  assert.match(told[0][1]!, /the lake cannot be written: the lake is away/);
  assert.deepEqual(retried, ["put", "put"]);
});

Deno.test("a put that was given up in a rebalance does not keep it from being ready again", async () => {
  const log = new ScriptedLog([rows(30)]);
  const lake = new MemoryLake();
  let away = true;
  lake.beforePut = () => {
    if (away) throw new Failure("service", "the lake is away");
  };
  const told: boolean[] = [];
  const { written } = await sink(log, lake, {
    onEvent(event) {
      if (event.kind === "ready") told.push(event.ready);
      if (event.kind !== "retried") return;
      away = false;
      log.rebalance();
    },
  });
  assert.equal(written, 30);
  assert.equal(told[0], false);
  assert.equal(told.at(-1), true);
});

Deno.test("a failure that a retry does not help ends the sink, and the next one continues", async () => {
  const log = new ScriptedLog([rows(30)]);
  const lake = new MemoryLake();
  lake.beforePut = () => {
    if (lake.puts.length === 1) throw new Failure("failed", "the disk is a toaster");
  };
  await assert.rejects(sink(log, lake), { message: "the disk is a toaster" });
  assert.equal(log.committed.get(0)!.offset, 10);
  lake.beforePut = () => {};
  await sink(log, lake);
  assert.deepEqual((await lakeOffsets(lake)).rows, offsetsFrom(0, 30));
});

Deno.test("memory stays bounded while the lake takes nothing, with many partitions", async () => {
  const log = new ScriptedLog(Array.from({ length: 16 }, () => rows(4000)));
  const lake = new MemoryLake();
  const maxMemoryBytes = 2 ** 20;
  let most = 0;
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  lake.beforePut = () => held;
  setTimeout(release, 300);
  const { written } = await sink(log, lake, {
    policy: { rows: 1e6, bytes: 1e9, intervalMs: 1e6 },
    maxMemoryBytes,
    onEvent(event) {
      if (event.kind === "buffered") most = Math.max(most, event.bytes);
    },
  });
  assert.equal(written, 64_000);
  for (let partition = 0; partition < 16; partition++) {
    assert.deepEqual((await lakeOffsets(lake, partition)).rows, offsetsFrom(0, 4000));
  }
  assert.ok(most > maxMemoryBytes / 2, `only ${most} bytes were held`);
  assert.ok(most < maxMemoryBytes * 2, `${most} bytes were held`);
});

Deno.test("an idle topic is flushed by time, without a new message", async () => {
  const log = new ScriptedLog([rows(3)]);
  const lake = new MemoryLake();
  const stop = new AbortController();
  const { promise: flushed, resolve } = Promise.withResolvers<void>();
  const done = sink(log, lake, {
    signal: stop.signal,
    policy: { rows: 100, bytes: 1e9, intervalMs: 100 },
    onEvent(event) {
      if (event.kind === "flushed") resolve();
    },
  });
  await flushed;
  stop.abort();
  await done;
  assert.deepEqual(ranges(lake), [[0, 2]]);
});

Deno.test("a signal has what was read written, and nothing more is read", async () => {
  const log = new ScriptedLog([rows(30)]);
  const lake = new MemoryLake();
  const stop = new AbortController();
  log.batchSize = 5;
  const { written, read } = await sink(log, lake, {
    signal: stop.signal,
    policy: { rows: 100, bytes: 1e9, intervalMs: 1e6 },
    onEvent(event) {
      if (event.kind === "position" && event.next >= 15) stop.abort();
    },
  });
  assert.equal(read, written);
  assert.equal(log.committed.get(0)!.offset, written);
  assert.deepEqual(ranges(lake), [[0, written - 1]]);
  assert.ok(written >= 15 && written < 30, String(written));
});

Deno.test("--until-end stops where the topic ended at the start, though it grows", async () => {
  const log = new ScriptedLog([rows(12)]);
  const lake = new MemoryLake();
  const { written } = await sink(log, lake, {
    onEvent(event) {
      if (event.kind === "assigned") log.partitions[0].push(...rows(20));
    },
  });
  assert.equal(written, 12);
  assert.equal(log.committed.get(0)!.offset, 12);
});

Deno.test("a flush is due by the bytes of its messages too", async () => {
  const log = new ScriptedLog([rows(10)]);
  const lake = new MemoryLake();
  const bytes = 3 * (log.partitions[0][0] as { value: string }).value.length;
  await sink(log, lake, { policy: { rows: 1e6, bytes, intervalMs: 1e6 } });
  assert.deepEqual(ranges(lake), [[0, 2], [3, 5], [6, 8], [9, 9]]);
});
