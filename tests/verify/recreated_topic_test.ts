import assert from "node:assert/strict";
import { isProved } from "../../mod/verify/verify.ts";
import { CuredHive } from "../repair/cured_hive.ts";
import { quotes, rows } from "../sink/run_sink.ts";

Deno.test("what the group committed of a former log is not expected of a recreated topic", async () => {
  const place = new CuredHive("dt", "parquet");
  const { log } = place;
  log.partitions.pop();
  log.partitions[0].push(...rows(40));
  await place.consume(quotes, 10);
  Object.assign(log, { identity: { ...log.identity, topicId: "created-again" } });
  log.partitions[0].splice(0, 40, ...rows(15));
  const verdict = await place.verify();
  assert.ok(isProved(verdict), JSON.stringify(verdict));
  await place.consume(quotes, 10);
  const after = await place.verify();
  assert.ok(isProved(after), JSON.stringify(after));
  assert.deepEqual(after.partitions.map(({ expected }) => expected).sort(), [15, 40]);
});
