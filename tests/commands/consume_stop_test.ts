import { sleep } from "../../mod/wait/sleep.ts";
import assert from "node:assert/strict";
import { until } from "../until.ts";
import { serviceTest, type Spawned, spawnTicklake } from "../services/services.ts";
import {
  type ConsumePlace,
  placeTest,
  quotes,
  withEmbedded,
  withoutTable,
} from "./consume_place.ts";

placeTest(
  "SIGTERM under load writes and commits what was read, and a restart continues there",
  (place) => stopInMidFlow(place, "SIGTERM"),
);

serviceTest(
  "SIGINT does the same (embedded)",
  { needs: ["python"] },
  () => withEmbedded((place) => stopInMidFlow(place, "SIGINT")),
);

async function stopInMidFlow(place: ConsumePlace, signal: Deno.Signal): Promise<void> {
  const options = { cwd: place.cwd, env: place.env };
  await using producing = spawnTicklake(["produce", "--rate", "5000"], options);
  await producing.waitFor(/sampling/);
  await until("the topic", () => isThere(place));
  // Nothing is due before the signal: what is in the lake then is there because of it.
  await using consuming = place.start("--flush-interval", "1h", "--metrics", "0", "--json");
  await consuming.waitFor(/reading partitions/);
  await until("some rows are read", async () => await rowsRead(consuming) > 1000);
  assert.deepEqual(await place.objects(), []);
  const { code, stdout, stderr } = await consuming.stop(signal);
  assert.equal(code, 0, stderr);
  const { read, written } = JSON.parse(stdout);
  assert.ok(written > 0);
  assert.equal(read, written);
  const committed = await place.committed();
  assert.equal(committed.reduce((sum, { offset }) => sum + offset!, 0), written);
  const first = await place.count();
  assert.deepEqual([first.rows, first.duplicate], [written, 0]);

  assert.equal((await producing.stop()).code, 0);
  const { summary } = await place.toEnd();
  const { missing, duplicate, rows } = await place.count();
  assert.deepEqual([missing, duplicate, rows], [0, 0, written + summary.written]);
}

serviceTest(
  "SIGTERM to all consumers of a group at once: each writes what it has read (embedded)",
  { needs: ["python"] },
  () => withEmbedded(stopAll),
);

async function stopAll(place: ConsumePlace): Promise<void> {
  const rows = 10_000;
  await place.send(quotes(rows), 6);
  const consumers = Array.from(
    { length: 3 },
    () => place.start("--flush-interval", "1h", "--metrics", "0", "--json"),
  );
  try {
    await Promise.all(consumers.map((consumer) => consumer.waitFor(/reading partitions/)));
    await until("all is read", async () => {
      const counts = await Promise.all(consumers.map(rowsRead));
      return counts.reduce((sum, count) => sum + count, 0) >= rows;
    });
    const ends = await Promise.all(consumers.map((consumer) => consumer.stop()));
    const summaries = ends.map(({ code, stdout, stderr }) => {
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    });
    for (const { read, written } of summaries) assert.equal(read, written);
    assert.equal(summaries.reduce((sum, { written }) => sum + written, 0), rows);
    const { missing, duplicate, rows: counted } = await place.count();
    assert.deepEqual([missing, duplicate, counted], [0, 0, rows]);
  } finally {
    for (const consumer of consumers) await consumer[Symbol.asyncDispose]();
  }
}

/** Rows that a consumer with metrics has read. */
async function rowsRead(consuming: Spawned): Promise<number> {
  const [, address] = await consuming.waitFor(/metrics and health at (http:\S+)/);
  const metrics = await (await fetch(`${address}/metrics`)).text();
  return [...metrics.matchAll(/^ticklake_read_rows_total.* (\d+)$/gm)]
    .reduce((sum, [, count]) => sum + Number(count), 0);
}

async function isThere(place: ConsumePlace): Promise<boolean> {
  return await place.withBroker((broker) => broker.topicOffsets(place.topic)) !== null;
}

/** Starts a `consume` whose lake is away. */
async function withoutLake(
  work: (consuming: Spawned) => Promise<void>,
): Promise<void> {
  await withoutTable(async (place, release) => {
    await place.send(quotes(1000));
    await using consuming = place.start("--flush-rows", "100", "--json");
    await consuming.waitFor(/put failed, retrying/);
    await work(consuming);
    release();
    assert.equal((await place.toEnd()).summary.written, 1000, "the next run writes what was held");
  });
}

serviceTest(
  "a signal while the lake is away is patient for a while, a second one ends it at once",
  {
    needs: ["real-s3"],
  },
  () =>
    Promise.all([
      withoutLake(async (consuming) => {
        const { code, stderr } = await consuming.stop();
        assert.equal(code, 3, stderr);
        assert.match(
          stderr,
          /error: stopped before [\d,]+ messages? could be written \(still in the topic\): cannot write/,
        );
        assert.match(stderr, /\n {2}fix: Nothing is lost: the next consume of this group/);
      }),
      withoutLake(async (consuming) => {
        consuming.signal("SIGTERM");
        await sleep(1000);
        const { code, stdout } = await consuming.stop("SIGTERM");
        assert.deepEqual([code, stdout], [143, ""]);
      }),
    ]).then(() => {}),
);
