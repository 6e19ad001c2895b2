import assert from "node:assert/strict";
import type { LogIdentity } from "../../mod/broker/broker.ts";
import { Failure } from "../../mod/failure/failure.ts";
import { parseObjectName } from "../../mod/lake/layout.ts";
import type { SinkOptions } from "../../mod/sink/sink.ts";
import { killedSink } from "./killed_sink.ts";
import { lakeOffsets, offsetsFrom } from "./lake_offsets.ts";
import { MemoryLake } from "./memory_lake.ts";
import { assertProved } from "./proved.ts";
import { quote, rows, sink } from "./run_sink.ts";
import { type Entry, ScriptedLog } from "./scripted_log.ts";

const OTHER: LogIdentity = { cluster: "scripted", topicId: "second" };

function logOf(entries: Entry[], identity?: LogIdentity): ScriptedLog {
  const log = new ScriptedLog([entries]);
  if (identity !== undefined) log.identity = identity;
  return log;
}

/** Runs a sink; gives the notices it told. */
async function told(
  log: ScriptedLog,
  lake: MemoryLake,
  options: Partial<SinkOptions> = {},
): Promise<{ notices: string[]; written: number; lost: number }> {
  const notices: string[] = [];
  const { written, lost } = await sink(log, lake, {
    onEvent(event) {
      if (event.kind === "notice") notices.push(event.text);
    },
    ...options,
  });
  return { notices, written, lost };
}

function keysOf(lake: MemoryLake): Set<string | undefined> {
  return new Set([...lake.objects.keys()].map((name) => parseObjectName(name)!.log));
}

Deno.test("a topic that is recreated is added next to the rows of the former one", async () => {
  const lake = new MemoryLake();
  await sink(logOf(rows(30)), lake);
  // Deleting a topic deletes what groups have committed for it, too.
  const again = logOf(rows(25), OTHER);
  assert.match((await told(again, lake)).notices.join(), /from another log of that name/);
  assert.deepEqual((await told(again, lake)).notices, [], "it is said once");
  assert.equal(keysOf(lake).size, 2);
  assert.deepEqual((await lakeOffsets(lake)).rows.length, 55);
  await assertProved(again, lake);
});

Deno.test("a topic that is recreated while its group's offsets stay is read from its beginning", async () => {
  const lake = new MemoryLake();
  const log = logOf(rows(50));
  await sink(log, lake);
  // The new log has more messages than the group has committed of the former.
  log.partitions[0] = rows(90).map((_, i) => quote(500 + i, Date.UTC(2026, 10, 25)));
  log.identity = OTHER;
  const { notices, written } = await told(log, lake);
  assert.equal(written, 90);
  assert.match(notices.join(), /recreated/);
  await assertProved(log, lake);
});

Deno.test("a topic that is recreated is read from its beginning, though the former was begun at its end", async () => {
  for (const count of [0, 10]) {
    const lake = new MemoryLake();
    const log = logOf(rows(20));
    await sink(log, lake, { from: "latest" });
    log.partitions[0].push(...rows(count));
    await sink(log, lake);
    log.partitions[0] = rows(60).map((_, i) => quote(500 + i, Date.UTC(2026, 10, 25)));
    log.identity = OTHER;
    const { notices, written } = await told(log, lake);
    assert.equal(written, 60);
    assert.match(notices.join(), /recreated/);
    await assertProved(log, lake);
  }
});

Deno.test("a new log that is shorter than what was committed of the former is read from its beginning", async () => {
  const lake = new MemoryLake();
  const log = logOf(rows(50));
  await sink(log, lake);
  log.partitions[0] = rows(10);
  log.identity = OTHER;
  assert.equal((await told(log, lake)).written, 10);
});

Deno.test("the same topic of two clusters is two logs in one table", async () => {
  const lake = new MemoryLake();
  const [a, b] = [logOf(rows(20)), logOf(rows(20), { cluster: "other", topicId: "first" })];
  await sink(a, lake);
  await sink(b, lake);
  a.partitions[0].push(...rows(5));
  await sink(a, lake);
  assert.equal((await lakeOffsets(lake)).rows.length, 45);
  await assertProved(a, lake);
  await assertProved(b, lake);
});

Deno.test("a group that release 0.1.0 has moved on from the table's end: says what that means", async () => {
  const lake = new MemoryLake();
  const log = logOf(rows(30));
  await sink(log, lake);
  log.partitions[0].push(...rows(15));
  // As 0.1.0 commits: without the log.
  log.committed.set(0, { partition: 0, offset: 40, metadata: '{"v":1,"from":0}' });
  const { notices, written } = await told(log, lake);
  assert.equal(written, 15);
  assert.match(notices.join(), /offset 40, committed by ticklake 0\.1\.0; resuming at 30.*verify/);
});

for (
  const [what, change] of [
    ["are deleted", (log: ScriptedLog) => log.committed.clear()],
    ["go back", (log: ScriptedLog) => {
      log.committed.set(0, { partition: 0, offset: 5, metadata: "" });
    }],
    ["go back to a former commit of ours", (log: ScriptedLog) => {
      const [, offset, metadata] = log.commits[2];
      log.committed.set(0, { partition: 0, offset, metadata });
    }],
  ] as const
) {
  Deno.test(`the group's offsets ${what}: resumes where the table ends, and says so`, async () => {
    const lake = new MemoryLake();
    const log = logOf(rows(30));
    await sink(log, lake);
    change(log);
    log.partitions[0].push(...rows(15));
    const { notices, written } = await told(log, lake);
    assert.equal(written, 15);
    assert.match(notices.join(), /resuming at 30, where the table ends/);
    assert.deepEqual((await lakeOffsets(lake)).rows, offsetsFrom(0, 45));
    await assertProved(log, lake);
  });
}

Deno.test("the group's offsets are lost within a flush: what was put of it does not stay beside what comes", async () => {
  const lake = new MemoryLake();
  const days = offsetsFrom(0, 10).map((i) => quote(100 + i, Date.UTC(2026, 10, 1 + i % 2)));
  const log = logOf(days);
  let puts = 0;
  lake.afterPut = () => {
    if (++puts === 1) throw new Failure("failed", "killed");
  };
  await assert.rejects(sink(log, lake), { message: "killed" });
  lake.afterPut = () => {};
  log.committed.clear();
  await sink(log, lake, { policy: { rows: 3, bytes: 1e9, intervalMs: 1e6 } });
  assert.deepEqual((await lakeOffsets(lake)).rows, offsetsFrom(0, 10));
  await assertProved(log, lake);
});

Deno.test("the group is moved forward: the hole is a gap on record, told and proved", async () => {
  const lake = new MemoryLake();
  const log = logOf(rows(30));
  await sink(log, lake);
  log.partitions[0].push(...rows(30));
  log.committed.set(0, { partition: 0, offset: 40, metadata: "" });
  const { notices, written, lost } = await told(log, lake);
  assert.deepEqual([written, lost], [20, 10]);
  assert.match(notices.join(), /moved from 30 to 40/);
  assert.deepEqual((await lakeOffsets(lake)).gaps, offsetsFrom(30, 40));
  await assertProved(log, lake);
});

Deno.test("another program read in the group first: what it has read is a gap on record", async () => {
  const lake = new MemoryLake();
  const log = logOf(rows(30));
  log.committed.set(0, { partition: 0, offset: 12, metadata: "theirs" });
  assert.deepEqual(await told(log, lake).then(({ written, lost }) => [written, lost]), [18, 12]);
  assert.deepEqual((await lakeOffsets(lake)).gaps, offsetsFrom(0, 12));
  await assertProved(log, lake);
});

Deno.test("a reset is killed at each of its steps, and stays what it was", async () => {
  for (let steps = 0; steps < 12; steps++) {
    const lake = new MemoryLake();
    const log = logOf(rows(30));
    await sink(log, lake);
    log.committed.set(0, { partition: 0, offset: 30, metadata: "" });
    log.partitions[0].push(...rows(30));
    log.committed.set(0, { partition: 0, offset: 40, metadata: "" });
    await killedSink(log, lake, steps);
    await sink(log, lake);
    const found = await lakeOffsets(lake);
    assert.deepEqual(found.gaps, offsetsFrom(30, 40), `after ${steps} steps`);
    assert.deepEqual(found.rows, [...offsetsFrom(0, 30), ...offsetsFrom(40, 60)]);
    await assertProved(log, lake);
  }
});

Deno.test("the log has lost what the table has: it ends with what happened, and writes nothing", async () => {
  const lake = new MemoryLake();
  const log = logOf(rows(30));
  await sink(log, lake);
  log.partitions[0].length = 20;
  const before = lake.objects.size;
  await assert.rejects(
    sink(log, lake),
    (error) => error instanceof Failure && /the log ends at 20/.test(error.message),
  );
  assert.equal(lake.objects.size, before);
});

Deno.test("an offset of the group beyond the log's end is refused before anything is recorded", async () => {
  for (const count of [0, 30]) {
    const lake = new MemoryLake();
    const log = logOf(rows(count));
    await sink(log, lake);
    log.committed.set(0, { partition: 0, offset: 50, metadata: "" });
    const before = new Map(lake.objects);
    const commits = log.commits.length;
    await assert.rejects(
      sink(log, lake),
      (error) =>
        error instanceof Failure && error.kind === "failed" &&
        error.message.includes(`ends at offset ${count}, but the group is at 50`),
    );
    assert.deepEqual(lake.objects, before);
    assert.equal(log.commits.length, commits);
  }
});

Deno.test("what was sent and written since the assignment is no sign that the log has lost messages", async () => {
  const lake = new MemoryLake();
  const log = logOf(rows(30));
  await sink(log, lake);
  log.partitions[0].push(...rows(40).slice(30));
  log.assignedHighs.set(0, 20);
  assert.equal((await told(log, lake)).written, 10);
  await assertProved(log, lake);
});

Deno.test("a second group is refused with what to do, and may take over", async () => {
  const lake = new MemoryLake();
  const log = logOf(rows(20));
  await sink(log, lake);
  const second = new ScriptedLog(log.partitions);
  await assert.rejects(
    sink(second, lake, { group: "second" }),
    (error) =>
      error instanceof Failure && error.kind === "usage" &&
      /is written by group sink/.test(error.message) && /--take-over/.test(error.fix ?? ""),
  );
  log.partitions[0].push(...rows(10));
  const { written } = await told(second, lake, { group: "second", takeOver: true });
  assert.equal(written, 10);
  assert.equal((await told(second, lake, { group: "second" })).written, 0);
  await assert.rejects(sink(log, lake), /is written by group second/);
  await assertProved(second, lake, "second");
});

Deno.test("the lake is emptied: what the log still has is written again", async () => {
  const log = logOf(rows(30));
  await sink(log, new MemoryLake());
  const lake = new MemoryLake();
  const { written, notices } = await told(log, lake);
  assert.equal(written, 30);
  assert.match(notices.join(), /the table has nothing of this log; reading from offset 0/);
  await assertProved(log, lake);
});

/** A lake and a group as release 0.1.0 has left them. */
async function lakeOf010(count: number): Promise<{ log: ScriptedLog; lake: MemoryLake }> {
  const lake = new MemoryLake();
  const log = logOf(rows(count), { cluster: "", topicId: null });
  await sink(log, lake);
  lake.state.clear();
  log.identity = { cluster: "scripted", topicId: "first" };
  return { log, lake };
}

Deno.test("a lake of release 0.1.0 is taken over once, and keeps its names", async () => {
  const { log, lake } = await lakeOf010(25);
  log.partitions[0].push(...rows(10));
  const first = await told(log, lake);
  assert.equal(first.written, 10);
  assert.equal(first.notices.length, 1);
  assert.match(
    first.notices[0],
    /upgraded from ticklake 0\.1\.0: 25 offsets of quotes in 3 objects/,
  );
  assert.deepEqual(keysOf(lake), new Set([undefined]));
  log.partitions[0].push(...rows(3));
  assert.deepEqual((await told(log, lake)).notices, []);
  assert.deepEqual((await lakeOffsets(lake)).rows, offsetsFrom(0, 38));
  await assertProved(log, lake);
});

Deno.test("a lake of 0.1.0 whose topic was recreated since is not taken for the new log's", async () => {
  const { log, lake } = await lakeOf010(25);
  log.committed.clear();
  log.partitions[0] = rows(40).map((_, i) => quote(500 + i, Date.UTC(2026, 10, 25)));
  const { written, notices } = await told(log, lake);
  assert.equal(written, 40);
  assert.match(notices.join(), /from another log of that name/);
  assert.equal((await lakeOffsets(lake)).rows.length, 65);
});

Deno.test("a new log is read from its beginning where 0.1.0 began the former one late", async () => {
  const { log, lake } = await lakeOf010(25);
  log.committed.set(0, { partition: 0, offset: 25, metadata: JSON.stringify({ v: 1, from: 9 }) });
  log.partitions[0] = rows(40).map((_, i) => quote(500 + i, Date.UTC(2026, 10, 25)));
  const { written, notices } = await told(log, lake);
  assert.equal(written, 40);
  assert.match(notices.join(), /nothing of this log; reading from offset 0/);
});

Deno.test("what 0.1.0 began after, and has written nothing of, is a recorded gap: also with a flush in flight", async () => {
  for (
    const intent of [{}, { end: 20, objects: 1, layout: { format: "parquet", partitionBy: "dt" } }]
  ) {
    const lake = new MemoryLake();
    const log = logOf(rows(30));
    const metadata = JSON.stringify({ v: 1, from: 12, ...intent });
    log.committed.set(0, { partition: 0, offset: 12, metadata });
    const { written, lost, notices } = await told(log, lake);
    assert.deepEqual([written, lost], [18, 12]);
    assert.match(
      notices.join(),
      /0\.1\.0 began at offset 12 .*offsets 0 to 11 are recorded as a gap/,
    );
    await assertProved(log, lake);
    assert.equal((await told(log, lake)).written, 0);
  }
});

Deno.test("adopting a lake of 0.1.0 that begins late is killed at each of its steps, and records one gap", async () => {
  for (let step = 0; step < 12; step++) {
    const lake = new MemoryLake();
    const log = logOf(rows(30), { cluster: "", topicId: null });
    log.lows[0] = 12;
    await sink(log, lake);
    lake.state.clear();
    log.identity = { cluster: "scripted", topicId: "first" };
    log.lows[0] = 0;
    await killedSink(log, lake, step);
    // Retention goes on meanwhile.
    log.lows[0] = 5;
    await sink(log, lake);
    const names = [...lake.objects.keys()].map((name) => parseObjectName(name)!);
    const gaps = names.filter(({ kind }) => kind === "gap");
    const [{ first, last }] = gaps;
    assert.deepEqual([gaps.length, last], [1, 11], `step ${step}`);
    assert.ok(first === 0 || first === 5);
    await assertProved(log, lake);
  }
});

Deno.test("a lake of 0.1.0 whose group has expired continues where its objects end", async () => {
  for (const isWhole of [true, false]) {
    const { log, lake } = await lakeOf010(25);
    log.committed.clear();
    // The last flush was of two days, of which one came.
    if (!isWhole) {
      const [name] = [...lake.objects.keys()].filter((name) => parseObjectName(name)!.last === 24);
      const part = new MemoryLake();
      const log = logOf([...rows(20), quote(), "hole", quote(), "hole", quote()]);
      log.identity = { cluster: "", topicId: null };
      await sink(log, part);
      lake.objects.set(name, part.objects.get(name)!);
    }
    log.partitions[0].push(...rows(5));
    await sink(log, lake);
    assert.deepEqual((await lakeOffsets(lake)).rows, offsetsFrom(0, 30));
    await assertProved(log, lake);
  }
});

Deno.test("a table whose own records are deleted is rebuilt from its objects", async () => {
  const lake = new MemoryLake();
  const log = logOf(rows(30));
  await sink(log, lake);
  lake.state.clear();
  log.committed.clear();
  log.partitions[0].push(...rows(5));
  const { written, notices } = await told(log, lake);
  assert.equal(written, 5);
  assert.match(notices.join(), /rebuilt from 3 objects/);
  await assertProved(log, lake);
});

Deno.test("what the group has committed of another log does not tell where a table without records begins", async () => {
  const lake = new MemoryLake();
  const log = logOf(rows(10));
  await sink(log, lake, { from: "latest" });
  log.partitions[0].push(...rows(20));
  await sink(log, lake);
  lake.state.clear();
  const metadata = JSON.stringify({ v: 1, from: 0, log: "0123456789ab" });
  log.committed.set(0, { partition: 0, offset: 30, metadata });
  await sink(log, lake);
  assert.deepEqual((await lakeOffsets(lake)).rows, offsetsFrom(10, 30));
  await assertProved(log, lake);
});

Deno.test("of a begun flush no message is left: the next range begins where the table ends", async () => {
  for (const [puts, kills] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
    const lake = new MemoryLake();
    const log = logOf(rows(20));
    lake.beforePut = () => {
      if (lake.puts.length >= 1 + puts) throw new Failure("failed", "killed");
    };
    log.beforeCommit = (_, offset) => {
      if (offset === 20) throw new Failure("failed", "killed");
    };
    await assert.rejects(sink(log, lake), { message: "killed" });
    lake.beforePut = () => {};
    log.beforeCommit = () => {};
    // Compaction: all of 10 to 19 were superseded.
    log.partitions[0].fill("hole", 10);
    log.partitions[0].push(...rows(12));
    for (let run = 0; run <= kills; run++) {
      const before = lake.puts.length;
      lake.afterPut = () => {
        if (run < kills && lake.puts.length > before) throw new Failure("failed", "killed");
      };
      const isDone = await sink(log, lake).then(() => true, (error) => {
        assert.equal(error.message, "killed");
        return false;
      });
      assert.equal(isDone, run === kills);
    }
    const { rows: found } = await lakeOffsets(lake);
    const superseded = puts === 0 ? [] : offsetsFrom(10, 20);
    assert.deepEqual(found, [...offsetsFrom(0, 10), ...superseded, ...offsetsFrom(20, 32)]);
    await assertProved(log, lake);
  }
});

Deno.test("what a former owner brings late of a range that was taken back goes at the next assignment", async () => {
  const lake = new MemoryLake();
  const days = offsetsFrom(0, 10).map((i) => quote(100 + i, Date.UTC(2026, 10, i < 4 ? 1 : 2)));
  const log = logOf(days);
  let late: [string, Uint8Array] | undefined;
  lake.beforePut = () => {
    throw new Failure("failed", "killed");
  };
  const put = lake.put.bind(lake);
  lake.put = async (name, bytes, options) => {
    if (parseObjectName(name) !== null) late ??= [name, bytes.slice()];
    await put(name, bytes, options);
  };
  await assert.rejects(sink(log, lake), { message: "killed" });
  lake.put = put;
  lake.beforePut = () => {};
  log.lows[0] = 6;
  log.partitions[0].push(...rows(5));
  await sink(log, lake);
  // The zombie's put lands now.
  lake.objects.set(...late!);
  assert.notEqual((await lakeOffsets(lake)).rows.length, 9);
  await sink(log, lake);
  const found = await lakeOffsets(lake);
  assert.deepEqual([found.gaps, found.rows], [offsetsFrom(0, 6), offsetsFrom(6, 15)]);
  await assertProved(log, lake);
});

Deno.test("a batch that cannot be read is a gap with its bytes, behind the rows before it", async () => {
  const lake = new MemoryLake();
  const log = logOf([...rows(7), ...Array(5).fill("unreadable"), ...rows(6)]);
  log.batchSize = 3;
  const { written, lost } = await told(log, lake);
  assert.deepEqual([written, lost], [13, 5]);
  const { gaps, rows: found } = await lakeOffsets(lake);
  assert.deepEqual(gaps, offsetsFrom(7, 12));
  assert.deepEqual(found, [...offsetsFrom(0, 7), ...offsetsFrom(12, 18)]);
  const record = [...lake.objects].find(([name]) => name.includes("gap=unreadable"))!;
  const { why, batch } = JSON.parse(new TextDecoder().decode(record[1]));
  assert.equal(why, "its checksum is wrong");
  assert.deepEqual(Uint8Array.fromBase64(batch.value), new Uint8Array([1, 2, 3]));
  await assertProved(log, lake);
});

Deno.test("records are deleted and offsets moved after a kill within a flush: no half of it counts as all", async () => {
  const lake = new MemoryLake();
  const days = offsetsFrom(0, 10).map((i) => quote(100 + i, Date.UTC(2026, 10, 1 + i % 2)));
  const log = logOf(days);
  let stored = 0;
  lake.beforePut = () => {
    if (stored++ >= 1) throw new Failure("failed", "killed");
  };
  await assert.rejects(sink(log, lake), { message: "killed" });
  lake.beforePut = () => {};
  assert.equal(lake.objects.size, 1);
  lake.state.clear();
  log.committed.set(0, { partition: 0, offset: 0, metadata: "" });
  await sink(log, lake);
  assert.deepEqual((await lakeOffsets(lake)).rows, offsetsFrom(0, 10));
  await assertProved(log, lake);
});

Deno.test("reading continues with the leader epoch that the table keeps, so that truncation is noticed from there on", async () => {
  const lake = new MemoryLake();
  const log = logOf(rows(30));
  log.epoch = 5;
  await sink(log, lake);
  log.committed.clear();
  log.partitions[0].push(...rows(5));
  await sink(log, lake);
  assert.deepEqual(log.seeks, [[30, 5]]);
});

for (const group of ["stands where the table ends", "has no offset", "stands before it"] as const) {
  Deno.test(`a log that was truncated and written on while nothing ran is refused: the group ${group}`, async () => {
    const lake = new MemoryLake();
    const log = logOf(rows(30));
    log.epoch = 5;
    await sink(log, lake);
    if (group === "has no offset") log.committed.clear();
    if (group === "stands before it") {
      const [, offset, metadata] = log.commits[2];
      log.committed.set(0, { partition: 0, offset, metadata });
    }
    // As long as it was, or longer.
    log.partitions[0] = rows(35);
    log.epoch = 6;
    const before = new Map(lake.objects);
    const commits = log.commits.length;
    await assert.rejects(sink(log, lake), (error) => {
      assert.ok(error instanceof Failure && error.kind === "failed", String(error));
      assert.match(error.message, /not that of epoch 5 before 30/);
      return true;
    });
    assert.deepEqual(lake.objects, before, "nothing was written");
    assert.equal(log.commits.length, commits, "nothing was committed");
  });
}
