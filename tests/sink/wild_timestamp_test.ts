import assert from "node:assert/strict";
import { parseObjectName } from "../../mod/lake/layout.ts";
import { lakeOffsets } from "./lake_offsets.ts";
import { MemoryLake } from "./memory_lake.ts";
import { quote, sink } from "./run_sink.ts";
import { ScriptedLog } from "./scripted_log.ts";

/** Milliseconds of the years 1970 to 2199 at their ends, and beyond: as micro- and nanoseconds are. */
const [FIRST, LAST] = [0, 7_258_118_399_999];
const WILD = [FIRST - 1, LAST + 1, 1_795_589_987_349_871, 1_795_589_987_349_871_360, -(2 ** 60)];

for (const format of ["parquet", "jsonl"] as const) {
  Deno.test(`a message with a timestamp that is no day is a dead letter, not the end: ${format}`, async () => {
    const wild = WILD.map((timestamp) => quote(100, timestamp));
    const bad = { value: "bad", timestamp: WILD[3] };
    const log = new ScriptedLog([[quote(100, FIRST), ...wild, bad, quote(100, LAST)]]);
    const lake = new MemoryLake();
    const summary = await sink(log, lake, { format });
    assert.deepEqual(await lakeOffsets(lake), {
      rows: [0, 7],
      deadLetters: [1, 2, 3, 4, 5, 6],
      gaps: [],
    });
    assert.equal(summary.rejected, 6);
    assert.equal(log.committed.get(0)!.offset, 8);
    const [name] = [...lake.objects.keys()].filter((name) =>
      parseObjectName(name)!.kind === "dead-letters"
    );
    assert.match(name, /\/dt=__HIVE_DEFAULT_PARTITION__\//);
    const lines = new TextDecoder().decode(lake.objects.get(name)).trimEnd().split("\n");
    const letters = lines.map((line) => JSON.parse(line));
    assert.equal(
      letters[2].reason,
      "Kafka timestamp 1795589987349871 is outside of the years 1970 to 2199",
    );
    assert.equal(letters[2].timestamp, "1795589987349871");
  });
}
