import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import type { SinkOptions } from "../../mod/sink/sink.ts";
import type { MemoryLake } from "./memory_lake.ts";
import { sink } from "./run_sink.ts";
import type { ScriptedLog } from "./scripted_log.ts";

/**
 * Runs a sink that is killed after so many steps: of the lake's and of the group's changes, before and after.
 * From then on nothing that it does has an effect.
 * @param expected message of an error that may end it
 */
export async function killedSink(
  log: ScriptedLog,
  lake: MemoryLake,
  steps: number,
  options: Partial<SinkOptions> = {},
  expected = /^killed$/,
): Promise<void> {
  const onStep = (step: () => void) => {
    log.beforeCommit =
      lake.beforePut =
      lake.afterPut =
      lake.aroundState =
        step;
  };
  let left = steps;
  onStep(() => {
    if (left-- <= 0) throw new Failure("failed", "killed");
  });
  await sink(log, lake, options).catch(({ message }) => assert.match(message, expected));
  onStep(() => {});
}
