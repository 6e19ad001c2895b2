import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import { lakeOffsets, offsetsFrom } from "./lake_offsets.ts";
import { MemoryLake } from "./memory_lake.ts";
import { quote, quotes, sink } from "./run_sink.ts";
import { ScriptedLog } from "./scripted_log.ts";

const NOTE = { wire: "Note", name: "note", type: "long" as const, required: false };
const GROWN = { ...quotes, columns: [...quotes.columns, NOTE] };

/** A row to the former schema, none to the grown one: its note is no number. */
function noted() {
  const entry = quote() as { key: string; value: string };
  return { ...entry, value: entry.value.replace(/}$/, ',"Note":"x"}') };
}

/** All the sink's policy takes at once. */
const POLICY = { rows: 1000, bytes: 1e9, intervalMs: 1e6 };

for (const [step, when] of [["afterPut", "whole"], ["beforePut", "not there"]] as const) {
  Deno.test(`an in-flight flush before the schema grew is settled: its objects were ${when}`, async () => {
    const lake = new MemoryLake();
    const log = new ScriptedLog([[noted(), quote(), noted()]]);
    lake[step] = () => {
      throw new Failure("failed", "killed");
    };
    await assert.rejects(sink(log, lake, { policy: POLICY }), { message: "killed" });
    lake[step] = () => {};
    log.partitions[0].push(quote(), noted());
    await sink(log, lake, { policy: POLICY, schema: GROWN });
    const { rows, deadLetters } = await lakeOffsets(lake);
    assert.deepEqual([...rows, ...deadLetters].sort((a, b) => a - b), offsetsFrom(0, 5));
    assert.deepEqual(deadLetters, when === "whole" ? [4] : [0, 2, 4]);
  });
}
