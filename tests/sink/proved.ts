import assert from "node:assert/strict";
import { isProved, verify } from "../../mod/verify/verify.ts";
import type { MemoryLake } from "./memory_lake.ts";
import type { ScriptedLog } from "./scripted_log.ts";

/** Makes sure that `verify`, also with `--deep`, finds each offset of the log in the lake once. */
export async function assertProved(
  log: ScriptedLog,
  lake: MemoryLake,
  group = "sink",
): Promise<void> {
  for (const deep of [false, true]) {
    const verdict = await verify({
      broker: log,
      store: lake,
      topic: "quotes",
      group,
      table: "index_quotes",
      deep,
      signal: new AbortController().signal,
    });
    assert.ok(isProved(verdict), JSON.stringify(verdict));
  }
}
