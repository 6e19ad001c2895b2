import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";
import { type ConsumePlace, placeTest, quotes, withEmbedded } from "./consume_place.ts";

const lines = (text: string) => text.trim().split("\n").map((line) => JSON.parse(line));

async function deadLetters({ cwd, env }: ConsumePlace, ...args: string[]) {
  const result = await runTicklake(["dead-letters", ...args], { cwd, env });
  assert.equal(result.code, 0, result.stderr);
  return result;
}

/** Messages that are no rows, each for another reason. */
const BAD = [
  { key: "a", value: "not JSON" },
  { key: "b", value: '{"Index":"HSI"}' },
  { key: null, value: null },
  { key: "d", value: new Uint8Array([0xff]) },
  { key: "e", value: "not JSON" },
];

placeTest(
  "dead letters are listed by reason, shown with their bytes, and exported",
  async (place) => {
    await place.send([...quotes(10), ...BAD]);
    await place.toEnd();
    const [{ total, counts }] = lines((await deadLetters(place, "list", "--json")).stdout);
    assert.equal(total, 5);
    assert.deepEqual(counts[0], {
      day: new Date().toISOString().slice(0, 10),
      partition: 0,
      reason: 'not JSON: "not JSON"',
      count: 2,
      first: 10,
      last: 14,
    });
    assert.equal(counts.length, 4);
    const shown = lines((await deadLetters(place, "show", "-n", "3", "--json")).stdout);
    assert.deepEqual(shown.map(({ offset, key, value }) => [offset, key, value]), [
      [10, "a", "not JSON"],
      [11, "b", '{"Index":"HSI"}'],
      [12, null, null],
    ]);
    const exported = lines((await deadLetters(place, "export")).stdout);
    assert.equal(exported.length, 5);
    assert.equal(exported[3].value, "base64:/w==");
    const some = lines((await deadLetters(place, "export", "--reason", "UTF-8")).stdout);
    assert.deepEqual(some.map(({ offset }) => offset), [13]);
    for (const none of [["--day", "1999-01-01"], ["--partition", "7"], ["--topic", "another"]]) {
      assert.equal((await deadLetters(place, "export", ...none)).stdout, "", none.join(" "));
    }
  },
);

Deno.test("dead letters: what is no action, no day or no dead letter is refused and named", async () => {
  await withEmbedded(async (place) => {
    await place.send(BAD);
    await place.toEnd();
    const fail = async (...args: string[]) => {
      const { cwd, env } = place;
      const { code, stderr } = await runTicklake(["dead-letters", ...args], { cwd, env });
      return `${code} ${stderr}`;
    };
    assert.match(await fail("delete"), /^2 .*expected one of list, show, export/);
    assert.match(await fail("list", "--day", "yesterday"), /^2 .*--day: expected YYYY-MM-DD/);
    const name = (await place.objects()).find((name) => name.startsWith("dead_letter/"))!;
    const path = `${place.cwd}/.ticklake/lake/${name}`;
    const [first] = (await Deno.readTextFile(path)).split("\n");
    for (const second of ['{"rea', '{"reason":"x","offset":1,"headers":[]}', "[]", "null"]) {
      await Deno.writeTextFile(path, `${first}\n${second}\n`);
      assert.match(await fail("show"), /^1 .*line 2: not a dead letter.*fix: /s, second);
    }
  });
});
