import assert from "node:assert/strict";
import { athenaRow } from "../../mod/catalog/athena/athena_values.ts";
import type { Value } from "../../mod/catalog/engine.ts";
import { sqlName } from "../../mod/schema/reserved_words.ts";
import { AwsRecorder, NOT_FOUND } from "../catalog/aws_recorder.ts";
import { python, runTicklake, serviceTest } from "../services/services.ts";
import { withEmbedded } from "./consume_place.ts";

/** Every type, under names that some dialect reserves. */
const SCHEMA = {
  table: "trades",
  key: "Symbol",
  columns: [
    { wire: "Symbol", name: "index", type: "string", required: true },
    { wire: "Date", name: "date", type: "date", required: true },
    { wire: "Limit", name: "limit", type: "double" },
    { wire: "Order", name: "order", type: "long" },
    { wire: "At", name: "timestamp", type: "timestamp" },
  ],
};

const MESSAGES = [
  {
    Symbol: 'a "b", 東京\n',
    Date: "1969-12-31",
    Limit: 0.1,
    Order: 42,
    At: "2026-02-28 23:59:59.999",
  },
  { Symbol: "HSI", Date: "2024-02-29", Limit: -1e-7, Order: -7, At: "1969-07-20 20:17:40.000" },
  { Symbol: "X", Date: "2026-01-05", Limit: null, Order: null, At: null },
];

/** DuckDB's word for each of Glue's types. */
const DUCKDB: Record<string, string> = {
  string: "VARCHAR",
  date: "DATE",
  double: "DOUBLE",
  bigint: "BIGINT",
  timestamp: "TIMESTAMP",
};

/** Reads a lake of one format with given columns; gives the types that it finds, and the values as text. */
const READ = `
import duckdb, json, sys
lake, form, columns = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
db = duckdb.connect()
if form == "parquet":
    source = "read_parquet('%s/**/*.parquet', hive_partitioning = true, hive_types_autocast = false)" % lake
else:
    source = "read_json('%s/**/*.jsonl.gz', format = 'newline_delimited', columns = {%s}, hive_partitioning = true, hive_types_autocast = false)" % (
        lake, ", ".join("'%s': '%s'" % c for c in columns.items()))
# Parquet says of a timestamp that it is an instant in UTC; JSON says nothing.
db.execute("SET TimeZone = 'UTC'")
found = [(name, type.replace(" WITH TIME ZONE", "")) for name, type, *_ in db.execute("DESCRIBE SELECT * FROM " + source).fetchall()]
# Timestamps as Athena writes them.
def text(name, type):
    return "strftime(CAST(%s AS TIMESTAMP), '%%Y-%%m-%%d %%H:%%M:%%S.%%g')" % name if type == "TIMESTAMP" else "CAST(%s AS VARCHAR)" % name
texts = ", ".join(text('"' + name + '"', type) for name, type in found)
rows = db.execute("SELECT %s FROM %s ORDER BY kafka_offset" % (texts, source)).fetchall()
print(json.dumps([found, rows]))
`;

serviceTest(
  "names, types and values are the same in Parquet, JSON lines, Glue, Athena and SQLite",
  { needs: ["python"] },
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "ticklake-schema-" });
    const schema = `${folder}/schema.json`;
    await Deno.writeTextFile(schema, JSON.stringify(SCHEMA));
    const glue = await glueColumns(schema);
    const wanted = Object.fromEntries(glue.map(({ Name, Type }) => [Name, DUCKDB[Type]]));
    const answers: Value[][][] = [];
    for (const format of ["parquet", "jsonl"]) {
      await withEmbedded(async (place) => {
        Object.assign(place.env, { TICKLAKE_SCHEMA: schema, TICKLAKE_FORMAT: format });
        await place.send(MESSAGES.map((m) => ({ key: m.Symbol, value: JSON.stringify(m) })));
        const { summary } = await place.toEnd();
        assert.deepEqual([summary.written, summary.rejected], [MESSAGES.length, 0]);
        const [found, texts] = JSON.parse(
          await python(READ, [
            `${place.cwd}/.ticklake/lake/trades`,
            format,
            JSON.stringify(wanted),
          ]),
        ) as [string[][], Array<Array<string | null>>];
        assert.deepEqual(Object.fromEntries(found), { ...wanted, dt: "VARCHAR" }, format);

        const names = found.map(([name]) => sqlName(name)).join(", ");
        const asked = await runTicklake(
          ["query", "--json", `SELECT ${names} FROM trades ORDER BY kafka_offset`],
          place,
        );
        assert.equal(asked.code, 0, asked.stderr);
        const local = (JSON.parse(asked.stdout) as Array<Record<string, Value>>).map((row) =>
          found.map(([name]) => row[name])
        );
        // Athena gives every value as text.
        const types = found.map(([name, type]) => ({ name, type: type.toLowerCase() }));
        const athena = texts.map((row) =>
          athenaRow(row.map((text) => text === null ? {} : { VarCharValue: text }), types)
        );
        assert.deepEqual(local, athena.map(plain), format);
        answers.push(local.map((row) => row.slice(0, SCHEMA.columns.length)));
      });
    }
    assert.deepEqual(answers[0], answers[1]);
    const sent = MESSAGES.map((message) => Object.values(message));
    assert.deepEqual(answers[0], sent);
    await Deno.remove(folder, { recursive: true });
  },
);

/** Whole numbers as JSON has them. */
function plain(row: Value[]): Value[] {
  return row.map((value) => typeof value === "bigint" ? Number(value) : value);
}

/** The columns with which the table is made in Glue. */
async function glueColumns(schema: string): Promise<Array<{ Name: string; Type: string }>> {
  await using aws = new AwsRecorder({
    GetCrawler: NOT_FOUND,
    GetDatabase: { Database: { Name: "ticklake" } },
    GetTable: NOT_FOUND,
    GetTables: { TableList: [] },
    CreateTable: {},
  });
  const args = ["setup-catalog", "--projection", "--schema", schema];
  const { code, stderr } = await runTicklake(args, { env: aws.env });
  assert.equal(code, 0, stderr);
  const [{ TableInput }] = aws.bodies("CreateTable");
  assert.equal(TableInput.Name, SCHEMA.table);
  return TableInput.StorageDescriptor.Columns;
}
