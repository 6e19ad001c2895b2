import assert from "node:assert/strict";
import { parseObjectName } from "../../mod/lake/layout.ts";
import { isProved } from "../../mod/verify/verify.ts";
import { CuredHive } from "../repair/cured_hive.ts";
import { quotes } from "../sink/run_sink.ts";
import { messages } from "./merge_place.ts";

/** Bytes of an object as damage leaves them. */
const DAMAGES: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  "cut off": (bytes) => bytes.slice(0, -9),
  "emptied": () => new Uint8Array(),
};

type Format = "parquet" | "jsonl";

async function filled(format: Format): Promise<CuredHive> {
  const place = new CuredHive("dt", format);
  place.log.partitions[0].push(...messages(40));
  await place.consume(quotes, 4);
  return place;
}

function objects(place: CuredHive, isMerged: boolean): string[] {
  return [...place.lake.objects.keys()].filter((name) => {
    const parsed = parseObjectName(name)!;
    return parsed.kind === "rows" && (parsed.merged ?? false) === isMerged;
  });
}

function copyOf(origin: CuredHive): CuredHive {
  return new CuredHive("dt", origin.format).like(origin);
}

/** Whether objects of a merged object's range in its folder are still there. */
function isCut(place: CuredHive, name: string): boolean {
  return objects(place, false).some((part) => isPartOf(part, name));
}

function isPartOf(part: string, merged: string): boolean {
  const { first, last } = parseObjectName(part)!;
  const whole = parseObjectName(merged)!;
  const folder = merged.slice(0, merged.lastIndexOf("/"));
  return part.startsWith(folder) && first >= whole.first && last <= whole.last;
}

for (const format of ["parquet", "jsonl"] as const) {
  Deno.test(`a merge of ${format} that was cut off, and whose object is damaged, is made again from its parts, or repaired`, async () => {
    const origin = await filled(format);
    const offsets = await origin.offsets(0);
    const parts = objects(origin, false);
    const seen = { again: 0, repaired: 0 };
    for (let at = 1;; at++) {
      const killed = copyOf(origin);
      Object.assign(killed.lake, { at, after: true });
      if (await killed.maintain().then(() => true, () => false)) break;
      const gone = parts.filter((part) => !killed.lake.objects.has(part));
      for (const [i, name] of objects(killed, true).entries()) {
        if (!isCut(killed, name)) continue;
        const place = copyOf(killed);
        const damage = Object.values(DAMAGES)[(at + i) % 2];
        place.lake.objects.set(name, damage(place.lake.objects.get(name)!));
        const error = await place.maintain().then(() => undefined, String);
        if (error === undefined) {
          seen.again++;
          assert.deepEqual(await place.offsets(0), offsets, `${at}: ${name}`);
          continue;
        }
        seen.repaired++;
        assert.match(error, /cannot be read|lacks rows/, `${at}: ${name}`);
        assert.ok(gone.length > 0, `${at}: ${error}`);
        // As the first command after it, too.
        const other = copyOf(killed);
        other.lake.objects.set(name, place.lake.objects.get(name)!);
        for (const cured of [place, other]) {
          await cured.repair(quotes, 4);
          assert.ok(isProved(await cured.verify()), `${at}: ${name}`);
          assert.deepEqual(await cured.offsets(0), offsets, `${at}: ${name}`);
        }
      }
    }
    assert.ok(seen.again > 0 && seen.repaired > 0, JSON.stringify(seen));
  });
}

Deno.test("a damaged object whose rows others all have is put aside, whatever the topic still has", async () => {
  const origin = await filled("parquet");
  const offsets = await origin.offsets(0);
  const whole = copyOf(origin);
  await whole.maintain();
  const [merged] = objects(whole, true);
  const { last } = parseObjectName(merged)!;
  for (const low of [0, last - 1, last + 1]) {
    const place = copyOf(whole);
    // As from a backup of the bucket.
    for (const [name, bytes] of origin.lake.objects) {
      if (isPartOf(name, merged)) place.lake.objects.set(name, bytes);
    }
    place.lake.objects.set(merged, DAMAGES["cut off"](place.lake.objects.get(merged)!));
    place.log.lows[0] = low;
    await assert.rejects(place.maintain(), /cannot be read/);
    place.lake.changes = 0;
    await place.repair(quotes, 4);
    assert.equal(place.lake.changes, 2, "it is copied and removed, and nothing is written again");
    assert.ok(isProved(await place.verify()), `low ${low}`);
    assert.deepEqual(await place.offsets(0), offsets, `low ${low}`);
  }
});
