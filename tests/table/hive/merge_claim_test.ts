import assert from "node:assert/strict";
import { claimNext, newestClaim } from "../../../mod/table/hive/merge_claim.ts";
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
