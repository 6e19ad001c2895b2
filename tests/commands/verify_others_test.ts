import assert from "node:assert/strict";
import { python, runTicklake, serviceTest } from "../services/services.ts";
import { type ConsumePlace, quotes, withEmbedded } from "./consume_place.ts";

const SCRIPT = new URL("../verify/write_others.py", import.meta.url);

/** Offsets `[first, end)`. */
function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i);
}

async function verified(place: ConsumePlace, shape: string, objects: number[][], flags: string[]) {
  const lake = `${place.cwd}/.ticklake/lake`;
  await Deno.remove(lake, { recursive: true }).catch(() => {});
  await python(SCRIPT, [lake, shape, JSON.stringify(objects), place.topic]);
  const args = ["verify", "--table-of-others", "--json", ...flags];
  const { code, stdout, stderr } = await runTicklake(args, place);
  const { missing, duplicate, foreign, behind } = JSON.parse(stdout || "{}");
  return { code, stderr, counts: [missing, duplicate, foreign, behind] };
}

const SHAPES: ReadonlyArray<[shape: string, flags: string[]]> = [
  ["kafka-connect", ["--partition-column", "partition"]],
  [
    "redpanda-connect",
    [
      ...["--offset-column", "offset", "--partition-column", "partition"],
      ...["--topic-column", "topic"],
    ],
  ],
];

for (const [shape, flags] of SHAPES) {
  serviceTest(
    `verify --table-of-others counts missing and double offsets of ${shape}`,
    { needs: ["python"] },
    () =>
      withEmbedded(async (place) => {
        await place.send(quotes(100));
        const good = await verified(place, shape, [range(0, 50), range(50, 90)], flags);
        assert.deepEqual([good.code, good.counts], [0, [0, 0, 0, 10]], good.stderr);
        const bad = await verified(
          place,
          shape,
          [range(0, 40), range(35, 60), range(70, 103)],
          flags,
        );
        assert.deepEqual([bad.code, bad.counts], [4, [10, 5, 3, 0]], bad.stderr);
        assert.match(bad.stderr, /partition 0, offsets 60 to 69: in the topic, but in no row/);
        const wrong = await verified(place, shape, [range(0, 100)], [
          ...flags,
          "--offset-column",
          "nowhere",
        ]);
        assert.equal(wrong.code, 4);
        assert.match(wrong.stderr, /cannot be read: .*nowhere/);
      }),
  );
}
