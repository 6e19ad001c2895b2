import assert from "node:assert/strict";
import { countText } from "../../mod/terminal/amount_text.ts";
import { kafka, runTicklake, serviceTest, uniqueName } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";
import { FILE_CASES, type FileCase } from "./file_cases.ts";

const FOLDER = `${REPOSITORY}/tests/cases/files`;

/** Sends a file, writes it to the lake and asks for its rows: three commands, nothing else. */
async function fromFileToSql(
  { file, flag, table, rows, rejected = [] }: FileCase,
  env: Record<string, string> = {},
): Promise<void> {
  const cwd = await Deno.makeTempDir({ prefix: "ticklake-case-" });
  const run = (args: string[]) => runTicklake(args, { cwd, env, binary: true });
  const schema = flag?.[0] === "--schema" ? [...flag] : [];
  const produced = await run(
    ["produce", "--mode", "replay", "--rate", "max", ...flag ?? [], "--input", `${FOLDER}/${file}`],
  );
  assert.equal(produced.code, 0, produced.stderr);
  for (const line of rejected) {
    assert.ok(produced.stderr.includes(`${FOLDER}/${file}:${line}\n`), produced.stderr);
  }
  assert.match(
    produced.stdout,
    new RegExp(`^sent ${rows.length} row.* rejected ${rejected.length}`),
  );
  const consumed = await run(["consume", "--until-end", ...schema]);
  assert.equal(consumed.code, 0, consumed.stderr);
  assert.match(
    consumed.stdout,
    new RegExp(`wrote ${countText(rows.length, "row")} and 0 dead letters`),
  );
  const asked = await run(
    ["query", "--json", ...schema, `SELECT * FROM ${table} ORDER BY kafka_partition, kafka_offset`],
  );
  assert.equal(asked.code, 0, asked.stderr);
  const found = JSON.parse(asked.stdout) as Array<Record<string, unknown>>;
  assert.equal(found.length, rows.length);
  const text = (row: Record<string, unknown>) => JSON.stringify(Object.entries(row).sort());
  const wanted = found.map((row) => {
    const names = Object.keys(rows[0]);
    const own = rows.find((one) =>
      names.every((name) => !(name in one) || one[name] === row[name])
    );
    return own === undefined ? row : Object.fromEntries(Object.keys(own).map((n) => [n, row[n]]));
  });
  assert.deepEqual(wanted.map(text).sort(), rows.map(text).sort(), asked.stdout);
  await Deno.remove(cwd, { recursive: true });
}

for (const one of FILE_CASES) {
  const { file, flag = [] } = one;
  serviceTest(
    `${[file, ...flag].join(" ")}: from file to SQL`,
    { needs: ["binary"] },
    () => fromFileToSql(one),
  );
}

/** A topic and a group of one test's own. */
const onKafka = () => ({
  KAFKA_BOOTSTRAP_SERVERS: kafka()!,
  KAFKA_TOPIC: uniqueName("case"),
  KAFKA_GROUP_ID: uniqueName("case"),
});

for (const one of FILE_CASES.filter(({ table }) => table !== "index_quotes")) {
  const { file, flag = [] } = one;
  serviceTest(
    `${[file, ...flag].join(" ")}: from file to SQL, on Kafka`,
    { needs: ["binary", "kafka"] },
    () => fromFileToSql(one, onKafka()),
  );
}

serviceTest(
  "all files of quotes, from one topic on Kafka to SQL",
  { needs: ["binary", "kafka"] },
  async () => {
    const cwd = await Deno.makeTempDir({ prefix: "ticklake-case-" });
    const env = onKafka();
    const run = (args: string[]) => runTicklake(args, { cwd, env, binary: true });
    const cases = FILE_CASES.filter(({ table }) => table === "index_quotes");
    const wanted: Array<Record<string, unknown>> = [];
    for (const { file, flag = [], rows } of cases) {
      const args = ["produce", "--mode", "replay", "--rate", "max", "--partitions", "1"];
      const produced = await run([...args, ...flag, "--input", `${FOLDER}/${file}`]);
      assert.equal(produced.code, 0, produced.stderr);
      wanted.push(...rows);
    }
    const consumed = await run(["consume", "--until-end"]);
    assert.match(consumed.stdout, new RegExp(`wrote ${wanted.length} rows and 0 dead letters`));
    const sql = "SELECT * FROM index_quotes ORDER BY kafka_offset";
    const asked = await run(["query", "--json", sql]);
    const found = JSON.parse(asked.stdout) as Array<Record<string, unknown>>;
    wanted.forEach((row, i) => {
      const own = Object.fromEntries(Object.keys(row).map((name) => [name, found[i][name]]));
      assert.deepEqual(own, row);
    });
    await Deno.remove(cwd, { recursive: true });
  },
);
