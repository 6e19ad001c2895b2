import assert from "node:assert/strict";
import { openDirectoryLake } from "../../../mod/lake/directory.ts";
import { DirectoryCatalog } from "../../../mod/table/iceberg/catalogs/directory.ts";
import { TableFiles } from "../../../mod/table/iceberg/table_files.ts";
import { runTicklake, serviceTest } from "../../services/services.ts";
import { readTable } from "./readers.ts";

const ENV = { TICKLAKE_TABLE_FORMAT: "iceberg" };
const SEND = ["produce", "--mode", "replay", "--rate", "max", "--count", "2000"];

interface Finding {
  check: string;
  status: string;
  detail: string;
  fix?: string;
}

async function run(home: string, ...words: string[]) {
  return await runTicklake([...words, "--home", home, "--json"], { env: ENV });
}

async function ok(home: string, ...words: string[]) {
  const { code, stdout, stderr } = await run(home, ...words);
  assert.equal(code, 0, stdout + stderr);
  return JSON.parse(stdout);
}

/** What `doctor` says of the table, but for what is well. */
async function doctor(home: string): Promise<Finding[]> {
  const { stdout } = await run(home, "doctor");
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  const own = findings.filter(({ check }) => check.startsWith("Iceberg"));
  assert.ok(own.length >= 3, stdout);
  return own.filter(({ status }) => status !== "ok");
}

async function filled(): Promise<string> {
  const home = await Deno.makeTempDir();
  await ok(home, ...SEND);
  await ok(home, "consume", "--until-end", "--flush-rows", "500");
  assert.deepEqual(await doctor(home), []);
  return home;
}

Deno.test("a table that someone has rolled back: doctor says so, repair reads the rows again", async () => {
  const home = await filled();
  try {
    const files = new TableFiles(
      openDirectoryLake(`${home}/lake`),
      `file://${home}/lake`,
      "index_quotes",
    );
    const catalog = new DirectoryCatalog(files);
    const base = (await catalog.load())!;
    const first = base.metadata.snapshots![1]["snapshot-id"];
    const main = { "ref-name": "main", type: "branch", "snapshot-id": first } as const;
    await catalog.commit(base, [{ action: "set-snapshot-ref", ...main }]);
    const [{ status, detail, fix }] = await doctor(home);
    assert.equal(status, "warning");
    assert.match(detail, /rolled back/);
    assert.match(fix!, /ticklake repair/);
    assert.equal((await run(home, "verify", "--deep")).code, 4);
    assert.equal((await ok(home, "repair")).ok, true);
    assert.deepEqual(await doctor(home), []);
    const { found, duplicate } = await ok(home, "verify", "--deep");
    assert.deepEqual([found, duplicate], [2000, 0]);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("a file of the table that is gone is reported by doctor", async () => {
  const home = await filled();
  try {
    const data = `${home}/lake/index_quotes/data`;
    const [day] = [...Deno.readDirSync(data)];
    const [file] = [...Deno.readDirSync(`${data}/${day.name}`)];
    await Deno.remove(`${data}/${day.name}/${file.name}`);
    const [{ status, detail, fix }] = await doctor(home);
    assert.equal(status, "failed");
    assert.ok(detail.includes(file.name), detail);
    assert.match(fix!, /ticklake repair/);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

serviceTest("a lake that was moved continues; --relocate makes it readable for others", {
  needs: ["iceberg-readers"],
}, async () => {
  const former = await filled();
  const home = `${former}-moved`;
  try {
    await Deno.rename(former, home);
    await ok(home, ...SEND);
    assert.equal((await ok(home, "consume", "--until-end")).written, 2000);
    assert.equal((await ok(home, "verify", "--deep")).found, 4000);
    const [{ check, fix }] = await doctor(home);
    assert.equal(check, "Iceberg location");
    assert.match(fix!, /--relocate/);
    const metadataFile = async () => {
      const folder = `${home}/lake/index_quotes/metadata`;
      return `${folder}/v${await Deno.readTextFile(`${folder}/version-hint.text`)}.metadata.json`;
    };
    await assert.rejects(readTable(await metadataFile()));
    const relocate = ["setup-catalog", "--relocate"];
    assert.equal((await ok(home, ...relocate, "--dry-run")).parts[0].state, "updated");
    assert.equal((await ok(home, ...relocate)).parts[0].state, "updated");
    assert.equal((await ok(home, ...relocate)).parts[0].state, "unchanged");
    assert.deepEqual(await doctor(home), []);
    await ok(home, ...SEND);
    assert.equal((await ok(home, "consume", "--until-end")).written, 2000);
    assert.equal((await ok(home, "verify", "--deep")).found, 6000);
    const { pyiceberg, duckdb } = await readTable(await metadataFile());
    assert.deepEqual([pyiceberg.length, duckdb.length], [6000, 6000]);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
