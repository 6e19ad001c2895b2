/** A `repair` that removes uncommitted objects is paused, consumers of the group run meanwhile, and it goes on. */
import assert from "node:assert/strict";
import type { GroupAdmin } from "../../mod/broker/group_admin.ts";
import { groupInUse } from "../../mod/broker/group_in_use.ts";
import { repair } from "../../mod/repair/repair.ts";
import { openHiveTable } from "../../mod/table/hive/hive_table.ts";
import { verify } from "../../mod/verify/verify.ts";
import { lakeOffsets, offsetsFrom } from "../sink/lake_offsets.ts";
import { MemoryLake } from "../sink/memory_lake.ts";
import { assertProved } from "../sink/proved.ts";
import { quotes, rows, sink } from "../sink/run_sink.ts";
import { ScriptedLog } from "../sink/scripted_log.ts";

const ROWS = 40;

/** Rows that arrive before each consumer. */
const ARRIVING = 10;

const NAMES = { topic: "quotes", group: "sink" };

const signal = new AbortController().signal;

async function consume(log: ScriptedLog, lake: MemoryLake, size: number): Promise<void> {
  await sink(log, lake, { policy: { rows: size, bytes: 2 ** 20, intervalMs: 60_000 } });
}

/** The lake as the paused process has it. */
class PausedLake extends MemoryLake {
  constructor(readonly lake: MemoryLake, readonly step: () => Promise<void>) {
    super();
  }

  override async put(name: string, bytes: Uint8Array): Promise<void> {
    await this.step();
    await this.lake.put(name, bytes);
  }

  override async create(name: string, bytes: Uint8Array): Promise<boolean> {
    await this.step();
    return await this.lake.create(name, bytes);
  }

  override async remove(name: string): Promise<void> {
    await this.step();
    await this.lake.remove(name);
  }

  override get(name: string) {
    return this.lake.get(name);
  }

  override async *list(prefix: string) {
    await this.step();
    yield* this.lake.list(prefix);
  }
}

/** A repair of a table with an object that is not committed, which calls `step` at each of its steps. */
async function repaired(
  { log, lake }: Place,
  step: () => Promise<void>,
  isInUse: () => boolean = () => false,
): Promise<void> {
  const own = new PausedLake(lake, step);
  const admin: GroupAdmin = {
    members: () => Promise.resolve(0),
    async setOffsets(group, _topic, offsets) {
      await step();
      // As the broker does.
      if (isInUse()) throw groupInUse(group);
      for (const one of offsets) log.committed.set(one.partition, one);
    },
    close: () => Promise.resolve(),
  };
  const options = { ...NAMES, broker: log, store: own, signal };
  await repair({
    ...{ ...options, admin, tableName: "index_quotes", dryRun: false },
    verdict: await verify({ ...options, store: lake, table: "index_quotes", deep: false }),
    table: openHiveTable(own, { schema: quotes, format: "parquet", partitionBy: "dt" }),
    // Beside a member it would wait for its turn.
    consume: () => isInUse() ? Promise.resolve() : consume(log, lake, 9),
  });
}

interface Place {
  log: ScriptedLog;
  lake: MemoryLake;
  /** Name of an object that is not committed. */
  stray: string;
}

async function withStray(): Promise<Place> {
  const lake = new MemoryLake();
  const log = new ScriptedLog([rows(ROWS)]);
  await consume(log, lake, 10);
  const [name] = [...lake.objects.keys()].filter((name) => name.includes("-0000000000000030-"));
  const stray = name.replace("0000000000000030", "0000000000000040")
    .replace("0000000000000039", "0000000000000044");
  await lake.put(stray, lake.objects.get(name)!);
  return { log, lake, stray };
}

Deno.test("a repair that sweeps and is paused at any step while a consume runs undoes nothing of its", async () => {
  for (let at = 1, isPaused = true; isPaused; at++) {
    isPaused = false;
    const place = await withStray();
    const { log, lake, stray } = place;
    log.committed.clear();
    let steps = 0;
    let arrived = ROWS;
    const step = async () => {
      if (++steps !== at) return;
      isPaused = true;
      log.partitions[0].push(...rows(ARRIVING));
      arrived += ARRIVING;
      await consume(log, lake, 7);
    };
    await repaired(place, step);
    await assertProved(log, lake);
    assert.deepEqual((await lakeOffsets(lake)).rows, offsetsFrom(0, arrived), `step ${at}`);
    assert.ok(!lake.objects.has(stray), `step ${at}`);
  }
});

Deno.test("a repair that sweeps takes nothing away from a consume that has joined since it began", async () => {
  let refused = 0;
  for (let at = 1, isPaused = true; isPaused; at++) {
    isPaused = false;
    const place = await withStray();
    const { log, lake } = place;
    log.partitions[0].push(...rows(ARRIVING));
    const gate = Promise.withResolvers<void>();
    let consumed: Promise<void> | undefined;
    let steps = 0;
    const step = async () => {
      if (++steps !== at) return;
      isPaused = true;
      // It writes 40 to 44, and waits before the next objects.
      const isReached = Promise.withResolvers<void>();
      let changes = 0;
      const own = new PausedLake(lake, async () => {
        if (lake.objects.size < 5 || ++changes < 8) return;
        isReached.resolve();
        await gate.promise;
      });
      consumed = consume(log, own, 5).finally(isReached.resolve);
      await isReached.promise;
    };
    let isOver = false;
    const isInUse = () => consumed !== undefined && !isOver;
    await repaired(place, step, isInUse).catch((error) => {
      assert.match(String(error), /has members|is running|in use/, `step ${at}`);
      refused++;
    });
    gate.resolve();
    await consumed;
    isOver = true;
    if (!isPaused) break;
    await assertProved(log, lake);
    assert.deepEqual((await lakeOffsets(lake)).rows, offsetsFrom(0, ROWS + ARRIVING), `step ${at}`);
  }
  assert.ok(refused > 0);
});
