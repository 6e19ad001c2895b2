import assert from "node:assert/strict";
import { sleep } from "../../mod/wait/sleep.ts";
import { until } from "../until.ts";
import { runTicklake } from "../services/services.ts";
import { type ConsumePlace, placeTest, quotes, withEmbedded } from "./consume_place.ts";

/** Bounds of the lake's objects. */
async function ranges(place: ConsumePlace): Promise<Array<[first: number, last: number]>> {
  return (await place.parsedObjects()).map(({ first, last }) => [first, last]);
}

placeTest("--flush-rows writes a partition's rows when there are this many", async (place) => {
  await place.send(quotes(1000));
  // Not to the end: what is no full flush stays where it is.
  await using consuming = place.start("--flush-rows", "300", "--flush-interval", "1h");
  await until("three flushes", async () => (await place.committed())[0]?.offset === 900);
  assert.deepEqual(await ranges(place), [[0, 299], [300, 599], [600, 899]]);
  assert.equal((await consuming.stop()).code, 0);
  assert.deepEqual((await ranges(place)).at(-1), [900, 999]);
});

placeTest(
  "--flush-bytes writes a partition's rows when their messages are this large",
  async (place) => {
    const messages = quotes(1000, 1000);
    await place.send(messages);
    const size = (messages[0].value as string).length;
    // Some of the messages' indices have a letter more.
    await place.toEnd("--flush-bytes", `${250 * size}B`, "--flush-interval", "1h");
    const found = await ranges(place);
    assert.ok(found.length >= 4 && found.length <= 5, found.join(" "));
    for (const [first, last] of found.slice(0, -1)) {
      const bytes = messages.slice(first, last + 1)
        .reduce((sum, { value }) => sum + (value as string).length, 0);
      assert.ok(bytes >= 250 * size && bytes < 251 * size + 10, `${first} to ${last}: ${bytes}`);
    }
    assert.deepEqual([found[0][0], found.at(-1)![1]], [0, 999]);
  },
);

placeTest("--flush-interval writes what waits, without a new message", async (place) => {
  await place.send(quotes(10));
  await using consuming = place.start("--flush-interval", "700ms");
  await until("the first flush", async () => (await ranges(place)).length === 1);
  assert.deepEqual(await ranges(place), [[0, 9]]);
  await place.send(quotes(3, 10));
  await until("the second flush", async () => (await ranges(place)).length === 2);
  assert.deepEqual(await ranges(place), [[0, 9], [10, 12]]);
  // An idle topic makes no empty objects: what follows a while without messages is the next flush.
  await sleep(1500);
  await place.send(quotes(1, 13));
  await until("the third flush", async () => (await ranges(place)).length > 2);
  assert.equal((await consuming.stop()).code, 0);
  assert.deepEqual(await ranges(place), [[0, 9], [10, 12], [13, 13]]);
});

Deno.test("--max-memory that is smaller than a flush makes smaller flushes, and loses nothing", () =>
  withEmbedded(async (place) => {
    const args = ["produce", "--mode", "replay", "--loop", "--rate", "max", "--count", "200000"];
    const produced = await runTicklake(args, { cwd: place.cwd, env: place.env });
    assert.equal(produced.code, 0, produced.stderr);
    // No flush of four partitions is due by rows, bytes or time.
    const { summary } = await place.toEnd("--max-memory", "2MiB", "--flush-interval", "1h");
    assert.equal(summary.written, 200_000);
    assert.ok(summary.objects > 4, `${summary.objects} objects`);
  }));
