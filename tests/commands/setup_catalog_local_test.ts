import assert from "node:assert/strict";
import type { SetupReport } from "../../mod/catalog/setup_report.ts";
import { Home, putRows, quote } from "../catalog/quotes_lake.ts";
import { runTicklake } from "../services/services.ts";

const SHIPPED = new URL("../../data/index_quotes.schema.json", import.meta.url);

/** Runs `setup-catalog` on a home's directory lake. */
function setUp(home: Home, ...args: string[]) {
  return runTicklake(["setup-catalog", "--home", home.path, ...args]);
}

async function report(home: Home, ...args: string[]): Promise<SetupReport> {
  const { code, stdout, stderr } = await setUp(home, "--json", ...args);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

async function states(home: Home, ...args: string[]): Promise<string[]> {
  return (await report(home, ...args)).parts.map(({ part, state }) => `${part} ${state}`);
}

async function count(home: Home): Promise<string> {
  const sql = "SELECT count(*) FROM index_quotes";
  const { stdout } = await runTicklake(["query", "--home", home.path, "--format", "csv", sql]);
  return stdout.split("\r\n")[1];
}

/** A schema file with a change of the shipped one's columns. */
// deno-lint-ignore no-explicit-any
async function schemaFile(home: Home, change: (columns: any[]) => void): Promise<string> {
  const schema = JSON.parse(await Deno.readTextFile(SHIPPED));
  change(schema.columns);
  const path = await Deno.makeTempFile({ dir: home.path, suffix: ".json" });
  await Deno.writeTextFile(path, JSON.stringify(schema));
  return path;
}

Deno.test("the local catalog is made once, then unchanged; a dry run makes nothing", async () => {
  await using home = new Home();
  await putRows(home.lake, [quote(0), quote(1)]);
  await putRows(home.lake, [quote(2)], { partitions: [["dt", "2026-11-21"]] });
  const made = ["database created", "table created"];
  assert.deepEqual(await states(home, "--dry-run"), made);
  await assert.rejects(Deno.stat(home.catalog), Deno.errors.NotFound);
  assert.deepEqual(await states(home), made);
  assert.deepEqual(await states(home), ["database unchanged", "table unchanged"]);
  const again = await setUp(home);
  assert.equal(again.code, 0);
  assert.match(
    again.stdout,
    /^unchanged {2}table +index_quotes\ntable index_quotes: "index" string, "date" date, open double, /m,
  );
  assert.match(again.stdout, /^ {2}partitioned by dt string: 2 partitions$/m);
});

Deno.test("--run loads what is new and says how much", async () => {
  await using home = new Home();
  await putRows(home.lake, [quote(0), quote(1)]);
  const first = await putRows(home.lake, [quote(2)]);
  assert.equal((await report(home, "--run")).load!.objects, 2);
  assert.equal((await report(home, "--run")).load!.objects, 0);
  await home.lake.remove(first);
  const { objects, removed } = (await report(home, "--run")).load!;
  assert.deepEqual([objects, removed], [0, 1]);
  assert.equal(await count(home), "2");
});

Deno.test("a column that the schema gains is an update, another type is refused with the reason", async () => {
  await using home = new Home();
  await putRows(home.lake, [quote(0)]);
  await report(home, "--run");
  const wider = await schemaFile(
    home,
    (columns) => columns.push({ wire: "Order", name: "order", type: "long" }),
  );
  for (const args of [["--dry-run"], []]) {
    const { parts } = await report(home, "--schema", wider, ...args);
    assert.deepEqual(parts[1].state, "updated");
    assert.deepEqual(parts[1].changes, ['column "order": added, bigint']);
  }
  assert.deepEqual(await states(home, "--schema", wider), [
    "database unchanged",
    "table unchanged",
  ]);
  const other = await schemaFile(home, (columns) => columns[7].type = "double");
  const refused = await setUp(home, "--schema", other);
  assert.equal(refused.code, 1, refused.stderr);
  assert.match(refused.stderr, /column volume is bigint in the existing objects, and would/);
  assert.equal(await count(home), "1");
});

Deno.test("--delete removes the catalog and leaves the lake", async () => {
  await using home = new Home();
  await putRows(home.lake, [quote(0)]);
  await report(home, "--run");
  assert.deepEqual(await states(home, "--delete", "--dry-run"), ["database deleted"]);
  assert.ok((await Deno.stat(home.catalog)).isFile);
  assert.deepEqual(await states(home, "--delete"), ["database deleted"]);
  assert.deepEqual(
    (await Array.fromAsync(Deno.readDir(home.path))).map(({ name }) => name),
    ["lake"],
  );
  assert.deepEqual(await states(home, "--delete"), ["database absent"]);
  assert.equal(await count(home), "1");
});
