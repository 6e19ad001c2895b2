import assert from "node:assert/strict";
import { BEGUN_AT_END, type LogIdentity } from "../../mod/broker/broker.ts";
import type { SinkOptions } from "../../mod/sink/sink.ts";
import { openHiveTable } from "../../mod/table/hive/hive_table.ts";
import { openIcebergTable } from "../../mod/table/iceberg/iceberg_table.ts";
import { DirectoryCatalog } from "../../mod/table/iceberg/catalogs/directory.ts";
import { TableFiles } from "../../mod/table/iceberg/table_files.ts";
import { logWriter } from "../../mod/sink/log_writer.ts";
import type { Table } from "../../mod/table/table.ts";
import { encodeHere } from "./encode_here.ts";
import { killedSink } from "./killed_sink.ts";
import { MemoryLake } from "./memory_lake.ts";
import { assertProved } from "./proved.ts";
import { quotes, rows, sink } from "./run_sink.ts";
import { ScriptedLog } from "./scripted_log.ts";

const OTHER: LogIdentity = { cluster: "scripted", topicId: "second" };

const DESCRIPTION = { schema: quotes, format: "parquet", partitionBy: "dt" } as const;

const TABLES: Record<string, (lake: MemoryLake) => Table> = {
  Hive: (lake) => openHiveTable(lake, DESCRIPTION),
  Iceberg: (lake) => {
    const files = new TableFiles(lake, "file:///lake", quotes.table);
    const catalog = new DirectoryCatalog(files);
    return openIcebergTable({ catalog, files, description: DESCRIPTION, gatherMs: 0 });
  },
};

function logOf(count: number, identity?: LogIdentity): ScriptedLog {
  const log = new ScriptedLog([rows(count)]);
  if (identity !== undefined) log.identity = identity;
  return log;
}

/** As a group has it that the broker has begun at the end just now. */
function beginAtEnd(log: ScriptedLog): void {
  log.partitions.forEach(({ length: offset }, partition) =>
    log.committed.set(partition, { partition, offset, metadata: BEGUN_AT_END })
  );
}

for (const [kind, open] of Object.entries(TABLES)) fromLatestTests(kind, open);

/** What `--from latest` begins with, in a table of one kind. */
function fromLatestTests(kind: string, open: (lake: MemoryLake) => Table): void {
  const check = (sentence: string, run: () => Promise<void>) =>
    Deno.test(`--from latest, ${kind} table: ${sentence}`, run);

  /** Consumes to the end with `--from latest`; gives what it told. */
  async function consume(
    log: ScriptedLog,
    lake: MemoryLake,
    options: Partial<SinkOptions> = {},
  ): Promise<{ notices: string[]; written: number; lost: number }> {
    const notices: string[] = [];
    const { written, lost } = await sink(log, lake, {
      table: open(lake),
      encoder: encodeHere,
      from: "latest",
      onEvent(event) {
        if (event.kind === "notice") notices.push(event.text);
      },
      ...options,
    });
    if (kind === "Hive" && options.topic === undefined) await assertProved(log, lake);
    return { notices, written, lost };
  }

  /** The table's positions: partition, first offset and end. */
  async function positions(log: ScriptedLog, lake: MemoryLake): Promise<number[][]> {
    const writer = logWriter({ broker: log, topic: "quotes", group: "sink" });
    const opened = await open(lake).log({ topic: "quotes", ...log.identity }, writer);
    return [...await opened.positions([])]
      .map(([partition, { from, end }]) => [partition, from, end]).sort(([a], [b]) => a - b);
  }

  /** Two partitions begun at offset 10; only the first has rows since. */
  async function begun(): Promise<{ lake: MemoryLake; log: ScriptedLog }> {
    const lake = new MemoryLake();
    const log = new ScriptedLog([rows(10), rows(10)]);
    assert.deepEqual(await consume(log, lake), { written: 0, lost: 0, notices: [] });
    log.partitions[0].push(...rows(20));
    assert.equal((await consume(log, lake)).written, 20);
    return { lake, log };
  }

  for (
    const [what, lose] of [
      ["lost", () => {}],
      ["lost, and a consumer was killed that the broker had begun at the end", beginAtEnd],
    ] as const
  ) {
    check(
      `the group's offsets are ${what}: a partition without rows begins where it once began`,
      async () => {
        const { lake, log } = await begun();
        log.partitions[0].push(...rows(5));
        log.partitions[1].push(...rows(7));
        log.committed.clear();
        lose(log);
        if (kind === "Hive") await assertProved(log, lake);
        const { written, lost, notices } = await consume(log, lake);
        assert.deepEqual([written, lost], [12, 0]);
        assert.match(
          notices.join(),
          /partition 1 of quotes: reading from offset 10, where --from latest/,
        );
        assert.deepEqual(await positions(log, lake), [[0, 10, 35], [1, 10, 17]]);
      },
    );
  }

  check(
    "the group's offsets are lost before anything was written: what came since is read",
    async () => {
      const lake = new MemoryLake();
      const log = logOf(10);
      await consume(log, lake);
      log.partitions[0].push(...rows(5));
      log.committed.clear();
      assert.equal((await consume(log, lake)).written, 5);
      assert.deepEqual(await positions(log, lake), [[0, 10, 15]]);
    },
  );

  check(
    "a partition that a known log's table has nothing of is read from its beginning",
    async () => {
      // It was empty, or it was added while nothing ran.
      for (const isAdded of [false, true]) {
        const lake = new MemoryLake();
        const log = new ScriptedLog(isAdded ? [rows(10)] : [rows(10), []]);
        await consume(log, lake, { from: "earliest" });
        if (isAdded) {
          log.lows.push(0);
          log.partitions.push([]);
        }
        log.partitions[1].push(...rows(7));
        log.committed.clear();
        const { written, notices } = await consume(log, lake);
        assert.equal(written, 7);
        assert.match(notices.join(), /partition 1 of quotes: reading from its beginning, offset 0/);
      }
    },
  );

  check(
    "killed at any step of the first start, or two members at once: all begin at the end",
    async () => {
      for (let steps = 0; steps < 12; steps++) {
        const lake = new MemoryLake();
        const log = new ScriptedLog([rows(10), rows(10)]);
        const options = { table: open(lake), encoder: encodeHere, from: "latest" } as const;
        await killedSink(log, lake, steps, options);
        // As of a member that is assigned a partition for the first time.
        log.committed.clear();
        const { written, notices } = await consume(log, lake);
        assert.deepEqual([written, notices], [0, []], `after ${steps} steps`);
      }
    },
  );

  check("a topic that was recreated while nothing ran is read from its beginning", async () => {
    for (const [from, count] of [["earliest", 50], ["latest", 50], ["latest", 0]] as const) {
      const lake = new MemoryLake();
      const log = logOf(20);
      await consume(log, lake, { from });
      log.partitions[0].push(...rows(count));
      await consume(log, lake, { from });
      const again = logOf(30, OTHER);
      const { written, notices } = await consume(again, lake);
      assert.equal(written, 30);
      assert.match(notices.join(), /reading from its beginning, offset 0/);
    }
  });

  check("a topic of another name that comes into the same table begins at its end", async () => {
    const lake = new MemoryLake();
    await consume(logOf(20), lake, { from: "earliest" });
    const other = logOf(30, OTHER);
    const options = { topic: "others", group: "others" };
    assert.deepEqual(await consume(other, lake, options), { written: 0, lost: 0, notices: [] });
    other.partitions[0].push(...rows(3));
    assert.equal((await consume(other, lake, options)).written, 3);
  });

  check("--from earliest then reads a partition without rows from its beginning", async () => {
    const { lake, log } = await begun();
    log.committed.clear();
    assert.equal((await consume(log, lake, { from: "earliest" })).written, 10);
    assert.deepEqual(await positions(log, lake), [[0, 10, 30], [1, 0, 10]]);
  });

  check(
    "a group that is moved on before a partition's first row leaves a gap on record",
    async () => {
      const { lake, log } = await begun();
      log.partitions[1].push(...rows(7));
      log.committed.set(1, { partition: 1, offset: 15, metadata: "" });
      const { written, lost } = await consume(log, lake);
      assert.deepEqual([written, lost], [2, 5]);
      assert.deepEqual(await positions(log, lake), [[0, 10, 30], [1, 10, 17]]);
    },
  );
}
