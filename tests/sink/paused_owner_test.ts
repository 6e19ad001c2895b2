/** A consumer is paused while it removes what another has begun; others own the partition, and it goes on. */
import assert from "node:assert/strict";
import { killedSink } from "./killed_sink.ts";
import { lakeOffsets, offsetsFrom } from "./lake_offsets.ts";
import { MemoryLake } from "./memory_lake.ts";
import { assertProved } from "./proved.ts";
import { rows, sink } from "./run_sink.ts";
import { ScriptedLog } from "./scripted_log.ts";

const ROWS = 30;

function policy(size: number) {
  return { policy: { rows: size, bytes: 2 ** 20, intervalMs: 60_000 } };
}

/** A lake as a paused process has it: one of its changes is held up, and its partitions are lost meanwhile. */
class PausedLake extends MemoryLake {
  constructor(
    readonly lake: MemoryLake,
    readonly at: number,
    readonly meanwhile: () => Promise<void>,
  ) {
    super();
  }
  changes = 0;

  async #change(): Promise<void> {
    if (++this.changes === this.at) await this.meanwhile();
  }

  override async put(name: string, bytes: Uint8Array): Promise<void> {
    await this.#change();
    await this.lake.put(name, bytes);
  }

  override async create(name: string, bytes: Uint8Array): Promise<boolean> {
    await this.#change();
    return await this.lake.create(name, bytes);
  }

  override async remove(name: string): Promise<void> {
    await this.#change();
    await this.lake.remove(name);
  }

  override get(name: string) {
    return this.lake.get(name);
  }

  override async *list(prefix: string) {
    // Within a long listing.
    await this.#change();
    yield* this.lake.list(prefix);
  }
}

Deno.test("a consumer that is paused while it sweeps takes nothing away from the next owners", async () => {
  let paused = 0;
  for (let at = 1, isPaused = true; isPaused; at++) {
    isPaused = false;
    const lake = new MemoryLake();
    const log = new ScriptedLog([rows(ROWS)]);
    // Until after the put of the second flush.
    await killedSink(log, lake, 17, policy(10));
    log.committed.clear();
    // Its own group's commits are refused once it goes on: the partitions were others'.
    const zombie = new ScriptedLog(log.partitions);
    for (const [partition, one] of log.committed) zombie.committed.set(partition, one);
    const own = new PausedLake(lake, at, async () => {
      isPaused = true;
      paused++;
      for (let i = 0; i < 2; i++) {
        log.partitions[0].push(...rows(5));
        await sink(log, lake, policy(7));
      }
      zombie.beforeCommit = () => {
        throw new Error("fenced");
      };
    });
    await sink(zombie, own, policy(7)).catch(() => {});
    const all = log.partitions[0].length;
    log.partitions[0].push(...rows(5));
    await sink(log, lake, policy(7));
    const when = `paused before change ${at}, ${all}`;
    assert.deepEqual((await lakeOffsets(lake)).rows, offsetsFrom(0, all + 5), when);
    await assertProved(log, lake);
  }
  assert.ok(paused > 3, String(paused));
});
