import assert from "node:assert/strict";
import { SHIPPED_SCHEMAS } from "../../mod/schema/shipped_schemas.ts";
import { runTicklake } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";
import { type ConsumePlace, withEmbedded } from "./consume_place.ts";

const CASES = `${REPOSITORY}/tests/cases/files`;

Deno.test("each shipped schema has no mistake and can be shown and checked", async () => {
  const folder = await Deno.makeTempDir();
  for (const name of SHIPPED_SCHEMAS.keys()) {
    const shown = await runTicklake(["schema", "show", name]);
    assert.equal(shown.code, 0, shown.stderr);
    await Deno.writeTextFile(`${folder}/own.json`, shown.stdout);
    const checked = await runTicklake(["schema", "check", "own.json"], { cwd: folder });
    assert.match(checked.stdout, /^ok: table \w+, \d+ columns, key \w+\n$/, checked.stderr);
  }
  await Deno.writeTextFile(`${folder}/bad.json`, '// a comment\n{"table":"t","columns":[]}');
  const bad = await runTicklake(["schema", "check", "bad.json"], { cwd: folder });
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /schema bad\.json has a mistake:\n {2}columns: expected/);
  await Deno.remove(folder, { recursive: true });
});

/** What a query answers once a file has been sent and consumed by a schema. */
async function rowsOf(
  place: ConsumePlace,
  schema: string,
  file: string,
  sql: string,
): Promise<Array<Record<string, unknown>>> {
  await Deno.writeTextFile(`${place.cwd}/own.json`, schema);
  const env = { ...place.env, TICKLAKE_SCHEMA: "own.json" };
  const run = (args: string[]) => runTicklake(args, { ...place, env });
  const sent = await run(["produce", "--mode", "replay", "--rate", "max", "--input", file]);
  assert.equal(sent.code, 0, sent.stderr);
  assert.equal((await run(["consume", "--until-end"])).code, 0);
  return JSON.parse((await run(["query", "--json", sql])).stdout);
}

Deno.test("a schema inferred from a file takes the file, from produce to SQL", () =>
  withEmbedded(async (place) => {
    const file = `${CASES}/lower-case-with-name.csv`;
    const inferred = await runTicklake(["schema", "infer", file], place);
    assert.equal(inferred.code, 0, inferred.stderr);
    assert.match(inferred.stdout, /^\/\/ Made by `ticklake schema infer .* from 2 rows/);
    const sql = 'SELECT "date", close, volume, name FROM lower_case_with_name ORDER BY 1';
    assert.deepEqual(await rowsOf(place, inferred.stdout, file, sql), [
      { date: "2019-02-08", close: 14.75, volume: 8400100, name: "ABC" },
      { date: "2019-02-11", close: 14.46, volume: 8800200, name: "XYZ" },
    ]);
  }));

Deno.test("what could be day and month or month and day is never guessed", async () => {
  const folder = await Deno.makeTempDir();
  const infer = async (content: string) => {
    await Deno.writeTextFile(`${folder}/x.csv`, content);
    const { stdout } = await runTicklake(["schema", "infer", "x.csv"], { cwd: folder });
    return stdout;
  };
  const both = await infer("Date,Price\n01/02/2022,1\n03/04/2022,2\n");
  assert.match(both, /\/\/ Date: every value fits MM\/DD\/YYYY and DD\/MM\/YYYY: say /);
  assert.match(both, /"wire":"Date","name":"date","type":"string"/);
  const one = await infer("Date,Price\n01/02/2022,1\n13/04/2022,2\n");
  assert.match(one, /"type":"date","required":true,"format":"DD\/MM\/YYYY"/);
  const epoch = await infer("unix;Preis\n1641168000;1.100,5\n1641168001;2,5\n");
  assert.match(epoch, /"type":"timestamp","required":true,"format":"epoch_s"/);
  assert.match(
    epoch,
    /"name":"preis","type":"double","required":true,"number":"lenient","decimal":","/,
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a file of another country: decimal comma, grouped volumes, headers with blanks and marks", () =>
  withEmbedded(async (place) => {
    const file = `${CASES}/decimal-comma-odd-headers.csv`;
    const inferred = await runTicklake(["schema", "infer", file], place);
    assert.equal(inferred.code, 0, inferred.stderr);
    assert.match(inferred.stdout, /\/\/ Umsatz \(Stk\.\): points are read as thousands separators/);
    assert.match(inferred.stdout, /^ {2}"key": "ISIN \/ Ticker",$/m);
    assert.match(inferred.stdout, /"name":"eroffn"/);
    assert.match(inferred.stdout, /\/\/ .*dashboard.* open, high, low, close, volume/);
  }));

Deno.test("wrong words are wrong usage", async () => {
  for (const args of [["sing"], ["infer"], ["check"], ["show", "a", "b"], ["show", "absent"]]) {
    const { code, stderr } = await runTicklake(["schema", ...args]);
    assert.equal(code, 2, stderr);
  }
});

Deno.test("consume says before it writes that the topic holds rows of another schema, and which", () =>
  withEmbedded(async (place) => {
    const file = `${CASES}/timestamp-first.csv`;
    const to = ["--topic", "bars"];
    const sent = await runTicklake(
      ["produce", ...to, "--schema", "ohlcv", "--mode", "replay", "--rate", "max", "--input", file],
      place,
    );
    assert.equal(sent.code, 0, sent.stderr);
    await using forgot = place.start(...to, "--flush-interval", "1h");
    await forgot.waitFor(
      /warning: none of the first messages of topic bars is a row of the default schema.*\n {2}fix: They are rows of ohlcv: stop, and start again with --schema ohlcv\./,
    );
    assert.deepEqual(await place.objects(), []);
    await forgot.stop();
    const right = ["consume", ...to, "--group", "own", "--schema", "ohlcv", "--until-end"];
    assert.doesNotMatch((await runTicklake(right, place)).stderr, /warning: none/);
  }));
