import assert from "node:assert/strict";
import { runTicklake, serviceTest, uniqueName } from "../services/services.ts";
import { type ConsumePlace, placeTest, quotes, withEmbedded } from "./consume_place.ts";

async function run({ cwd, env }: ConsumePlace, ...args: string[]) {
  const iceberg = { TICKLAKE_TABLE_FORMAT: "iceberg", TICKLAKE_ICEBERG_CATALOG: "directory" };
  return await runTicklake(args, { cwd, env: { ...iceberg, ...env } });
}

async function json(place: ConsumePlace, ...args: string[]) {
  const { code, stdout, stderr } = await run(place, ...args, "--json");
  assert.equal(code, 0, stdout + stderr);
  return JSON.parse(stdout);
}

/** Each offset is in the table once, by `verify --deep` and by SQL. */
async function proved(place: ConsumePlace, rows: number): Promise<void> {
  const { missing, duplicate, beyond } = await json(place, "verify", "--deep");
  assert.deepEqual([missing, duplicate, beyond], [0, 0, 0]);
  const sql = "SELECT count(*) AS n, count(DISTINCT kafka_offset) AS o FROM index_quotes";
  assert.deepEqual(await json(place, "query", sql, "--engine", "local"), [{ n: rows, o: rows }]);
}

const NAME = "an Iceberg table: reset --rewrite, repair and replay, each offset once";

placeTest(NAME, putRight);

serviceTest(
  `${NAME} (REST catalog)`,
  { needs: ["iceberg-rest"] },
  () =>
    withEmbedded(async (place) => {
      Object.assign(place.env, {
        TICKLAKE_ICEBERG_CATALOG: "rest",
        ICEBERG_REST_URI: Deno.env.get("TEST_ICEBERG_REST")!,
        TICKLAKE_DATABASE: uniqueName("lake").replaceAll("-", "_"),
      });
      await putRight(place);
    }),
);

async function putRight(place: ConsumePlace): Promise<void> {
  const strict = JSON.parse(
    await Deno.readTextFile(new URL("../../data/index_quotes.schema.json", import.meta.url)),
  );
  strict.columns.find(({ name }: { name: string }) => name === "volume").max = 1000;
  const file = `${place.cwd}/strict.json`;
  await Deno.writeTextFile(file, JSON.stringify(strict));
  const [large] = quotes(1, 120);
  const value = String(large.value).replace('"Volume":0', '"Volume":5000');
  await place.send([...quotes(120), { ...large, value }, ...quotes(179, 121)]);
  const consumed = ["consume", "--until-end", "--schema", file];
  assert.equal((await json(place, ...consumed, "--flush-rows", "100")).written, 299);

  const refused = await run(place, "reset", "--to", "150");
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /would get those from \d+ on again/);
  const dry = await json(place, "reset", "--to", "150", "--rewrite", "--dry-run");
  assert.deepEqual(dry.partitions[0].rewind, { from: 0, end: 100 });
  for (const _ of ["once", "again"]) {
    const { partitions: [{ offset }] } = await json(place, "reset", "--to", "150", "--rewrite");
    assert.equal(offset, 100);
  }
  assert.equal((await json(place, ...consumed, "--flush-rows", "70")).written, 199);
  await proved(place, 299);

  const replay = ["dead-letters", "replay"];
  assert.equal((await json(place, ...replay, "--dry-run")).rows, 1);
  assert.deepEqual(await json(place, ...replay), {
    letters: 1,
    rows: 1,
    objects: 1,
    dryRun: false,
  });
  assert.equal((await json(place, ...replay)).letters, 0);
  await proved(place, 300);

  const first = /\/data\/.*-0{16}-0{14}99-/;
  await place.remove((await place.objects()).find((name) => first.test(name))!);
  const found = await run(place, "verify", "--deep");
  assert.equal(found.code, 4);
  assert.match(found.stderr, /fix: .*`ticklake repair`/);
  const plan = await run(place, "repair", "--dry-run");
  assert.match(plan.stdout, /all from offset 0 on is written again/);
  assert.match(plan.stdout, /parquet is no longer in the lake; it is taken out of the table/);
  assert.equal((await json(place, "repair")).ok, true);
  await proved(place, 300);
  assert.match((await run(place, "repair")).stdout, /^ok: nothing to repair/m);
}
