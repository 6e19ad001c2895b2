import assert from "node:assert/strict";
import { isProved } from "../../mod/verify/verify.ts";
import { quote, quotes } from "../sink/run_sink.ts";
import { CuredHive } from "./cured_hive.ts";
import { CuredIceberg } from "./cured_iceberg.ts";
import { type CuredPlace, DAMAGES } from "./cured_place.ts";
import { closeAtMost } from "./dear_quotes.ts";

const DAY_MS = 86_400_000;
const CHEAP = 100;
const DEAR = 5000;

/** By it the dear quotes are dead letters; by the shipped schema they are rows. */
const strict = closeAtMost(1000);

const FORMS: Record<string, () => CuredPlace> = {
  "Hive folders": () => new CuredHive("dt", "parquet"),
  "an Iceberg table": () => new CuredIceberg("dt"),
};

/** From the first request to the last, also of what they leave to `consume`. */
const COMMANDS: Record<string, (place: CuredPlace) => Promise<void>> = {
  async "reset --rewrite"(place) {
    await place.reset(0.5);
    await place.consume(quotes, 4);
  },
  async repair(place) {
    await place.repair(quotes, 4);
    // Of what a repair that was killed has left to it.
    await place.consume(quotes, 4);
  },
};

/** A table of two partitions with rows of two days and dead letters, some of them rows by now. */
async function filled(open: () => CuredPlace, isDamaged: boolean): Promise<CuredPlace> {
  const place = open();
  for (let i = 0; i < 12; i++) {
    const entry = i === 7
      ? { value: "{" }
      : quote(i % 3 === 2 ? DEAR : CHEAP, Math.floor(i / 6) * DAY_MS);
    place.log.partitions[i % 4 === 3 ? 1 : 0].push(entry);
  }
  await place.consume(strict, 4);
  if (isDamaged) { for (const [i, how] of DAMAGES.entries()) await place.damage(how, i); }
  return place;
}

/** Each offset is a row or a dead letter, once, also for those who read the objects themselves. */
async function once(place: CuredPlace, when: string): Promise<void> {
  const verdict = await place.verify();
  assert.ok(isProved(verdict), `${when}: ${JSON.stringify(verdict)}`);
  for (const [partition, entries] of place.log.partitions.entries()) {
    const { rows, deadLetters, gaps } = await place.offsets(partition);
    const all = [...rows, ...deadLetters, ...gaps].sort((a, b) => a - b);
    assert.deepEqual(all, entries.map((_, offset) => offset), `${when}: partition ${partition}`);
    assert.deepEqual(gaps, [], when);
  }
}

for (const [form, open] of Object.entries(FORMS)) {
  for (const [command, run] of Object.entries(COMMANDS)) {
    Deno.test(`${command} of ${form}, killed between any two requests and run again: each offset is there once`, async () => {
      const origin = await filled(open, command === "repair");
      for (let at = 1;; at++) {
        const place = open().like(origin);
        Object.assign(place.lake, { at });
        const isKilled = await run(place).then(() => false, (error) => {
          assert.match(String(error), /killed/);
          return true;
        });
        const { changes } = place.lake;
        Object.assign(place.lake, { at: 0 });
        if (isKilled) await run(place);
        await once(place, `killed before change ${at}`);
        if (changes >= at) continue;
        return assert.ok(at > 10, `${at} changes`);
      }
    });
  }
}
