import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";
import { type ConsumePlace, placeTest, quotes, withEmbedded } from "./consume_place.ts";

async function replay({ cwd, env }: ConsumePlace, ...args: string[]) {
  const result = await runTicklake(["dead-letters", "replay", "--json", ...args], { cwd, env });
  assert.equal(result.code, 0, result.stderr);
  const { letters, rows, objects } = JSON.parse(result.stdout);
  return { letters, rows, objects };
}

/** A quote whose volume is above the bound of the schema that was in force. */
function large(number: number) {
  const [message] = quotes(1, number);
  return { ...message, value: String(message.value).replace('"Volume":0', '"Volume":5000') };
}

async function schemas(
  { cwd }: ConsumePlace,
  more: Record<string, unknown>[] = [],
): Promise<{ strict: string; lenient: string }> {
  const text = await Deno.readTextFile(
    new URL("../../data/index_quotes.schema.json", import.meta.url),
  );
  const schema = JSON.parse(text);
  schema.columns.push(...more);
  const volume = schema.columns.find(({ name }: { name: string }) => name === "volume");
  await Deno.writeTextFile(`${cwd}/lenient.json`, JSON.stringify(schema));
  volume.max = 1000;
  await Deno.writeTextFile(`${cwd}/strict.json`, JSON.stringify(schema));
  return { strict: `${cwd}/strict.json`, lenient: `${cwd}/lenient.json` };
}

placeTest("dead letters are replayed into the table at their own offsets, once", async (place) => {
  const { strict, lenient } = await schemas(place);
  const bad = { key: "b", value: "never a row" };
  await place.send([...quotes(50), large(50), bad, large(52), ...quotes(20, 53)]);
  await place.toEnd("--schema", strict);
  assert.deepEqual(await replay(place, "--schema", strict), { letters: 3, rows: 0, objects: 0 });
  const dry = await replay(place, "--schema", lenient, "--dry-run");
  assert.deepEqual(dry, { letters: 3, rows: 2, objects: 0 });
  const before = await place.objects();
  assert.deepEqual(await replay(place, "--schema", lenient), { letters: 3, rows: 2, objects: 1 });
  const added = (await place.objects()).filter((name) => !before.includes(name));
  assert.equal(added.length, 1);
  assert.match(added[0], /\.r1\.parquet$/);
  assert.deepEqual(await replay(place, "--schema", lenient), { letters: 1, rows: 0, objects: 0 });
  const { cwd, env } = place;
  const verified = await runTicklake(["verify", "--deep"], { cwd, env });
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  const { missing, duplicate, rows, rejected } = await place.count();
  assert.deepEqual([missing, duplicate, rows, rejected], [0, 0, 72, 1]);
  // consume goes on beside them, and SQL finds the rows.
  await place.send(quotes(5, 73));
  await place.toEnd("--schema", lenient);
  const sql =
    "SELECT count(*) AS n, count(DISTINCT kafka_offset) AS o, max(volume) AS v FROM index_quotes";
  const { stdout } = await runTicklake(["query", sql, "--engine", "local", "--json"], { cwd, env });
  assert.deepEqual(JSON.parse(stdout), [{ n: 77, o: 77, v: 5000 }]);
});

Deno.test("--lenient and --strict-fields decide in topic read and dead-letters replay as in consume", () =>
  withEmbedded(async (place) => {
    const [text] = quotes(1);
    const value = (from: string, to: string) => String(text.value).replace(from, to);
    await place.send([
      ...quotes(2),
      { key: "a", value: value('"Volume":0', '"Volume":"7"') },
      { key: "b", value: value("{", '{"venue":"X",') },
    ]);
    const { summary } = await place.toEnd("--strict-fields");
    assert.deepEqual([summary.written, summary.rejected], [2, 2]);
    const strict = ["--strict-fields"];
    const { cwd, env } = place;
    const shown = async (...args: string[]) => {
      const { stderr } = await runTicklake(["topic", "read", ...args], { cwd, env });
      return /(\d) of them rows/.exec(stderr)?.[1];
    };
    assert.deepEqual([await shown(...strict), await shown()], ["2", "3"]);
    assert.equal((await replay(place, ...strict)).rows, 0);
    env.TICKLAKE_LENIENT = "numbers";
    assert.deepEqual([await shown(...strict), await shown()], ["3", "4"]);
    assert.equal((await replay(place, ...strict)).rows, 1);
    assert.deepEqual(await replay(place), { letters: 1, rows: 1, objects: 1 });
    const sql = "SELECT kafka_offset AS o, volume AS v FROM index_quotes ORDER BY 1";
    const { stdout } = await runTicklake(["query", sql, "--json"], { cwd, env });
    assert.deepEqual(JSON.parse(stdout), [
      { o: 0, v: 0 },
      { o: 1, v: 0 },
      { o: 2, v: 7 },
      { o: 3, v: 0 },
    ]);
  }));

placeTest("a dead letter is judged with its key and headers", async (place) => {
  const key = { wire: "message key", name: "message_key", type: "string", from: "key" };
  const { strict, lenient } = await schemas(place, [{ ...key, required: true }]);
  await place.send([...quotes(3), large(3)]);
  await place.toEnd("--schema", strict);
  assert.deepEqual(await replay(place, "--schema", lenient), { letters: 1, rows: 1, objects: 1 });
  const { missing, duplicate, rows } = await place.count();
  assert.deepEqual([missing, duplicate, rows], [0, 0, 4]);
});
