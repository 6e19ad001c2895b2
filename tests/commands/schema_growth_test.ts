import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";
import { type ConsumePlace, placeTest, withEmbedded } from "./consume_place.ts";

const BEFORE = {
  table: "prices",
  key: "s",
  columns: [
    { wire: "s", name: "s", type: "string", required: true },
    { wire: "p", name: "p", type: "double", required: true },
  ],
};
const AFTER = { ...BEFORE, columns: [...BEFORE.columns, { wire: "v", name: "v", type: "long" }] };

const message = (fields: Record<string, unknown>) => ({
  key: "A",
  value: JSON.stringify({ s: "A", ...fields }),
});

async function under(place: ConsumePlace, schema: unknown): Promise<void> {
  await Deno.writeTextFile(`${place.cwd}/own.json`, JSON.stringify(schema));
  place.env.TICKLAKE_SCHEMA = "own.json";
}

for (const format of ["parquet", "jsonl"]) {
  Deno.test(`an optional column that is added: old objects read as null, verify proves all (${format})`, () =>
    withEmbedded(async (place) => {
      place.env.TICKLAKE_FORMAT = format;
      await under(place, BEFORE);
      await place.send([message({ p: 1 }), message({ p: 2, v: 20 })]);
      const first = await place.toEnd();
      assert.match(
        first.stderr,
        /warning: messages have a field "v" that is not in the schema/,
      );
      assert.match(first.stderr, /1 message had fields that are not in the schema/);
      await under(place, AFTER);
      // Two producers, one of them not yet of the new version, in turn.
      await place.send([message({ p: 3, v: 30 }), message({ p: 4 }), message({ p: 5, v: 50 })]);
      const second = await place.toEnd();
      assert.deepEqual([second.summary.written, second.summary.objects], [3, 1]);
      const asked = await runTicklake(
        ["query", "--json", "SELECT p, v FROM prices ORDER BY kafka_offset"],
        place,
      );
      assert.deepEqual(JSON.parse(asked.stdout), [
        { p: 1, v: null },
        { p: 2, v: null },
        { p: 3, v: 30 },
        { p: 4, v: null },
        { p: 5, v: 50 },
      ]);
      const proved = await runTicklake(["verify", "--deep"], place);
      assert.equal(proved.code, 0, proved.stderr);
    }));
}

placeTest("two producers with alternating versions make no small files", async (place) => {
  await under(place, AFTER);
  // Forty batches, each of one version.
  for (let turn = 0; turn < 40; turn++) {
    const more = turn % 2 === 0 ? {} : { v: turn };
    await place.send(Array.from({ length: 5 }, (_, i) => message({ p: turn * 5 + i, ...more })));
  }
  const { summary } = await place.toEnd("--flush-rows", "100");
  assert.deepEqual([summary.written, summary.objects], [200, 2]);
  const sql = "SELECT count(*) AS n, count(v) AS v FROM prices";
  const asked = await runTicklake(["query", "--engine", "local", "--json", sql], place);
  assert.equal(asked.code, 0, asked.stderr);
  assert.deepEqual(JSON.parse(asked.stdout), [{ n: 200, v: 100 }]);
  const proved = await runTicklake(["verify", "--deep"], place);
  assert.equal(proved.code, 0, proved.stderr);
});

Deno.test("--strict-fields makes messages with other fields dead letters", () =>
  withEmbedded(async (place) => {
    await under(place, BEFORE);
    await place.send([message({ p: 1 }), message({ p: 2, v: 20 })]);
    const { summary, stderr } = await place.toEnd("--strict-fields");
    assert.deepEqual([summary.written, summary.rejected], [1, 1], stderr);
    const [dead] = (await place.objects()).filter((name) => name.includes("dead_letter"));
    assert.match(await place.text(dead), /"reason":"unknown field \\"v\\""/);
  }));
