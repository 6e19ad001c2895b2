import assert from "node:assert/strict";
import { runTicklake, serviceTest } from "../services/services.ts";
import {
  type ConsumePlace,
  placeTest,
  quote,
  quotes,
  withEmbedded,
  withServices,
} from "./consume_place.ts";

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
    const future = await reset(place, "--to", "2199-01-01", "--dry-run");
    assert.deepEqual([future[0].offset, future[0].skipped], [150, 50]);
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

/** Where a partition with offsets 0 to 99 in the table and 100 to 119 in the topic goes on, by `--to`. */
const FORWARD: Record<string, { offset: number; skipped: number }> = {
  lake: { offset: 100, skipped: 0 },
  latest: { offset: 120, skipped: 20 },
  "110": { offset: 110, skipped: 10 },
  "-5": { offset: 115, skipped: 15 },
  "2199-01-01": { offset: 120, skipped: 20 },
};

/** Every `--to`, with and without `--rewrite`. */
async function everywhere(place: ConsumePlace): Promise<void> {
  await place.send(quotes(100));
  await place.toEnd("--flush-rows", "50");
  await new Promise((resolve) => setTimeout(resolve, 50));
  const since = new Date().toISOString();
  await place.send(quotes(20, 100));
  for (const [to, { offset, skipped }] of Object.entries({ ...FORWARD, [since]: FORWARD.lake })) {
    const [plan] = await reset(place, "--to", to, "--dry-run");
    assert.deepEqual([plan.offset, plan.skipped, plan.again], [offset, skipped, 0], to);
  }
  for (const to of ["earliest", "60", "2020-01-01"]) {
    const refused = await run(place, "reset", "--to", to);
    assert.equal(refused.code, 2, to);
    assert.match(refused.stderr, /would get those from \d+ on again\n +fix: .*--rewrite/, to);
  }
  for (
    const [to, end] of [["earliest", 0], ["2020-01-01", 0], ["60", 50], ["lake", 100]] as const
  ) {
    const [plan] = await reset(place, "--to", to, "--rewrite", "--dry-run");
    assert.deepEqual([plan.offset, plan.again, plan.skipped], [end, 100 - end, 0], to);
  }
  // What is done is undone as long as nothing has read on.
  assert.equal((await reset(place, "--to", "latest"))[0].skipped, 20);
  assert.equal((await reset(place, "--to", "lake"))[0].offset, 100);
  assert.equal((await reset(place, "--to", "earliest", "--rewrite"))[0].again, 100);
  assert.equal((await place.toEnd()).summary.written, 120);
  const { code, stdout, stderr } = await run(place, "verify", "--deep", "--json");
  assert.equal(code, 0, stderr);
  const { found, gaps } = JSON.parse(stdout);
  assert.deepEqual([found, gaps], [120, 0]);
}

const EVERYWHERE = "reset goes to each place that --to names, and back with --rewrite";

Deno.test(`${EVERYWHERE} (embedded)`, () => withEmbedded(everywhere));

serviceTest(
  `${EVERYWHERE} (Iceberg, on Kafka and S3)`,
  { needs: ["kafka", "real-s3"] },
  () =>
    withServices(async (place) => {
      const iceberg = { TICKLAKE_TABLE_FORMAT: "iceberg", TICKLAKE_ICEBERG_CATALOG: "directory" };
      await everywhere(Object.assign(place, { env: { ...place.env, ...iceberg } }));
    }),
);
