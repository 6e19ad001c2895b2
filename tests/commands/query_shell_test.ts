import assert from "node:assert/strict";
import { dirname } from "node:path";
import { splitStatements } from "../../mod/catalog/split_statements.ts";
import { completeSql } from "../../mod/commands/complete_sql.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { freePort } from "../services/free_port.ts";
import { runTicklake, serviceTest } from "../services/services.ts";
import { runTool } from "../services/tools_folder.ts";
import { KEYS, typeInto } from "../terminal/terminal.ts";

Deno.test("statements end at a semicolon that is none of a text or a comment", () => {
  assert.deepEqual(splitStatements("SELECT ';'; -- one;\nSELECT 2;; SELECT"), {
    statements: ["SELECT ';'", "-- one;\nSELECT 2"],
    rest: "SELECT",
  });
  assert.deepEqual(splitStatements(" -- nothing yet"), { statements: [], rest: "" });
});

Deno.test("completion knows the table, its columns (quoted where they must be), functions, words", async () => {
  const schema = await loadSchema();
  assert.deepEqual(completeSql("SELECT * FROM ind", schema).candidates[0], "index_quotes");
  assert.ok(completeSql("SELECT ind", schema).candidates.includes('"index"'));
  assert.deepEqual(completeSql("SELECT max_", schema).candidates, ["max_by("]);
  assert.deepEqual(completeSql("SEL", schema).candidates, ["SELECT"]);
  assert.deepEqual(completeSql("sel", schema).candidates, ["select"]);
  assert.deepEqual(completeSql(".ta", schema).candidates, [".tables"]);
  assert.deepEqual(completeSql("WHERE ho", schema, ["dt", "hour"]).candidates, ["hour"]);
});

serviceTest(
  "a shell: statements over lines, several of them, completion, history, its commands, errors that do not end it",
  { needs: ["python"] },
  async () => {
    const home = await Deno.makeTempDir({ prefix: "ticklake-shell-" });
    const at = ["--home", home];
    await runTicklake(["produce", ...at, "--rate", "max", "--seed", "1", "-n", "50"]);
    await runTicklake(["consume", ...at, "--until-end"]);
    const prompt = "ticklake> ";
    const { all, code } = await typeInto(
      ["query", ...at],
      [
        [prompt, "SELECT count(*) AS rows_there\r"],
        ["-> ", "FROM index_q"],
        ["index_q", KEYS.tab],
        ["uotes", "; SELECT 1 + 1 AS two;\r"],
        ["1 row in[^>]*1 row in[^>]*> ", "SELECT nosuch FROM index_quotes;\r"],
        ["no such column[^>]*> ", ".schema\r"],
        ["kafka_offset[^>]*> ", "\\x\r"],
        ["is on[^>]*> ", "SELECT 7 AS seven, 8 AS eight;\r"],
        ["eight +8[^>]*> ", "SELECT 'half'"],
        ["half", KEYS.interrupt],
        ["> ", KEYS.up],
        ["seven", "\r"],
        ["eight +8[^>]*> ", KEYS.end],
      ],
      { columns: 100, rows: 40 },
      { XDG_STATE_HOME: `${home}/state` },
    );
    assert.equal(code, 0, all);
    assert.match(all, /rows_there\S*\r\n-+\r\n *50\r\n/);
    assert.match(all, /\n *2\r?\n/);
    assert.match(all, /error: SQL: no such column: nosuch/);
    assert.match(all, /adj_close +double/);
    assert.match(all, /\ndt +string +Partition column\r/);
    const history = await Deno.readTextFile(`${home}/state/ticklake/query_history`);
    assert.match(history, /SELECT 7 AS seven, 8 AS eight;\n/);
    const { mode } = await Deno.stat(`${home}/state/ticklake/query_history`);
    assert.equal(mode! & 0o777, 0o600);
    await Deno.remove(home, { recursive: true });
  },
);

serviceTest(
  "a pipe or device in place of the history is left as it is, and the shell ends",
  { needs: ["python"] },
  async () => {
    const home = await Deno.makeTempDir({ prefix: "ticklake-shell-" });
    const at = ["--home", `${home}/home`];
    await runTicklake(["produce", ...at, "--rate", "max", "-n", "1"]);
    await runTicklake(["consume", ...at, "--until-end"]);
    const path = `${home}/state/ticklake/query_history`;
    await Deno.mkdir(dirname(path), { recursive: true });
    await runTool("mkfifo", [path]);
    const shell = () =>
      typeInto(
        ["query", ...at],
        [["ticklake> ", "SELECT 1 AS one;\r"], ["1 row in[^>]*> ", KEYS.end]],
        { columns: 100, rows: 40 },
        { XDG_STATE_HOME: `${home}/state` },
      );
    const { code, all } = await shell();
    assert.equal(code, 0, all);
    assert.ok((await Deno.stat(path)).isFifo);
    await Deno.remove(path);
    await Deno.symlink("/dev/full", path);
    assert.equal((await shell()).code, 0);
    await Deno.remove(home, { recursive: true });
  },
);

serviceTest(
  "a shell's own commands: tables, formats, examples, wide results cut to the terminal or shown whole",
  { needs: ["python"] },
  async () => {
    const home = await Deno.makeTempDir({ prefix: "ticklake-shell-" });
    const at = ["--home", home];
    await runTicklake(["produce", ...at, "--rate", "max", "--seed", "1", "-n", "5"]);
    await runTicklake(["consume", ...at, "--until-end"]);
    const all = 'SELECT * FROM index_quotes ORDER BY "index" LIMIT 1;\r';
    const { before, all: text, code } = await typeInto(
      ["query", ...at],
      [
        ["ticklake> ", ".tables\r"],
        ["\nindex_quotes[^>]*> ", all],
        ["1 row in[^>]*> ", ".wide\r"],
        ["wide is on[^>]*> ", all],
        ["1 row in[^>]*> ", ".format markdown\r"],
        [
          "ticklake> ",
          "SELECT DATE '2026-01-31' AS day, date_format(DATE '2026-01-31', '%d.%m.%y') AS told;\r",
        ],
        ["1 row in[^>]*> ", ".timing\r"],
        ["timing is off[^>]*> ", ".nosuch\r"],
        ["unknown command[^>]*> ", ".schema other\r"],
        ["there is no table other[^>]*> ", ".examples\r"],
        ["monthly-candles[^>]*> ", ".quit\r"],
      ],
      { columns: 60, rows: 40 },
      { XDG_STATE_HOME: `${home}/state` },
    );
    assert.equal(code, 0, text);
    const [cut, wide] = [before[2], before[4]];
    assert.doesNotMatch(cut, /kafka_offset/);
    assert.match(cut, /8 more columns: --wide shows them/);
    assert.match(wide, /kafka_timestamp/);
    assert.match(text, /\| 2026-01-31 \| 31\.01\.26 \|/);
    const flag = await runTicklake(["query", ...at, "--wide", "SELECT * FROM index_quotes"]);
    assert.match(flag.stdout, /^index .* kafka_timestamp/m);
    await Deno.remove(home, { recursive: true });
  },
);

serviceTest("Ctrl-C ends the statement that runs, and the shell continues", {
  needs: ["python"],
}, async () => {
  const home = await Deno.makeTempDir({ prefix: "ticklake-shell-" });
  const at = ["--home", home];
  await runTicklake(["produce", ...at, "--rate", "max", "--seed", "1", "-n", "1000"]);
  await runTicklake(["consume", ...at, "--until-end"]);
  await runTicklake(["query", ...at, "SELECT 1"]);
  const { all, code } = await typeInto(
    ["query", ...at],
    [
      [
        "ticklake> ",
        "SELECT count(*) FROM index_quotes a, index_quotes b, index_quotes c, index_quotes d;\r",
      ],
      ["d;", KEYS.interrupt],
      ["was cancelled[^>]*> ", "SELECT 40 + 2 AS sum_there;\r"],
      ["42[^>]*> ", KEYS.end],
    ],
    { columns: 100, rows: 40 },
    { XDG_STATE_HOME: `${home}/state` },
  );
  assert.equal(code, 0, all);
  await Deno.remove(home, { recursive: true });
});

serviceTest("a service that fails in the shell names doctor, and the shell continues", {
  needs: ["python"],
}, async () => {
  const home = await Deno.makeTempDir({ prefix: "ticklake-shell-" });
  const { all, code } = await typeInto(
    ["query", "--engine", "local"],
    [
      ["ticklake> ", "SELECT count(*) FROM index_quotes;\r"],
      ["fix: [^>]*`ticklake doctor`[^>]*> ", ".tables\r"],
      ["\nindex_quotes[^>]*> ", KEYS.end],
    ],
    { columns: 100, rows: 40 },
    {
      HOME: home,
      XDG_STATE_HOME: `${home}/state`,
      AWS_S3_BUCKET: "away",
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "any",
      AWS_SECRET_ACCESS_KEY: "any",
      AWS_ENDPOINT_URL: `http://127.0.0.1:${freePort()}`,
    },
  );
  await Deno.remove(home, { recursive: true });
  assert.equal(code, 0, all);
  assert.match(all, /error: .* refuses connections/);
  assert.match(all, /`ticklake doctor` checks each setting/);
});

Deno.test("an answer goes to a file, as Markdown or Parquet; Parquet without a file is wrong usage", async () => {
  const home = await Deno.makeTempDir({ prefix: "ticklake-answer-" });
  const at = ["--home", home];
  await runTicklake(["produce", ...at, "--rate", "max", "--seed", "1", "-n", "20"]);
  await runTicklake(["consume", ...at, "--until-end"]);
  const sql =
    `SELECT "index", close, kafka_offset, NULL AS none_there FROM index_quotes ORDER BY 1, 3`;
  const file = `${home}/answer.parquet`;
  const { code, stdout, stderr } = await runTicklake([
    ...["query", ...at, sql, "--format", "parquet", "--output", file],
  ]);
  assert.deepEqual([code, stdout], [0, ""], stderr);
  assert.match(stderr, /wrote .*answer\.parquet\n20 rows in/);
  const { parquetReadObjects } = await import("hyparquet");
  const bytes = await Deno.readFile(file);
  const rows = await parquetReadObjects({ file: bytes.buffer });
  const csv = await runTicklake(["query", ...at, sql, "--format", "json"]);
  assert.deepEqual(
    rows.map((row) => ({ ...row, kafka_offset: Number(row.kafka_offset), none_there: null })),
    JSON.parse(csv.stdout),
  );
  const markdown = await runTicklake(["query", ...at, "SELECT 1 AS a", "--format", "markdown"]);
  assert.equal(markdown.stdout, "| a |\n| --- |\n| 1 |\n");
  const without = await runTicklake(["query", ...at, sql, "--format", "parquet"]);
  assert.equal(without.code, 2);
  assert.match(without.stderr, /--output FILE/);
  const nowhere = await runTicklake(["query", ...at, sql, "-o", `${home}/no/such/answer.csv`]);
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /cannot be written/);
  await Deno.remove(home, { recursive: true });
});
