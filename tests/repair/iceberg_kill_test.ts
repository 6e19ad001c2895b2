import assert from "node:assert/strict";
import { startEncoder } from "../../mod/lake/format/encoder.ts";
import { replayDeadLetters } from "../../mod/repair/replay_dead_letters.ts";
import { reset } from "../../mod/repair/reset.ts";
import { checkMessage } from "../../mod/schema/check_message.ts";
import { MessageReader } from "../../mod/schema/message_reader.ts";
import { Layouts } from "../../mod/sink/layouts.ts";
import { changeTable } from "../../mod/table/iceberg/change_table.ts";
import { liveEntries } from "../../mod/table/iceberg/live_entries.ts";
import { writeSnapshot } from "../../mod/table/iceberg/snapshot.ts";
import { logKey } from "../../mod/table/log_key.ts";
import { countOffsets } from "../../mod/verify/offset_range.ts";
import { quote, quotes, rows } from "../sink/run_sink.ts";
import { type Entry, ScriptedLog } from "../sink/scripted_log.ts";
import { IcebergPlace, killedAnywhere, NAMES } from "./iceberg_place.ts";

const signal = new AbortController().signal;
const DAY_MS = 86_400_000;

/** Rows of several days, with a message that is none at every tenth offset. */
function entries(count: number): Entry[] {
  return Array.from(
    { length: count },
    (_, i) => i % 10 === 3 ? { value: "{" } : quote(i, i % 2 * DAY_MS),
  );
}

Deno.test("reset --rewrite of an Iceberg table, killed at any change and repeated: each offset is there once", async () => {
  const origin = new IcebergPlace(new ScriptedLog([entries(50)]));
  await origin.consume(7);
  const files = (place: IcebergPlace) =>
    [...place.lake.objects.keys()].filter((name) => name.includes("/data/"));
  const before = new Map(files(origin).map((name) => [name, origin.lake.objects.get(name)!]));
  const run = async (place: IcebergPlace) => {
    await reset({
      ...NAMES,
      broker: place.log,
      admin: place.admin,
      store: place.lake,
      table: place.open().table,
      target: () => 20,
      rewrite: true,
      dryRun: false,
      signal,
    });
    const { changes } = place.lake;
    await place.consume(17);
    return changes + 4;
  };
  await killedAnywhere(origin, run, async (place, when) => {
    const { rows, letters } = await place.proved(50, when);
    assert.deepEqual([rows.length, letters.length], [45, 5], when);
    // Former snapshots still name the former files: none was written over.
    for (const [name, bytes] of before) {
      assert.deepEqual(place.lake.objects.get(name), bytes, `${when}: ${name}`);
    }
  });
});

Deno.test("an owner from before a rewind of an Iceberg table is refused, and nothing of it is taken", async () => {
  const place = new IcebergPlace(new ScriptedLog([rows(30)]));
  await place.consume(10);
  const former = await place.openLog();
  await former.positions([0]);
  const owner = await place.openLog();
  await owner.positions([0]);
  await owner.rewind(new Map([[0, { from: 0, end: 20 }]]));
  const range = { partition: 0, first: 20, end: 30, objects: [], deadLetters: [], gaps: [] };
  await assert.rejects(former.take([range]), /was rewound/);
  assert.deepEqual((await owner.positions([0])).get(0), { from: 0, end: 20 });
  const place20 = { partition: 0, first: 20, last: 29, kind: "rows", partitions: [] } as const;
  const extension = "parquet";
  assert.notEqual(
    owner.objectName({ ...place20, extension }),
    former.objectName({ ...place20, extension }),
  );
});

Deno.test("a replay into an Iceberg table, killed at any change and repeated: each offset is there once", async () => {
  // What the log has is no row; what the dead letters keep is: the schema was mended since.
  const log = new ScriptedLog([entries(50)]);
  const origin = new IcebergPlace(log);
  await origin.consume(7);
  for (const [name, bytes] of origin.lake.objects) {
    if (!name.startsWith("dead_letter/")) continue;
    const text = new TextDecoder().decode(bytes).replaceAll(/"value":"[^"]*"/g, () => {
      const { value } = quote(1) as { value: string };
      return `"value":${JSON.stringify(btoa(value))}`;
    });
    origin.lake.objects.set(name, new TextEncoder().encode(text));
  }
  const encoder = startEncoder();
  try {
    const layouts = await Layouts.of(quotes, "parquet", "dt");
    const replay = async (place: IcebergPlace) => {
      const own = await place.openLog();
      return await replayDeadLetters({
        store: place.lake,
        log: own,
        positions: await own.positions([]),
        schema: quotes,
        reader: new MessageReader(quotes, (value) => checkMessage(quotes, value)),
        layout: layouts.current,
        encoder,
        topic: NAMES.topic,
        dryRun: false,
        signal,
      });
    };
    const run = async (place: IcebergPlace) => void await replay(place);
    await killedAnywhere(origin, run, async (place, when) => {
      const { rows, letters } = await place.proved(50, when);
      assert.deepEqual([rows.length, letters.length], [50, 0], when);
    });
    const between = origin.copy();
    assert.equal((await replay(between)).rows, 5);
    assert.deepEqual(await replay(between), { letters: 0, rows: 0, objects: 0 });
  } finally {
    encoder.close();
  }
});

/** A table of 50 rows with every fault that repair knows; the topic has offsets from 25 on. */
async function faulty(): Promise<IcebergPlace> {
  const place = new IcebergPlace(new ScriptedLog([rows(50)]));
  await place.consume(10);
  const { lake, log } = place;
  const nameOf = (first: number) =>
    [...lake.objects.keys()].find((name) => name.includes(`-${String(first).padStart(16, "0")}-`))!;
  const { catalog, files } = place.open();
  // The file of 10 to 19 a second time, and that of 20 to 29 out, by another program.
  await changeTable({ catalog, table: "t" }, async (base) => {
    const { entries } = await liveEntries(base, files);
    const entry = (first: number) => entries.find(({ name }) => name === nameOf(first))!;
    const twice = entry(10);
    const copy = twice.name.replace(".parquet", ".r7.parquet");
    lake.objects.set(copy, lake.objects.get(twice.name)!);
    const added = [{
      specId: twice.specId,
      file: { ...twice.file, file_path: files.uri(copy, base.metadata.location) },
    }];
    const removed = new Set([entry(20).file.file_path]);
    return await writeSnapshot(base, files, { added, removed }, Date.now());
  });
  lake.objects.set(nameOf(0), lake.objects.get(nameOf(0))!.slice(0, 99));
  lake.objects.delete(nameOf(40));
  log.lows[0] = 25;
  return place;
}

async function repaired(place: IcebergPlace, beforeConsume = () => {}) {
  return await place.repair(await place.verify(), async () => {
    beforeConsume();
    await place.consume(10);
  });
}

Deno.test("a repair of an Iceberg table, killed at any change, is completed by the next", async () => {
  const origin = await faulty();
  const whole = origin.copy();
  const [plan] = await repaired(whole);
  assert.equal(plan.log, await logKey({ topic: NAMES.topic, ...origin.log.identity }));
  assert.equal(countOffsets(plan.doubled!), 10);
  assert.equal(plan.aside.length, 2);
  assert.equal(plan.rewriteFrom, 25);
  assert.equal((await repaired(whole)).length, 0);
  const kept = [...whole.lake.state.keys()].filter((name) => name.includes("damaged/"));
  assert.equal(kept.length, 1, "what cannot be read is kept");
  const run = async (place: IcebergPlace) => {
    let changes = 0;
    await repaired(place, () => changes = place.lake.changes);
    await place.consume(10);
    return changes;
  };
  await killedAnywhere(origin, run, async (place, when) => {
    const { rows } = await place.proved(50, when);
    // 0 to 9 could not be read, and 20 to 24 were gone; the topic has neither.
    assert.equal(rows.length, 35, when);
  });
});
