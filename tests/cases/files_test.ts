import assert from "node:assert/strict";
import { countText } from "../../mod/terminal/amount_text.ts";
import { type ConsumePlace, withEmbedded, withKafka } from "../commands/consume_place.ts";
import { runTicklake, serviceTest } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";
import { FILE_CASES, type FileCase } from "./file_cases.ts";

const FOLDER = `${REPOSITORY}/tests/cases/files`;

/** Sends each file by a command of its own, writes all to the lake and asks for their rows. */
async function fromFilesToSql(place: ConsumePlace, cases: readonly FileCase[]): Promise<void> {
  const run = (args: string[]) => runTicklake(args, { ...place, binary: true });
  const [{ table, flag, isInferred, file }] = cases;
  const schema = flag?.[0] === "--schema" ? [...flag] : [];
  if (isInferred) {
    const inferred = await run(["schema", "infer", `${FOLDER}/${file}`]);
    await Deno.writeTextFile(`${place.cwd}/own.json`, inferred.stdout);
    schema.push("--schema", "own.json");
  }
  const wanted: Array<Record<string, unknown>> = [];
  for (const { file, flag, rows, rejected = [] } of cases) {
    const args = ["produce", "--mode", "replay", "--rate", "max", "--partitions", "1"];
    const own = flag ?? schema;
    const { code, stdout, stderr } = await run([...args, ...own, "--input", `${FOLDER}/${file}`]);
    assert.equal(code, 0, `${file}: ${stderr}`);
    for (const line of rejected) {
      assert.ok(stderr.includes(`${FOLDER}/${file}:${line}\n`), stderr);
    }
    const sent = `sent ${countText(rows.length, "row")} in `;
    assert.ok(stdout.startsWith(sent), `${file}: ${stdout}`);
    assert.match(stdout, new RegExp(` s, rejected ${rejected.length}\n`), file);
    wanted.push(...rows);
  }
  const consumed = await run(["consume", "--until-end", ...schema]);
  const wrote = `wrote ${countText(wanted.length, "row")} and 0 dead letters`;
  assert.ok(consumed.stdout.includes(wrote), consumed.stdout + consumed.stderr);
  const sql = `SELECT * FROM ${table} ORDER BY kafka_offset`;
  const asked = await run(["query", "--json", ...schema, sql]);
  const found = JSON.parse(asked.stdout) as Array<Record<string, unknown>>;
  assert.equal(found.length, wanted.length, asked.stderr);
  const columns = (row: Record<string, unknown>, of: Record<string, unknown>) =>
    Object.fromEntries(Object.keys(of).map((name) => [name, row[name]]));
  assert.deepEqual(found.map((row, i) => columns(row, wanted[i])), wanted);
}

Deno.test("each file of the folder has a case", async () => {
  const files = await Array.fromAsync(Deno.readDir(FOLDER), ({ name }) => name);
  assert.deepEqual(files.sort(), [...new Set(FILE_CASES.map(({ file }) => file))].sort());
});

for (const [table, cases] of Map.groupBy(FILE_CASES, ({ table }) => table)) {
  const name = cases.length === 1
    ? [cases[0].file, ...cases[0].flag ?? []].join(" ")
    : `files of ${table}, each by its own command`;
  serviceTest(
    `${name}: from file to SQL (embedded)`,
    { needs: ["binary"] },
    () => withEmbedded((place) => fromFilesToSql(place, cases)),
  );
  serviceTest(
    `${name}: from file to SQL (Kafka)`,
    { needs: ["binary", "kafka"] },
    () => withKafka((place) => fromFilesToSql(place, cases)),
  );
}
