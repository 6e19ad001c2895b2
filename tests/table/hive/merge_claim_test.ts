import assert from "node:assert/strict";
import { Failure } from "../../../mod/failure/failure.ts";
import { claimNext, newestClaim } from "../../../mod/table/hive/merge_claim.ts";
import { recordMigration } from "../../../mod/table/hive/migrated.ts";
import { MemoryLake } from "../../sink/memory_lake.ts";

const NONE = { number: 0, merge: null };

/** A lake in which another process claims once more as soon as the newest claim has been read. */
class OvertakenLake extends MemoryLake {
  #overtaken = false;

  override async get(name: string): Promise<Uint8Array> {
    const bytes = await super.get(name);
    if (!this.#overtaken && name.endsWith("/merge-1.json")) {
      this.#overtaken = true;
      assert.equal((await claimNext(this, "t", { number: 1, merge: null }, null))?.number, 2);
    }
    return bytes;
  }
}

Deno.test("a claim that another process was faster with, and has replaced since, is not ours", async () => {
  const lake = new OvertakenLake();
  assert.equal((await claimNext(lake, "t", NONE, null))?.number, 1);
  assert.equal(await claimNext(lake, "t", NONE, null), undefined);
  assert.equal((await newestClaim(lake, "t")).number, 2);
});

Deno.test("of two processes that claim a number one has it", async () => {
  const lake = new MemoryLake();
  const claims = await Promise.all(
    [NONE, NONE].map((former) => claimNext(lake, "t", former, null)),
  );
  assert.deepEqual(claims.map((claim) => claim?.number ?? 0).sort(), [0, 1]);
});

Deno.test("a claim that the store refuses though no such is there is a failure with its fix, not another's", async () => {
  class HalfCreated extends MemoryLake {
    override create(): Promise<boolean> {
      return Promise.resolve(false);
    }
  }
  const lake = new HalfCreated();
  const fix = (error: unknown) =>
    error instanceof Failure && error.kind === "service" &&
    /put any object named \S*\/merge-1\.json and remove it again/.test(error.fix!);
  await assert.rejects(claimNext(lake, "t", NONE, null), fix);
  await assert.rejects(recordMigration(lake, "t"), /refuses to create \S*\/migrated\.json/);
});
