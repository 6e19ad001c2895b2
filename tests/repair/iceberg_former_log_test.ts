import assert from "node:assert/strict";
import { changeTable } from "../../mod/table/iceberg/change_table.ts";
import { liveEntries } from "../../mod/table/iceberg/live_entries.ts";
import { writeSnapshot } from "../../mod/table/iceberg/snapshot.ts";
import { isProved } from "../../mod/verify/verify.ts";
import { rows } from "../sink/run_sink.ts";
import { ScriptedLog } from "../sink/scripted_log.ts";
import { IcebergPlace } from "./iceberg_place.ts";

Deno.test("repair of an Iceberg table records what a former log lost as that log's, not as the current one's", async () => {
  const log = new ScriptedLog([rows(30)]);
  const place = new IcebergPlace(log);
  await place.consume(10);
  const names = [...place.lake.objects.keys()];
  const lost = names.find((name) => name.includes("-0000000000000010-"))!;
  log.identity = { cluster: "scripted", topicId: "second" };
  log.committed.clear();
  await place.consume(10);
  const { catalog, files } = place.open();
  // Without a delete that is on record: what is gone is missing.
  await changeTable({ catalog, table: "t" }, async (base) => {
    const { entries } = await liveEntries(base, files);
    const former = entries.find(({ name }) => name === lost)!;
    const summary = { operation: "replace" };
    const removed = new Set([former.file.file_path]);
    return await writeSnapshot(base, files, { added: [], removed, summary }, Date.now());
  });
  const verdict = await place.verify();
  const missing = verdict.partitions.map(({ isCurrent, missing }) => [isCurrent, missing.length]);
  assert.deepEqual(missing.sort(), [[false, 1], [true, 0]]);
  await place.repair(verdict);
  const after = await place.verify();
  assert.ok(isProved(after), JSON.stringify(after));
  const gaps = after.partitions.map(({ isCurrent, gaps }) => [isCurrent, gaps]);
  assert.deepEqual(gaps.sort(), [[false, [{ first: 10, last: 19 }]], [true, []]]);
});
