import assert from "node:assert/strict";
import { isProved } from "../../mod/verify/verify.ts";
import { quote, quotes } from "../sink/run_sink.ts";
import { CuredHive } from "./cured_hive.ts";
import { CuredIceberg } from "./cured_iceberg.ts";
import type { CuredPlace } from "./cured_place.ts";
import { closeAtMost } from "./dear_quotes.ts";

/** By it all quotes of this test are dead letters. */
const strict = closeAtMost(10);

async function filled<T extends CuredPlace>(place: T): Promise<T> {
  place.log.partitions[0].push(quote(5), ...Array.from({ length: 12 }, (_, i) => quote(100 + i)));
  await place.consume(strict, 6);
  return place;
}

/** Names of the files with rows. */
function rowFiles({ lake }: CuredPlace): string[] {
  return [...lake.objects.keys()].filter((name) => name.endsWith(".parquet"));
}

/** Kills a replay at any change, damages what it has written, and has it put right. */
async function damagedAnywhere(open: () => CuredPlace, isRetained: boolean): Promise<void> {
  const all = Array.from({ length: 13 }, (_, i) => i);
  let damaged = 0;
  for (let at = 1;; at++) {
    const when = `killed after change ${at}`;
    const place = await filled(open());
    const before = new Set(rowFiles(place));
    Object.assign(place.lake, { at, after: true, changes: 0 });
    if (await place.replay(quotes).then(() => true, () => false)) break;
    Object.assign(place.lake, { at: 0 });
    const letters = (await place.offsets(0)).deadLetters;
    for (const name of rowFiles(place).filter((name) => !before.has(name))) {
      place.lake.objects.set(name, place.lake.objects.get(name)!.slice(0, 9));
      damaged++;
    }
    if (!isRetained) place.log.lows[0] = all.length;
    // Either of the two may be first.
    if (at % 2 === 0) await place.repair(quotes, 6);
    await place.replay(quotes);
    await place.repair(quotes, 6);
    await place.replay(quotes);
    const verdict = await place.verify();
    assert.ok(isProved(verdict), `${when}: ${JSON.stringify(verdict)}`);
    const { rows, deadLetters, gaps } = await place.offsets(0);
    assert.deepEqual([...rows, ...gaps].sort((a, b) => a - b), all, when);
    assert.deepEqual(deadLetters, [], when);
    const lost = isRetained ? gaps : gaps.filter((offset) => letters.includes(offset));
    assert.deepEqual(lost, [], `${when}: a message that was still somewhere is lost`);
  }
  assert.ok(damaged > 1, String(damaged));
}

const PLACES: Record<string, () => CuredPlace> = {
  "Hive folders": () => new CuredHive("dt", "parquet"),
  "an Iceberg table": () => new CuredIceberg("dt"),
};

for (const [name, open] of Object.entries(PLACES)) {
  for (const isRetained of [true, false]) {
    const where = `${name}, ${isRetained ? "with" : "without"} the topic's messages`;
    Deno.test(`a replay that was cut off, and whose rows are damaged, loses nothing: ${where}`, () =>
      damagedAnywhere(open, isRetained));
  }
}
