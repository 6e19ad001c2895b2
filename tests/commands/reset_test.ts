import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";
import { type ConsumePlace, placeTest, quote, quotes } from "./consume_place.ts";

async function run({ cwd, env }: ConsumePlace, ...args: string[]) {
  return await runTicklake(args, { cwd, env });
}

async function reset(place: ConsumePlace, ...args: string[]) {
  const result = await run(place, "reset", "--json", ...args);
  assert.equal(result.code, 0, result.stderr);
  return JSON.parse(result.stdout).partitions;
}

async function proved(place: ConsumePlace, rows: number, gap = 0): Promise<void> {
  const result = await run(place, "verify", "--deep", "--json");
  assert.equal(result.code, 0, result.stdout + result.stderr);
  assert.equal(JSON.parse(result.stdout).gaps, gap);
  const { missing, duplicate, rows: counted } = await place.count();
  assert.deepEqual([missing, duplicate, counted], [0, 0, rows]);
}

placeTest(
  "reset --rewrite takes ranges out, and consume writes them again, each offset once",
  async (place) => {
    await place.send(quotes(300));
    await place.toEnd("--flush-rows", "100");
    const refused = await run(place, "reset", "--to", "earliest");
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /would get those from \d+ on again/);
    const plan = { partition: 0, committed: 300, offset: 100, skipped: 0, again: 200 };
    const rewind = { from: 0, end: 100 };
    assert.deepEqual(await reset(place, "--to", "150", "--rewrite", "--dry-run"), [
      { ...plan, rewind },
    ]);
    await proved(place, 300);
    assert.deepEqual(await reset(place, "--to", "150", "--rewrite"), [{ ...plan, rewind }]);
    assert.deepEqual((await place.parsedObjects()).filter(({ first }) => first >= 100), []);
    const { summary } = await place.toEnd("--flush-rows", "70");
    assert.equal(summary.written, 200);
    await proved(place, 300);
  },
);

placeTest(
  "reset forward leaves a counted gap; reset --to lake continues without one",
  async (place) => {
    await place.send(quotes(100));
    await place.toEnd();
    await place.send(quotes(50, 100));
    assert.equal((await reset(place, "--to", "120"))[0].skipped, 20);
    assert.equal((await reset(place, "--to", "lake"))[0].offset, 100);
    const ignored = await place.toEnd("--from", "latest", "--flush-rows", "1000");
    assert.match(
      ignored.stderr,
      /--from latest has no effect.*\n +fix: `ticklake reset --to latest`/,
    );
    assert.equal(ignored.summary.written, 50);
    await place.send(quotes(50, 150));
    assert.equal((await reset(place, "--to", "-10"))[0].skipped, 40);
    const { summary } = await place.toEnd();
    assert.equal(summary.written, 10);
    await proved(place, 160, 40);
  },
);

placeTest(
  "a group that is read by a consume cannot be reset; a place that is none is refused",
  async (place) => {
    await place.send([quote(1)]);
    await using consume = place.start("--flush-interval", "200ms");
    await consume.waitFor(/consuming topic/);
    for (let tries = 0; tries < 100; tries++) {
      if ((await place.committed())[0]?.offset === 1) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const refused = await run(place, "reset", "--to", "lake");
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /has members.*\n +fix: Stop every consume/);
    const none = await run(place, "reset");
    assert.equal(none.code, 2);
    assert.match(none.stderr, /--to is missing/);
    assert.equal((await run(place, "reset", "--to", "somewhere")).code, 2);
  },
);
