/** A `reset --rewrite` is paused, consumers of the group run meanwhile, and it goes on. */
import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import { lakeOffsets, offsetsFrom } from "../sink/lake_offsets.ts";
import { MemoryLake } from "../sink/memory_lake.ts";
import { assertProved } from "../sink/proved.ts";
import { rewrite } from "../sink/rewrite.ts";
import { rows, sink } from "../sink/run_sink.ts";
import { ScriptedLog } from "../sink/scripted_log.ts";

const ROWS = 40;

/** Rows that arrive before each consumer. */
const ARRIVING = 10;

/** A lake of which one change is held up, those of the group's offsets among them. */
class PausedLake extends MemoryLake {
  at = 0;
  changes = 0;
  /** What happens meanwhile. */
  meanwhile: () => Promise<void> = () => Promise.resolve();

  async change(): Promise<void> {
    if (++this.changes === this.at) await this.meanwhile();
  }

  override async put(name: string, bytes: Uint8Array): Promise<void> {
    await this.change();
    await super.put(name, bytes);
  }

  override async remove(name: string): Promise<void> {
    await this.change();
    await super.remove(name);
  }
}

async function consume(log: ScriptedLog, lake: MemoryLake, size: number): Promise<void> {
  log.partitions[0].push(...rows(ARRIVING));
  await sink(log, lake, { policy: { rows: size, bytes: 2 ** 20, intervalMs: 60_000 } });
}

for (const consumers of [1, 2]) {
  Deno.test(`a reset --rewrite that is paused at any change while ${consumers} consume run loses and doubles nothing`, async () => {
    let refused = 0;
    let done = 0;
    for (let at = 1, isPaused = true; isPaused; at++) {
      isPaused = false;
      const lake = new PausedLake();
      const log = new ScriptedLog([rows(ROWS)]);
      await consume(log, lake, 10);
      let arrived = ROWS + ARRIVING;
      Object.assign(lake, {
        at,
        changes: 0,
        async meanwhile() {
          isPaused = true;
          for (let i = 0; i < consumers; i++) await consume(log, lake, 7);
          arrived += consumers * ARRIVING;
        },
      });
      const when = `paused before change ${at}`;
      await rewrite(log, lake, 20, () => lake.change()).then(() => done++, (error) => {
        assert.ok(error instanceof Failure, `${when}: ${error}`);
        refused++;
      });
      lake.at = 0;
      // What the table says that it has is there, with no further consume.
      await assertProved(log, lake);
      await consume(log, lake, 9);
      arrived += ARRIVING;
      assert.deepEqual((await lakeOffsets(lake)).rows, offsetsFrom(0, arrived), when);
      await assertProved(log, lake);
    }
    assert.ok(refused > 0 && done > 0, `${refused} refused, ${done} done`);
  });
}
