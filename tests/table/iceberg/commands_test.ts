import assert from "node:assert/strict";
import { runTool } from "../../services/tools_folder.ts";
import { runTicklake, serviceTest, spawnTicklake } from "../../services/services.ts";
import { readTable } from "./readers.ts";

const ENV = { TICKLAKE_TABLE_FORMAT: "iceberg" };

/** A folder with quotes in a topic, and the program on it. */
async function place() {
  const home = await Deno.makeTempDir();
  const run = async (...words: string[]) => {
    const { code, stdout, stderr } = await runTicklake([...words, "--home", home], { env: ENV });
    return { code, stdout, stderr };
  };
  const ok = async (...words: string[]) => {
    const { code, stdout, stderr } = await run(...words, "--json");
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };
  return {
    home,
    run,
    ok,
    /** The newest metadata file. */
    async metadataFile() {
      const folder = `${home}/lake/index_quotes/metadata`;
      const version = await Deno.readTextFile(`${folder}/version-hint.text`);
      return `${folder}/v${version}.metadata.json`;
    },
    [Symbol.asyncDispose]: () => Deno.remove(home, { recursive: true }),
  };
}

const SEND = ["produce", "--mode", "replay", "--rate", "max"];
const ROWS = 10_490;

Deno.test("groups, deleted or new, continue where the Iceberg table is; verify, status and query agree", async () => {
  await using at = await place();
  await at.ok(...SEND);
  assert.equal((await at.ok("consume", "--until-end")).written, ROWS);
  await at.ok(...SEND);
  assert.equal((await at.ok("consume", "--until-end", "--group", "third")).written, ROWS);
  assert.equal((await at.ok("consume", "--until-end")).written, 0);
  const { ok, expected, found } = await at.ok("verify");
  assert.deepEqual([ok, expected, found], [true, 2 * ROWS, 2 * ROWS]);
  const { table } = await at.ok("status");
  assert.deepEqual([table.rows, table.rolledBack], [2 * ROWS, false]);
  const sql = "SELECT count(*) AS n FROM index_quotes";
  assert.deepEqual(await at.ok("query", sql), [{ n: 2 * ROWS }]);
});

Deno.test("setup-catalog makes the Iceberg table, adds columns, refuses other types, and forgets it", async () => {
  await using at = await place();
  const schema = JSON.parse(
    await Deno.readTextFile(new URL("../../../data/index_quotes.schema.json", import.meta.url)),
  );
  const file = `${at.home}/schema.json`;
  const setUp = async (columns: unknown[], ...words: string[]) => {
    await Deno.writeTextFile(file, JSON.stringify({ ...schema, columns }));
    return await at.run("setup-catalog", "--schema", file, ...words, "--json");
  };
  const stateOf = ({ stdout }: { stdout: string }) => JSON.parse(stdout).parts[0].state;
  assert.equal(stateOf(await setUp(schema.columns, "--dry-run")), "created");
  assert.equal(stateOf(await setUp(schema.columns)), "created");
  assert.equal(stateOf(await setUp(schema.columns)), "unchanged");
  const note = { wire: "Note", name: "note", type: "string" };
  assert.equal(stateOf(await setUp([...schema.columns, note], "--dry-run")), "updated");
  assert.equal(stateOf(await setUp([...schema.columns, note])), "updated");
  await at.ok(...SEND);
  assert.equal((await at.ok("consume", "--until-end", "--schema", file)).written, ROWS);
  const optional = schema.columns.map((column: { name: string }) =>
    column.name === "volume" ? { ...column, required: false } : column
  );
  assert.equal(stateOf(await setUp(optional, "--dry-run")), "updated");
  const early = await at.run("consume", "--until-end", "--schema", file);
  assert.equal(early.code, 1);
  assert.match(early.stderr, /column volume is required in the table\n {2}fix: Run setup-catalog/);
  assert.equal(stateOf(await setUp(optional)), "updated");
  assert.equal((await at.ok("consume", "--until-end", "--schema", file)).written, 0);
  const changed = schema.columns.map((column: { name: string }) =>
    column.name === "volume" ? { ...column, type: "double" } : column
  );
  const refused = await setUp(changed);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /volume is long in the table and would become double/);
  const consumed = await at.run("consume", "--until-end", "--schema", file);
  assert.equal(consumed.code, 2, "as with a Hive table: trying again changes nothing");
  assert.match(consumed.stderr, /volume is long in the table and would become double/);
  const otherwise = await at.run("setup-catalog", "--partition-by", "none");
  assert.match(otherwise.stderr, /is partitioned by dt, not by none/);
  assert.equal(stateOf(await setUp(schema.columns, "--delete")), "deleted");
  assert.equal(stateOf(await setUp(schema.columns, "--delete")), "absent");
});

Deno.test("maintain removes what no snapshot has, and leaves what a commit may still bring", async () => {
  await using at = await place();
  await at.ok(...SEND);
  await at.ok("consume", "--until-end", "--flush-rows", "1000");
  const data = `${at.home}/lake/index_quotes/data`;
  const metadata = `${at.home}/lake/index_quotes/metadata`;
  const [day] = [...Deno.readDirSync(data)];
  const [{ name }] = [...Deno.readDirSync(`${data}/${day.name}`)];
  const [partition, log] = [name.split("-")[2], name.slice(-20, -8)];
  const offsets = (first: number, last: number) =>
    [first, last].map((offset) => String(offset).padStart(16, "0")).join("-");
  const write = (path: string) => Deno.writeTextFileSync(path, "left behind");
  const stem = `index-quotes-${partition}`;
  const gone = [
    `${data}/${day.name}/${stem}-${offsets(3, 5)}-${log}.parquet`,
    `${metadata}/123-m0-1700000000000-${crypto.randomUUID()}.avro`,
    `${metadata}/snap-123-1700000000000-${crypto.randomUUID()}.avro`,
  ];
  const stays = [
    `${data}/${day.name}/${stem}-${offsets(900_000, 900_005)}-${log}.parquet`,
    `${metadata}/snap-124-${Date.now()}-${crypto.randomUUID()}.avro`,
    `${metadata}/of-another-program.avro`,
  ];
  [...gone, ...stays].forEach(write);
  assert.equal((await at.ok("maintain", "--dry-run")).orphans.files, gone.length);
  assert.equal((await at.ok("maintain")).orphans.files, gone.length);
  for (const path of gone) assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
  for (const path of stays) assert.ok(Deno.statSync(path).isFile);
  assert.equal((await at.ok("maintain")).orphans.files, 0);
  assert.equal((await at.ok("verify", "--deep")).found, ROWS);
});

Deno.test("maintain merges the small files of each partition beside consumers that are killed, each offset once", async () => {
  await using at = await place();
  await at.ok(...SEND);
  await at.ok("consume", "--until-end", "--flush-rows", "300");
  const plan = await at.ok("maintain", "--dry-run");
  assert.ok(plan.parts > 20 && plan.merged < plan.parts / 3, JSON.stringify(plan));
  const before = (await at.ok("status")).table;
  await at.ok(...SEND);
  const consume = spawnTicklake(
    ["consume", "--until-end", "--flush-rows", "200", "--home", at.home],
    { env: ENV },
  );
  await consume.waitFor(/consuming topic/);
  const first = at.ok("maintain");
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await consume.stop("SIGKILL");
  assert.ok((await first).parts > 0);
  await at.ok("consume", "--until-end", "--flush-rows", "1000");
  await at.ok("maintain");
  assert.equal((await at.ok("maintain")).parts, 0);
  const { ok, found, missing, duplicate } = await at.ok("verify");
  assert.deepEqual([ok, found, missing, duplicate], [true, 2 * ROWS, 0, 0]);
  const after = (await at.ok("status")).table;
  assert.ok(after.files < before.files, JSON.stringify([before, after]));
  const sql =
    "SELECT count(*) AS n, count(DISTINCT kafka_partition * 1000000 + kafka_offset) AS o " +
    "FROM index_quotes";
  assert.deepEqual(await at.ok("query", sql), [{ n: 2 * ROWS, o: 2 * ROWS }]);
  // Rows of merged files can be taken out again.
  await at.ok("reset", "--to", "1000", "--rewrite");
  await at.ok("consume", "--until-end");
  assert.equal((await at.ok("verify", "--deep")).found, 2 * ROWS);
  assert.deepEqual(await at.ok("query", sql), [{ n: 2 * ROWS, o: 2 * ROWS }]);
});

serviceTest("pyiceberg and DuckDB read merged files, with their values and bounds", {
  needs: ["iceberg-readers"],
}, async () => {
  await using at = await place();
  await at.ok(...SEND);
  await at.ok("consume", "--until-end", "--flush-rows", "300");
  const before = await readTable(await at.metadataFile());
  assert.ok((await at.ok("maintain")).merged > 0);
  const filters = ["kafka_offset >= 1010", "close > 100"];
  const after = await readTable(await at.metadataFile(), filters);
  for (const reader of ["pyiceberg", "duckdb"] as const) {
    assert.deepEqual(after[reader], before[reader], reader);
  }
  for (const [filter, [rows, , duckdbRows]] of Object.entries(after.filters)) {
    assert.ok(rows > 0, filter);
    assert.equal(rows, duckdbRows, filter);
  }
});

serviceTest("verify is right after pyiceberg has rewritten, and deleted, rows", {
  needs: ["iceberg-readers"],
}, async () => {
  await using at = await place();
  await at.ok(...SEND);
  await at.ok("consume", "--until-end");
  const write = async (code: string) => {
    const script = new URL("write_table.py", import.meta.url).pathname;
    const metadata = await at.metadataFile();
    await runTool(Deno.env.get("TEST_ICEBERG_PYTHON")!, [script, metadata, code]);
  };
  await write("overwrite");
  const compacted = await at.ok("verify");
  assert.deepEqual([compacted.ok, compacted.found], [true, ROWS]);
  // Our writer goes on on top of it.
  await at.ok(...SEND);
  assert.equal((await at.ok("consume", "--until-end")).written, ROWS);
  await write("delete");
  const deleted = await at.ok("verify", "--deep");
  assert.deepEqual([deleted.ok, deleted.missing, deleted.unproven], [true, 0, 0]);
  assert.ok(deleted.deleted > 0);
  const { pyiceberg, duckdb } = await readTable(await at.metadataFile());
  assert.equal(pyiceberg.length, 2 * ROWS - deleted.deleted);
  assert.equal(deleted.found, pyiceberg.length);
  assert.deepEqual(duckdb.length, pyiceberg.length);
  // Known by number once pyiceberg's snapshots have expired.
  await at.ok(...SEND);
  await at.ok("consume", "--until-end");
  await write("expire");
  const expired = await at.ok("verify", "--deep");
  assert.deepEqual([expired.ok, expired.missing], [true, 0]);
  assert.deepEqual([expired.deleted, expired.found], [deleted.deleted, deleted.found + ROWS]);
  assert.deepEqual((await at.ok("repair")).partitions ?? [], []);
});
