import assert from "node:assert/strict";
import { type ConsumePlace, withEmbedded } from "../commands/consume_place.ts";
import { readTable } from "../table/iceberg/readers.ts";
import { python, runTicklake, serviceTest } from "../services/services.ts";

const WIDE = ["9007199254740993", "-9223372036854775808", "9223372036854775807", "5", "null"];

const SCHEMA = {
  table: "wide",
  columns: [
    { wire: "k", name: "k", type: "string", required: true },
    { wire: "n", name: "n", type: "long" },
  ],
};

async function send(place: ConsumePlace): Promise<void> {
  place.env.TICKLAKE_SCHEMA = "wide.json";
  await Deno.writeTextFile(`${place.cwd}/wide.json`, JSON.stringify(SCHEMA));
  await place.send(WIDE.map((n, i) => ({ key: null, value: `{"k":"${"ab"[i % 2]}","n":${n}}` })));
}

const lakeOf = ({ cwd }: ConsumePlace) => `${cwd}/.ticklake/lake/wide`;

async function asked(place: ConsumePlace): Promise<string[]> {
  const sql = "select n from wide order by kafka_offset";
  const { code, stdout, stderr } = await runTicklake(["query", "--json", sql], place);
  assert.equal(code, 0, stderr);
  return [...stdout.matchAll(/"n": ?([-\w]+)/g)].map(([, n]) => n);
}

const DUCKDB = `
import duckdb, sys
read = f"read_parquet('{sys.argv[1]}/**/*.parquet', hive_partitioning=false)"
rows = duckdb.sql(f"select n from {read} order by kafka_offset").fetchall()
# By the statistics too, which leave out files and groups of rows.
found = duckdb.sql(f"select count(*) from {read} where n = 9007199254740993").fetchone()
print([str(n) for n, in rows], found[0])`;

const FORMS = [
  [],
  ["--partition-by", "k"],
  ["--partition-by", "n"],
  ["--format", "jsonl"],
  ["--table-format", "iceberg"],
  ["--table-format", "iceberg", "--partition-by", "n"],
];

for (const args of FORMS) {
  serviceTest(`whole numbers of 64 bits are exact: ${args.join(" ") || "Parquet"}`, {
    needs: args[0] === "--table-format" ? ["iceberg-readers"] : ["python"],
  }, () =>
    withEmbedded(async (place) => {
      await send(place);
      const { summary, stderr } = await place.toEnd(...args);
      assert.deepEqual([summary.written, summary.rejected], [5, 0], stderr);
      if (args[0] === "--table-format") place.env.TICKLAKE_TABLE_FORMAT = "iceberg";
      assert.deepEqual(await asked(place), WIDE);
      if (place.env.TICKLAKE_TABLE_FORMAT === "iceberg") {
        // By the manifests' bounds and partitions, which leave out files.
        const where = "n = 9007199254740993";
        const name = (await Array.fromAsync(Deno.readDir(`${lakeOf(place)}/metadata`)))
          .map(({ name }) => name).filter((name) => name.endsWith(".metadata.json")).sort().at(-1);
        const { filters } = await readTable(`${lakeOf(place)}/metadata/${name}`, [where]);
        assert.deepEqual([filters[where][0], filters[where][2]], [1, 1]);
        return;
      }
      if (args.includes("jsonl") || args.join() === "--partition-by,n") return;
      const counted = await python(DUCKDB, [lakeOf(place)]);
      const none = WIDE.map((n) => n === "null" ? "None" : n);
      assert.equal(counted.trim(), `[${none.map((n) => `'${n}'`).join(", ")}] 1`);
    }));
}

serviceTest("whole numbers of 64 bits stay exact when an Iceberg table's files are merged", {
  needs: ["python"],
}, () =>
  withEmbedded(async (place) => {
    place.env.TICKLAKE_TABLE_FORMAT = "iceberg";
    for (let file = 0; file < 6; file++) {
      await send(place);
      await place.toEnd();
    }
    const { code, stdout, stderr } = await runTicklake(["maintain", "--json"], place);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /"merged":[^0]/);
    assert.deepEqual(await asked(place), Array(6).fill(WIDE).flat());
  }));
