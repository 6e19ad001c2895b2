import { sleep } from "../../mod/wait/sleep.ts";
import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";
import { type ConsumePlace, placeTest, quotes } from "./consume_place.ts";

const SQL = `SELECT count(*) AS "rows",
    count(DISTINCT kafka_partition * 1000000 + kafka_offset) AS places,
    count(DISTINCT close) AS numbers, sum(close) AS total
  FROM index_quotes`;

const BATCHES = 16;
const BATCH = 400;
const ROWS = BATCHES * BATCH;

interface Answer {
  rows: number;
  places: number;
  numbers: number;
  total: number | null;
}

/** Runs `query` as a user would; it must succeed. */
async function ask({ cwd, env }: ConsumePlace): Promise<Answer> {
  const args = ["query", "--engine", "local", "--json", SQL];
  const { code, stdout, stderr } = await runTicklake(args, { cwd, env });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout)[0];
}

/** Messages that the group has committed: those are in the lake. */
async function committed(place: ConsumePlace): Promise<number> {
  const offsets = await place.committed();
  return offsets.reduce((sum, { offset }) => sum + (offset ?? 0), 0);
}

/** Asks until all rows are there; gives how many answers had some of them. */
async function askAgainAndAgain(
  place: ConsumePlace,
  seen: { most: number },
  stopped: AbortSignal,
): Promise<number> {
  let partial = 0;
  while (seen.most < ROWS) {
    stopped.throwIfAborted();
    // What anybody has seen before this question, and what is committed.
    const before = seen.most;
    const least = Math.max(before, await committed(place));
    const { rows, places, numbers } = await ask(place);
    assert.equal(places, rows, "an offset is there twice");
    assert.equal(numbers, rows, "a row is there twice");
    assert.ok(rows >= least, `${rows} rows after ${least}`);
    assert.ok(rows <= ROWS, `${rows} rows of ${ROWS}`);
    if (rows > 0 && rows < ROWS) partial++;
    seen.most = Math.max(seen.most, rows);
  }
  return partial;
}

placeTest(
  "queries beside a consume that writes, and is killed, see each row once and never fewer than before",
  async (place) => {
    await place.send(quotes(BATCH), 3);
    // A group waits so long for one that was killed.
    const session = place.env.KAFKA_BOOTSTRAP_SERVERS ? ["--session-timeout", "2s"] : [];
    const flushes = ["--flush-rows", "100", "--flush-interval", "200ms", ...session];
    let consume = place.start(...flushes);
    const failed = new AbortController();
    const seen = { most: 0 };
    const asking = Promise.all([1, 2].map(() => askAgainAndAgain(place, seen, failed.signal)));
    // Where a query fails, nobody waits for the rest of the rows.
    let over = false;
    asking.then(() => over = true, () => over = true);
    try {
      for (let batch = 1; batch < BATCHES && !over; batch++) {
        if (batch === BATCHES / 2) {
          await consume.stop("SIGKILL");
          consume = place.start(...flushes);
        }
        // The next ones come when these are being written, so that there is always something to write.
        const written = await committed(place);
        await place.send(quotes(BATCH, batch * BATCH));
        while (!over && await committed(place) === written) {
          await sleep(50);
        }
      }
      const partial = (await asking).reduce((sum, count) => sum + count, 0);
      assert.ok(partial >= 4, `only ${partial} answers came while consume wrote`);
      const stopped = await consume.stop("SIGTERM");
      assert.equal(stopped.code, 0, stopped.stderr);
    } finally {
      failed.abort();
      await consume.stop("SIGKILL");
      await asking.catch(() => {});
    }
    // What others' programs find in the lake is what the last query saw.
    const { rows, missing, duplicate } = await place.count();
    assert.deepEqual([rows, missing, duplicate], [ROWS, 0, 0]);
    const total = ROWS * (ROWS - 1) / 2;
    assert.deepEqual(await ask(place), { rows: ROWS, places: ROWS, numbers: ROWS, total });
  },
);
