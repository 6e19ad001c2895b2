import assert from "node:assert/strict";
import { openEmbeddedBroker } from "../../mod/broker/embedded/embedded_broker.ts";
import { openDirectoryLake } from "../../mod/lake/directory.ts";
import { isProved, type TableVerdict, verify } from "../../mod/verify/verify.ts";
import { runTicklake } from "../services/services.ts";
import { countOffsets, type OffsetRange } from "../../mod/verify/offset_range.ts";

type Finding = "missing" | "duplicate" | "foreign" | "forms" | "types";

/** Lakes that release 0.1.0 leaves after what people do (see make.py), and what is wrong with each. */
const LAKES: Readonly<Record<string, Finding>> = {
  "topic-again": "duplicate",
  "topic-again-running": "foreign",
  "offsets-deleted": "duplicate",
  "second-group": "duplicate",
  "moved-forward": "missing",
  "moved-back": "duplicate",
  "shorter-log": "foreign",
  "two-formats": "forms",
  "two-types": "types",
  "two-clusters": "duplicate",
  "late-object": "duplicate",
  "row-and-letter": "duplicate",
};

for (const [name, finding] of Object.entries(LAKES)) {
  Deno.test(`verify --deep says not ok of a lake of 0.1.0: ${name}`, async () => {
    const verdict = await verdictOf(name);
    assert.ok(!isProved(verdict));
    assert.ok(count(verdict, finding) > 0, JSON.stringify(verdict));
  });
}

Deno.test("a lake of 0.1.0 is not adopted with a schema with another type of a column", async () => {
  const home = await Deno.makeTempDir({ prefix: "ticklake-faulty-" });
  const source = new URL("faulty_lakes/moved-back/", import.meta.url).pathname;
  await copy(source, home);
  const schema = JSON.parse(
    await Deno.readTextFile(new URL("../../data/index_quotes.schema.json", import.meta.url)),
  );
  for (const column of schema.columns) if (column.name === "volume") column.type = "double";
  await Deno.writeTextFile(`${home}/double.schema.json`, JSON.stringify(schema));
  const consume = (...args: string[]) =>
    runTicklake(["consume", "--until-end", "--home", home, ...args]);
  try {
    const { code, stderr } = await consume("--schema", `${home}/double.schema.json`);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /has column volume as INT64 in Parquet, and would get it as DOUBLE/);
    assert.equal((await consume()).code, 0);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copy(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Verifies a copy: who opens a log of 0.1.0 gives it an id. */
async function verdictOf(name: string): Promise<TableVerdict> {
  const folder = await Deno.makeTempDir({ prefix: "ticklake-faulty-" });
  const source = new URL(`faulty_lakes/${name}/`, import.meta.url);
  const store = openDirectoryLake(new URL("lake", source).pathname);
  await Deno.copyFile(new URL("log.sqlite", source), `${folder}/log.sqlite`);
  const broker = await openEmbeddedBroker(`${folder}/log.sqlite`);
  try {
    return await verify({
      broker,
      store,
      topic: "index-quotes",
      group: "ticklake",
      table: "index_quotes",
      deep: true,
      signal: new AbortController().signal,
    });
  } finally {
    await broker.close();
    store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

function count({ partitions, forms, types }: TableVerdict, finding: Finding): number {
  if (finding === "forms") return forms.length;
  if (finding === "types") return types.length;
  return partitions.reduce(
    (sum, partition) => sum + countOffsets(partition[finding] as OffsetRange[]),
    0,
  );
}
