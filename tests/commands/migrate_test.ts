import assert from "node:assert/strict";
import { runTicklake, serviceTest } from "../services/services.ts";
import { readTable } from "../table/iceberg/readers.ts";
import { type ConsumePlace, placeTest, quotes, withEmbedded } from "./consume_place.ts";

const ICEBERG = ["--table-format", "iceberg", "--iceberg-catalog", "directory"];

async function run({ cwd, env }: ConsumePlace, ...args: string[]) {
  return await runTicklake(args, { cwd, env });
}

async function json(place: ConsumePlace, ...args: string[]) {
  const { code, stdout, stderr } = await run(place, ...args, "--json");
  assert.equal(code, 0, stdout + stderr);
  return JSON.parse(stdout);
}

/** The state of the migration. */
async function migrate(place: ConsumePlace, ...args: string[]): Promise<string> {
  const { parts } = await json(place, "setup-catalog", "--migrate", ...ICEBERG, ...args);
  return parts.find(({ part }: { part: string }) => part === "migration").state;
}

async function proved(place: ConsumePlace, expected: number): Promise<void> {
  for (const deep of [[], ["--deep"]]) {
    const verdict = await json(place, "verify", ...ICEBERG, ...deep);
    assert.deepEqual([verdict.missing, verdict.duplicate, verdict.found], [0, 0, expected]);
  }
}

/** How far `status` says that the table is. */
async function lag(place: ConsumePlace): Promise<number> {
  const { partitions } = await json(place, "status", ...ICEBERG);
  return partitions.reduce((sum: number, one: { lag: number }) => sum + one.lag, 0);
}

/** A Hive table of 150 rows and 3 dead letters in ranges of 40 messages. */
async function filled(place: ConsumePlace): Promise<void> {
  const bad = { key: "b", value: "no row" };
  await place.send([...quotes(50), bad, ...quotes(50, 50), bad, bad, ...quotes(50, 100)], 2);
  await place.toEnd("--flush-rows", "40");
}

placeTest(
  "a Hive table becomes an Iceberg table once, and consume continues where it ended",
  async (place) => {
    await filled(place);
    const before = await place.objects();
    assert.equal(await migrate(place, "--dry-run"), "created");
    assert.deepEqual(await place.objects(), before, "--dry-run changes nothing");
    await using consume = place.start("--flush-interval", "200ms");
    await consume.waitFor(/consuming topic/);
    for (let tries = 0;; tries++) {
      const refused = await run(place, "setup-catalog", "--migrate", ...ICEBERG);
      if (refused.code === 0 && tries < 20) throw new Error("migrated beside a consumer");
      if (/has members/.test(refused.stderr)) break;
    }
    await consume.stop();
    assert.equal(await migrate(place), "created");
    assert.equal(await migrate(place), "unchanged");
    const after = await place.objects();
    assert.deepEqual(before.filter((name) => !after.includes(name)), [], "no object is rewritten");
    await proved(place, 153);
    await place.send(quotes(20, 150));
    const hive = await run(place, "consume", "--until-end");
    assert.equal(hive.code, 2);
    assert.match(hive.stderr, /was migrated to Iceberg/);
    assert.equal(await lag(place), 20);
    assert.equal((await json(place, "consume", "--until-end", ...ICEBERG)).written, 20);
    assert.equal(await lag(place), 0, "the Iceberg table's positions count, not the Hive record");
    const alert = await run(place, "status", "--alert", "--alert-lag", "0", ...ICEBERG);
    assert.equal(alert.code, 0, alert.stderr);
    await proved(place, 173);
    const sql = "SELECT count(*) AS n, count(DISTINCT close) AS c FROM index_quotes";
    const engine = ["--engine", "local", ...ICEBERG];
    assert.deepEqual(await json(place, "query", sql, ...engine), [{ n: 170, c: 170 }]);
    // What was taken in can be taken out again.
    const reset = ["reset", "--to", "earliest", "--rewrite", ...ICEBERG];
    await json(place, ...reset);
    assert.equal((await json(place, "consume", "--until-end", ...ICEBERG)).written, 170);
    await proved(place, 173);
  },
);

Deno.test("a migrated table that was dropped is migrated again, and consume continues from there", () =>
  withEmbedded(async (place) => {
    await place.send(quotes(20));
    await place.toEnd();
    assert.equal(await migrate(place), "created");
    await place.send(quotes(10, 20));
    const consume = ["consume", "--until-end", ...ICEBERG];
    assert.equal((await json(place, ...consume)).written, 10);
    await json(place, "setup-catalog", "--delete", ...ICEBERG);
    const refused = await run(place, ...consume);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /was interrupted, or the Iceberg table was dropped since/);
    assert.equal(await migrate(place), "created");
    assert.equal((await json(place, ...consume)).written, 10);
    await proved(place, 30);
  }));

for (const partitionBy of ["dt", "bucket(index,3),dt", "year(date)"]) {
  serviceTest(`pyiceberg and DuckDB read a migrated table, by ${partitionBy}`, {
    needs: ["iceberg-readers"],
  }, () =>
    withEmbedded(async (place) => {
      await place.send(quotes(40));
      await place.toEnd("--flush-rows", "15", "--partition-by", partitionBy);
      assert.equal(await migrate(place, "--partition-by", partitionBy), "created");
      await place.send(quotes(10, 40));
      const consume = ["consume", "--until-end", "--partition-by", partitionBy, ...ICEBERG];
      assert.equal((await json(place, ...consume)).written, 10);
      const folder = `${place.cwd}/.ticklake/lake/index_quotes/metadata`;
      const version = await Deno.readTextFile(`${folder}/version-hint.text`);
      const read = await readTable(`${folder}/v${version}.metadata.json`, ["close >= 35"]);
      const wanted = Array.from({ length: 50 }, (_, i) => [i, i, `X${i % 20}`, "2024-01-02"]);
      for (const reader of ["pyiceberg", "duckdb"] as const) {
        const rows = read[reader] as unknown as Array<Record<string, unknown>>;
        const found = rows.map((row) => [row.kafka_offset, row.close, row.index, row.date]);
        assert.deepEqual(found, wanted, reader);
        assert.match(String(rows[0].kafka_timestamp), /^20\d\d-\d\d-\d\d /);
      }
      assert.deepEqual(
        [read.filters["close >= 35"][0], read.filters["close >= 35"][2]],
        [15, 15],
      );
    }));
}

serviceTest("a table of release 0.1.0 is migrated once it is adopted; JSON lines are not", {
  needs: ["python"],
}, async () => {
  await withEmbedded(async (place) => {
    await filled(place);
    // Names of 0.1.0 have no key, and it kept no record.
    for (const name of await place.objects()) {
      await place.put(name.replace(/-[0-9a-f]{12}\./, "."), await place.bytes(name));
      await place.remove(name);
    }
    await Deno.remove(`${place.cwd}/.ticklake/lake/_ticklake`, { recursive: true });
    const early = await run(place, "setup-catalog", "--migrate", ...ICEBERG);
    assert.equal(early.code, 2);
    assert.match(early.stderr, /no record of its logs/);
    await place.send(quotes(10, 150));
    await place.toEnd();
    assert.equal(await migrate(place), "created");
    await place.send(quotes(10, 160));
    assert.equal((await json(place, "consume", "--until-end", ...ICEBERG)).written, 10);
    await proved(place, 173);
  });
  await withEmbedded(async (place) => {
    await place.send(quotes(10));
    await place.toEnd("--format", "jsonl");
    const refused = await run(place, "setup-catalog", "--migrate", ...ICEBERG);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /JSON lines/);
    const inPath = [...ICEBERG, "--partition-by", "index"];
    const alone = await run(place, "setup-catalog", "--migrate", ...inPath);
    assert.equal(alone.code, 2);
    assert.match(alone.stderr, /column index .* is only in the objects' paths/);
  });
});
