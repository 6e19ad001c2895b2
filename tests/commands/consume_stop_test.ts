import { sleep } from "../../mod/wait/sleep.ts";
import assert from "node:assert/strict";
import { until } from "../until.ts";
import { serviceTest, type Spawned, spawnTicklake } from "../services/services.ts";
import { type ConsumePlace, placeTest, quotes, withEmbedded } from "./consume_place.ts";

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
  const [, address] = await consuming.waitFor(/metrics and health at (http:\S+)/);
  const rowsRead = async () => {
    const metrics = await (await fetch(`${address}/metrics`)).text();
    return Number(metrics.match(/^ticklake_read_rows_total.* (\d+)$/m)?.[1] ?? 0);
  };
  await until("some rows are read", async () => await rowsRead() > 1000);
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

async function isThere(place: ConsumePlace): Promise<boolean> {
  return await place.withBroker((broker) => broker.topicOffsets(place.topic)) !== null;
}

/** Starts a `consume` whose lake is away. */
async function withoutLake(
  work: (consuming: Spawned) => Promise<void>,
): Promise<void> {
  await withEmbedded(async (place) => {
    await place.send(quotes(1000));
    const release = await place.blockTable();
    await using consuming = place.start("--flush-rows", "100", "--json");
    await consuming.waitFor(/put failed, retrying/);
    await work(consuming);
    await release();
    assert.equal((await place.toEnd()).summary.written, 1000, "the next run writes what was held");
  });
}

Deno.test("a signal while the lake is away is patient for a while, a second one ends it at once", () =>
  Promise.all([
    withoutLake(async (consuming) => {
      const { code, stderr } = await consuming.stop();
      assert.equal(code, 3, stderr);
      assert.match(
        stderr,
        /error: stopped before \d+ messages could be written; they are still in the topic: cannot write/,
      );
      assert.match(stderr, /\n {2}fix: Nothing is lost: the next consume of this group/);
    }),
    withoutLake(async (consuming) => {
      consuming.signal("SIGTERM");
      await sleep(1000);
      const { code, stdout } = await consuming.stop("SIGTERM");
      assert.deepEqual([code, stdout], [143, ""]);
    }),
  ]).then(() => {}));
