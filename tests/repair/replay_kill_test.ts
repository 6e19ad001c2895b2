import assert from "node:assert/strict";
import type { Encoder } from "../../mod/lake/format/encoder.ts";
import { startEncoder } from "../../mod/lake/format/encoder.ts";
import { parseObjectName } from "../../mod/lake/layout.ts";
import { replayDeadLetters } from "../../mod/repair/replay_dead_letters.ts";
import { checkMessage } from "../../mod/schema/check_message.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import type { RowSchema } from "../../mod/schema/schema.ts";
import { MessageReader } from "../../mod/schema/message_reader.ts";
import { DeadLetters } from "../../mod/sink/dead_letters.ts";
import { Layouts } from "../../mod/sink/layouts.ts";
import { openHiveTable } from "../../mod/table/hive/hive_table.ts";
import { objectOffsets } from "../../mod/verify/object_offsets.ts";
import { quote } from "../commands/consume_place.ts";
import { KilledLake } from "../table/killed_lake.ts";

const widest = await loadSchema(undefined);
const narrow: RowSchema = {
  ...widest,
  columns: widest.columns.map((column) =>
    column.name === "close" ? { ...column, max: 99998 } : column
  ),
};
const encode = (text: string) => new TextEncoder().encode(text);

/** A quote that only a schema without a bound takes. */
const dear = (offset: number) =>
  String(quote(offset).value).replace(/"Close":[^,]+/, '"Close":99999');

/**
 * A lake with a flush of dead letters at offsets 0 to 5, of which the even ones are rows.
 * @param odd the others
 */
async function filled(odd: (offset: number) => string = () => "no row") {
  const lake = new KilledLake();
  const table = openHiveTable(lake, { schema: widest, format: "parquet", partitionBy: "dt" });
  const log = await table.log({ topic: "t", cluster: "c", topicId: "id" }, {
    group: "g",
    committed: () => Promise.resolve([]),
    timestampAt: () => Promise.resolve(null),
    offsets: () => Promise.resolve([{ partition: 0, low: 0, high: 6 }]),
  });
  await log.positions([0]);
  const letters = new DeadLetters("t", 0);
  for (let offset = 0; offset < 6; offset++) {
    const value = encode(offset % 2 === 0 ? String(quote(offset).value) : odd(offset));
    const time = { timestampMs: Date.UTC(2026, 10, 24), key: null, headers: [] };
    letters.add({ offset, value, reason: "a former schema", ...time });
  }
  for (const { dt, bytes } of letters.takeFiles()) {
    const place = { partition: 0, first: 0, last: 5, kind: "dead-letters" } as const;
    const name = log.objectName({ ...place, partitions: [["dt", dt]], extension: "jsonl" });
    await lake.put(name, bytes);
  }
  await log.take([{ partition: 0, first: 0, end: 6, objects: [], deadLetters: [], gaps: [] }]);
  return { lake, log };
}

async function replay(
  { lake, log }: Awaited<ReturnType<typeof filled>>,
  encoder: Encoder,
  schema: RowSchema = widest,
) {
  const layouts = await Layouts.of(schema, "parquet", "dt");
  return await replayDeadLetters({
    store: lake,
    log,
    positions: await log.positions([]),
    schema,
    reader: new MessageReader(schema, (value) => checkMessage(schema, value)),
    layout: layouts.current,
    encoder,
    topic: "t",
    dryRun: false,
    signal: new AbortController().signal,
  });
}

/** Offsets of rows and of dead letters, each as often as it is there. */
async function offsetsOf(lake: KilledLake) {
  const found = { rows: [] as number[], letters: [] as number[] };
  for (const [name, bytes] of lake.objects) {
    const parsed = parseObjectName(name)!;
    const { offsets } = await objectOffsets({ name, parsed }, bytes);
    found[parsed.kind === "rows" ? "rows" : "letters"].push(...offsets);
  }
  found.rows.sort();
  return found;
}

Deno.test("a replay that is killed at any change leaves each row once, and is completed by the next", async () => {
  const encoder = startEncoder();
  try {
    const whole = await filled();
    whole.lake.changes = 0;
    assert.deepEqual(await replay(whole, encoder), { letters: 6, rows: 3, objects: 1 });
    assert.deepEqual(await offsetsOf(whole.lake), { rows: [0, 2, 4], letters: [1, 3, 5] });
    const { changes } = whole.lake;
    assert.ok(changes >= 4, String(changes));
    for (let at = 1; at <= changes; at++) {
      for (const after of at === 1 ? [false, true] : [true]) {
        const place = await filled();
        Object.assign(place.lake, { at, after, changes: 0 });
        await assert.rejects(replay(place, encoder), /killed/);
        Object.assign(place.lake, { at: 0 });
        const between = await offsetsOf(place.lake);
        assert.deepEqual(between.rows, [...new Set(between.rows)], `${at} ${after}`);
        const all = new Set([...between.rows, ...between.letters]);
        assert.equal(all.size, 6, `${at} ${after}: nothing is lost in between`);
        await replay(place, encoder);
        const { rows, letters } = await offsetsOf(place.lake);
        assert.deepEqual(
          { rows, letters },
          { rows: [0, 2, 4], letters: [1, 3, 5] },
          `${at} ${after}`,
        );
        const records = [...place.lake.state.keys()].filter((name) => name.includes("replays/"));
        assert.deepEqual(records, [], `${at} ${after}`);
      }
    }
  } finally {
    encoder.close();
  }
});

Deno.test("a replay that is killed may be followed by one with another schema: each row is there once", async () => {
  const encoder = startEncoder();
  try {
    const whole = await filled(dear);
    whole.lake.changes = 0;
    assert.deepEqual(await replay(whole, encoder, narrow), { letters: 6, rows: 3, objects: 1 });
    const { changes } = whole.lake;
    for (let at = 1; at <= changes; at++) {
      for (const after of at === 1 ? [false, true] : [true]) {
        const place = await filled(dear);
        Object.assign(place.lake, { at, after, changes: 0 });
        await assert.rejects(replay(place, encoder, narrow), /killed/);
        Object.assign(place.lake, { at: 0 });
        await replay(place, encoder);
        assert.deepEqual(
          await offsetsOf(place.lake),
          { rows: [0, 1, 2, 3, 4, 5], letters: [] },
          `${at} ${after}`,
        );
      }
    }
  } finally {
    encoder.close();
  }
});
