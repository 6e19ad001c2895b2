import assert from "node:assert/strict";
import { isProved, type PartitionVerdict } from "../../mod/verify/verify.ts";
import { logKey } from "../../mod/table/log_key.ts";
import { IcebergPlace, NAMES } from "../repair/iceberg_place.ts";
import { quote } from "../sink/run_sink.ts";
import { type Entry, ScriptedLog } from "../sink/scripted_log.ts";

const DAY = Date.UTC(2026, 10, 24);

/** Messages of the numbers `[from, to)`, a millisecond apart. */
function sent(from: number, to: number, since = DAY): Entry[] {
  return Array.from({ length: to - from }, (_, i) => quote(from + i, since + from + i));
}

/** A table with the messages of a log in ranges of ten. */
async function filled(messages: number): Promise<IcebergPlace> {
  const place = new IcebergPlace(new ScriptedLog([sent(0, messages)]));
  await place.consume();
  return place;
}

async function verdictOf(place: IcebergPlace): Promise<PartitionVerdict> {
  const verdict = await place.verify();
  assert.equal(isProved(verdict), verdict.partitions[0].foreign.length === 0);
  return verdict.partitions[0];
}

Deno.test("verify --deep names rows of an Iceberg table that a truncated log has other messages for", async () => {
  const place = await filled(40);
  assert.deepEqual((await verdictOf(place)).foreign, []);
  // Cut to 35 and continued with others: only the last file's rows differ, and not from its first on.
  place.log.partitions[0] = [...sent(0, 35), ...sent(35, 60, DAY + 1000)];
  assert.deepEqual((await verdictOf(place)).foreign, [{ first: 30, last: 39 }]);
});

Deno.test("verify --deep names them where consume has continued on the new log, too", async () => {
  const place = await filled(40);
  place.log.partitions[0] = [...sent(0, 20), ...sent(20, 60, DAY + 1000)];
  await place.consume();
  assert.deepEqual((await verdictOf(place)).foreign, [
    { first: 20, last: 29 },
    { first: 30, last: 39 },
  ]);
});

Deno.test("verify names rows of an Iceberg table beyond the end of a log that was cut", async () => {
  const place = await filled(40);
  place.log.partitions[0] = sent(0, 25);
  assert.deepEqual((await verdictOf(place)).foreign, [{ first: 25, last: 39 }]);
});

Deno.test("verify says which messages are before the beginning of an Iceberg table", async () => {
  const place = new IcebergPlace(new ScriptedLog([sent(0, 30)]));
  // As `--from latest` has committed it.
  const log = await logKey({ topic: NAMES.topic, ...place.log.identity });
  const metadata = JSON.stringify({ v: 1, from: 12, log });
  place.log.committed.set(0, { partition: 0, offset: 12, metadata });
  await place.consume();
  assert.deepEqual((await verdictOf(place)).before, [{ first: 0, last: 11 }]);
});
