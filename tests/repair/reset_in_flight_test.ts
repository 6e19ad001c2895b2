import assert from "node:assert/strict";
import { isProved } from "../../mod/verify/verify.ts";
import { offsetsFrom } from "../sink/lake_offsets.ts";
import { quotes, rows } from "../sink/run_sink.ts";
import { CuredHive } from "./cured_hive.ts";
import { CuredIceberg } from "./cured_iceberg.ts";
import type { CuredPlace } from "./cured_place.ts";

/** What may become of the group's offset, and with it of the intent of a flush that was killed. */
const MOVES: ReadonlyArray<readonly [name: string, move: (place: CuredPlace) => Promise<void>]> = [
  ["reset to where the lake ends", (place) => place.reset(1)],
  ["set by another program to where the lake ends", (place) => {
    for (const [partition, committed] of place.log.committed) {
      place.log.committed.set(partition, { ...committed, metadata: "" });
    }
    return Promise.resolve();
  }],
];

const FORMS = {
  "Hive folders": () => new CuredHive("dt", "parquet"),
  "an Iceberg table": () => new CuredIceberg("dt"),
};

for (const [form, open] of Object.entries(FORMS)) {
  for (const [name, move] of MOVES) {
    Deno.test(`a flush into ${form} is killed at any change and the group ${name}: each offset is there once`, async () => {
      for (let at = 1, isKilled = true; isKilled; at++) {
        const place = open();
        place.log.partitions.pop();
        place.log.partitions[0].push(...rows(4));
        await place.consume(quotes, 4);
        place.log.partitions[0].push({ value: "{" }, ...rows(3));
        Object.assign(place.lake, { at, changes: 0 });
        isKilled = await place.consume(quotes, 2).then(() => false, () => true);
        Object.assign(place.lake, { at: 0 });
        await move(place);
        place.log.partitions[0].push(...rows(4));
        await place.consume(quotes, 5);
        const when = `killed at change ${at}`;
        const { rows: found, deadLetters, gaps } = await place.offsets(0);
        const all = [...found, ...deadLetters].sort((a, b) => a - b);
        assert.deepEqual([all, deadLetters, gaps], [offsetsFrom(0, 12), [4], []], when);
        const verdict = await place.verify();
        assert.ok(isProved(verdict), `${when}: ${JSON.stringify(verdict)}`);
      }
    });
  }
}
