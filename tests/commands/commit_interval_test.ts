import assert from "node:assert/strict";
import { openLake } from "../../mod/commands/open_lake.ts";
import { openTable } from "../../mod/commands/open_table.ts";
import { loadSettings } from "../../mod/config/load.ts";
import { quotes } from "../sink/run_sink.ts";
import { WRITER } from "../repair/iceberg_place.ts";

const WRITERS = 3;

/** What writers at once of one Iceberg table are told, and how often they were in each other's way. */
async function notesOf(commitInterval: string): Promise<{ notes: string[][]; conflicts: number }> {
  const home = await Deno.makeTempDir();
  let conflicts = 0;
  const write = async (partition: number) => {
    const flags = { home, tableFormat: "iceberg", commitInterval };
    const { settings } = loadSettings({ flags, environment: {} });
    const store = await openLake(settings);
    const notes: string[] = [];
    const { table, flushIntervalMs, close } = await openTable(settings, quotes, store, {
      note: (text) => notes.push(text),
      onEvent: (event) => conflicts += event.kind === "table commit" && !event.isTaken ? 1 : 0,
    });
    assert.equal(`${flushIntervalMs / 1000}s`, commitInterval, "a flush is a commit");
    const log = await table.log({ topic: "quotes", cluster: "c", topicId: "t" }, WRITER);
    for (let end = 1; end <= 5; end++) {
      const objects = { objects: [], deadLetters: [], gaps: [] };
      await log.take([{ partition, first: end - 1, end, ...objects }]);
    }
    close();
    store.close();
    return notes;
  };
  try {
    const notes = await Promise.all(Array.from({ length: WRITERS }, (_, i) => write(i)));
    return { notes, conflicts };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("writers at once of one table, with commits closer than 10 s, are warned once each", async () => {
  const { notes, conflicts } = await notesOf("1s");
  assert.ok(conflicts > 0, "they never met");
  assert.ok(notes.flat().length > 0);
  for (const own of notes) {
    assert.ok(own.length <= 1, own.join());
    for (const note of own) assert.match(note, /others commit to the same table.*10s or more/);
  }
});

Deno.test("writers with a commit every 10 s are not warned of each other", async () => {
  const { notes, conflicts } = await notesOf("10s");
  assert.ok(conflicts > 0, "they never met");
  assert.deepEqual(notes.flat(), []);
});
