import assert from "node:assert/strict";
import { DAY_MS } from "../../mod/schema/calendar.ts";
import { runTicklake, serviceTest } from "../services/services.ts";
import { type ConsumePlace, placeTest, quotes, withEmbedded } from "./consume_place.ts";

async function run({ cwd, env }: ConsumePlace, ...args: string[]) {
  return await runTicklake(args, { cwd, env });
}

/** Sends messages so many days ago. */
async function sendDaysAgo(
  place: ConsumePlace,
  days: number,
  messages: ReturnType<typeof quotes>,
): Promise<void> {
  const { now } = Date;
  Date.now = () => now() - days * DAY_MS;
  try {
    await place.send(messages);
  } finally {
    Date.now = now;
  }
}

/** A table of 500 rows and 10 dead letters: two days that are closed, and today. */
async function filled(place: ConsumePlace, ...args: string[]): Promise<void> {
  const bad = Array.from({ length: 10 }, () => ({ key: "HSI", value: "{" }));
  await sendDaysAgo(place, 2, [...quotes(150), ...bad, ...quotes(50)]);
  await sendDaysAgo(place, 1, quotes(200));
  await place.send(quotes(100));
  await place.toEnd("--flush-rows", "20", ...args);
}

/** What others' programs count, and `verify --deep`. */
async function proved(place: ConsumePlace): Promise<void> {
  const { rows, rejected, missing, duplicate, misplaced, misdated } = await place.count();
  assert.deepEqual(
    { rows, rejected, missing, duplicate, misplaced, misdated },
    { rows: 500, rejected: 10, missing: 0, duplicate: 0, misplaced: 0, misdated: 0 },
  );
  const { code, stdout, stderr } = await run(place, "verify", "--deep");
  assert.equal(code, 0, stdout + stderr);
}

placeTest(
  "maintain --merge joins the small objects of closed days, and of no other",
  async (place) => {
    await filled(place);
    const before = await place.objects();
    for (const args of [[], ["--dry-run"], ["--merge", "--dry-run"]]) {
      const { code, stdout, stderr } = await run(place, "maintain", ...args);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^would merge \d+ objects into \d+$/m);
      assert.equal(/not merged without --merge: .*Iceberg/.test(stderr), !args.includes("--merge"));
    }
    assert.deepEqual(await place.objects(), before);
    const { code, stdout, stderr } = await run(place, "maintain", "--merge", "--json");
    assert.equal(code, 0, stderr);
    const { merged: { parts, objects } } = JSON.parse(stdout);
    const after = await place.objects();
    assert.ok(parts >= 18 && objects <= 4, stdout);
    assert.equal(before.length - after.length, parts - objects);
    const today = `dt=${new Date().toISOString().slice(0, 10)}`;
    const kept = (name: string) => name.startsWith("dead_letter/") || name.includes(today);
    assert.deepEqual(after.filter(kept), before.filter(kept));
    await proved(place);
    assert.match((await run(place, "maintain", "--merge")).stdout, /^nothing to merge$/m);
    // What follows goes on as if nothing had been merged.
    await place.send(quotes(10));
    await place.toEnd();
    assert.equal((await run(place, "verify", "--deep")).code, 0);
    const reset = await run(place, "reset", "--to", "earliest", "--rewrite");
    assert.equal(reset.code, 0, reset.stderr);
    assert.equal((await place.toEnd()).summary.written, 510);
    const again = await place.count();
    assert.deepEqual([again.rows, again.missing, again.duplicate], [510, 0, 0]);
  },
);

placeTest("two maintain --merge at once, beside consume, leave each row once", async (place) => {
  await filled(place, "--format", "jsonl");
  const consume = place.start("--format", "jsonl", "--flush-rows", "20", "--flush-interval", "1s");
  const answers = await Promise.all(
    ["1MiB", "2KiB", "4KiB"].map((size) =>
      run(place, "maintain", "--merge", "--target-size", size)
    ),
  );
  for (const { code, stderr } of answers) assert.equal(code, 0, stderr);
  assert.equal((await consume.stop("SIGTERM")).code, 0);
  await proved(place);
});

Deno.test("maintain of a table of release 0.1.0 asks for one consume, and then merges it", async () => {
  await withEmbedded(async (place) => {
    await filled(place);
    const lake = `${place.cwd}/.ticklake/lake`;
    // That release kept no records in the lake, and its names had no key of the log.
    await Deno.remove(`${lake}/_ticklake`, { recursive: true });
    for (const name of await place.objects()) {
      await Deno.rename(`${lake}/${name}`, `${lake}/${name.replace(/-[0-9a-f]{12}\./, ".")}`);
    }
    const { code, stderr } = await run(place, "maintain", "--merge");
    assert.equal(code, 2);
    assert.match(stderr, /no record of its position\n {2}fix: .*`ticklake consume/);
    await place.toEnd();
    const merged = await run(place, "maintain", "--merge");
    assert.match(merged.stdout, /^merged \d+ objects into \d+$/m, merged.stderr);
    const proof = await run(place, "verify", "--deep", "--json");
    assert.equal(proof.code, 0, proof.stderr);
    assert.equal(JSON.parse(proof.stdout).found, 510);
  });
});

const LEFT = "what a merge has left is seen, and removed by repair or maintain";
serviceTest(LEFT, { needs: ["python"] }, () =>
  withEmbedded(async (place) => {
    await filled(place);
    const [part] = (await place.objects()).filter((name) => name.startsWith("index_quotes/"));
    const bytes = await place.bytes(part);
    for (const cure of ["repair", "maintain"]) {
      await run(place, "maintain", "--merge");
      // A request of a process that was held up comes late.
      await place.put(part, bytes);
      assert.equal((await place.count()).duplicate, 20);
      const found = await run(place, "verify");
      assert.equal(found.code, 4, found.stdout);
      assert.match(found.stderr, /error: merged, but not yet removed: 1 object;/);
      const answer = await run(place, cure);
      assert.equal(answer.code, 0, answer.stderr);
      await proved(place);
    }
  }));
