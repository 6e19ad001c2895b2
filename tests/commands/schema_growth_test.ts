import assert from "node:assert/strict";
import { until } from "../until.ts";
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

Deno.test("an optional column is added to an Iceberg table by consume, beside a consumer of the former schema", () =>
  withEmbedded(async (place) => {
    place.env.TICKLAKE_TABLE_FORMAT = "iceberg";
    place.env.TICKLAKE_COMMIT_INTERVAL = "200ms";
    await under(place, BEFORE);
    await place.send([message({ p: 1 }), message({ p: 2, v: 20 })]);
    assert.equal((await place.toEnd()).summary.written, 2);
    await using former = place.start();
    await former.waitFor(/reading partitions/);
    await place.send([message({ p: 3, v: 30 })]);
    await until("the running consumer writes", async () => await rowsOf(place) === 3);
    await under(place, AFTER);
    // Says what would be done, and does nothing.
    const plan = await runTicklake(["dead-letters", "replay", "--dry-run"], place);
    assert.match(plan.stderr, /column v is not in the table/);
    const added = await runTicklake(["consume", "--until-end", "--group", "other"], place);
    assert.match(added.stderr, /added column v, long, to table prices: older rows have no value/);
    await place.send([message({ p: 4, v: 40 })]);
    await until("the running consumer writes", async () => await rowsOf(place) === 4);
    await former.stop();
    await place.send([message({ p: 5 }), message({ p: 6, v: 60 })]);
    const { summary, stderr } = await place.toEnd();
    assert.equal(summary.written, 2);
    assert.doesNotMatch(stderr, /added column/);
    const sql = "SELECT p, v FROM prices ORDER BY kafka_offset";
    const asked = await runTicklake(["query", "--json", sql], place);
    assert.deepEqual(
      JSON.parse(asked.stdout).map(({ p, v }: Record<string, unknown>) => [p, v]),
      [[1, null], [2, null], [3, null], [4, null], [5, null], [6, 60]],
      asked.stderr,
    );
    const proved = await runTicklake(["verify", "--deep"], place);
    assert.equal(proved.code, 0, proved.stderr);
    // A schema without the column writes on: it stays, without a value.
    await under(place, BEFORE);
    await place.send([message({ p: 7 })]);
    assert.equal((await place.toEnd()).summary.written, 1);
  }));

/** Rows of the table, as SQL counts them. */
async function rowsOf(place: ConsumePlace): Promise<number> {
  const sql = "SELECT count(*) AS n FROM prices";
  return JSON.parse((await runTicklake(["query", "--json", sql], place)).stdout)[0].n;
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
