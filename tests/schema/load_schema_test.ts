import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { readSchema } from "../../mod/schema/read_schema.ts";
import { COLUMN_TYPES } from "../../mod/schema/schema.ts";
import { STORE_TYPES } from "../../mod/schema/types.ts";

const SHIPPED = JSON.parse(
  Deno.readTextFileSync(new URL("../../data/index_quotes.schema.json", import.meta.url)),
);
/** The shipped schema after a change. */
function changed(change: (schema: typeof SHIPPED) => void): unknown {
  const schema = structuredClone(SHIPPED);
  change(schema);
  return schema;
}
async function failureOf(path: string): Promise<Failure> {
  const error = await loadSchema(path).then(() => null, (error) => error);
  assert.ok(error instanceof Failure);
  assert.equal(error.exitCode, 2);
  return error;
}

Deno.test("the built-in schema is the shipped file, with the header of the shipped rows", async () => {
  const schema = await loadSchema();
  assert.equal(
    schema.columns.map(({ wire }) => wire).join(","),
    "Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD",
  );
  assert.deepEqual(schema.columns[0], SHIPPED.columns[0]);
});

Deno.test("a schema file without optional parts is filled up", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      table: "ticks",
      key: "sym",
      columns: [
        { wire: "sym", name: "sym", type: "string", required: true },
        { wire: "Prix moyen €", name: "px", type: "double" },
      ],
    }),
  );
  assert.deepEqual(await loadSchema(path), {
    table: "ticks",
    key: "sym",
    columns: [
      { wire: "sym", name: "sym", type: "string", required: true },
      { wire: "Prix moyen €", name: "px", type: "double", required: false },
    ],
    notBelow: [],
  });
  await Deno.remove(path);
});

Deno.test("a schema file that does not exist, or not JSON, is named", async () => {
  assert.match((await failureOf("no/such.json")).message, /^schema no\/such\.json cannot be read/);
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "{table");
  assert.match((await failureOf(path)).message, /is not JSON/);
  await Deno.remove(path);
});

Deno.test("all mistakes of a file are reported at once", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, JSON.stringify({ table: "T", key: "x", columns: [] }));
  const { message } = await failureOf(path);
  assert.match(message, /has 3 mistakes:\n {2}table: .*\n {2}columns: .*\n {2}key: /);
  await Deno.remove(path);
});

Deno.test("each mistake is named by its place", () => {
  const cases: Array<[unknown, string]> = [
    [[], "expected a JSON object, found an array"],
    [
      changed((s) => s.table = "index quotes"),
      'table: expected a name of a-z, 0-9 and _, found "index quotes"',
    ],
    [
      changed((s) => s.table = "dead_letter"),
      'table: "dead_letter" is the lake\'s own folder, choose another name',
    ],
    [changed((s) => s.key = "Symbol"), 'key: expected the wire name of a column, found "Symbol"'],
    [
      changed((s) => s.key = ["Index", "Symbol"]),
      'key: expected the wire name of a column, found "Symbol"',
    ],
    [
      changed((s) => s.columns[0].aliases = "Name"),
      'columns[0] "Index": aliases: expected a list of texts, found "Name"',
    ],
    [
      changed((s) => s.columns[1].format = "DD.MM"),
      'columns[1] "Date": format: "DD.MM" is neither a pattern such as MM/DD/YYYY nor one of epoch_s, epoch_ms, epoch_us, epoch_ns',
    ],
    [
      changed((s) => s.columns[0].number = "lenient"),
      'columns[0] "Index": number: only double and long columns have it',
    ],
    [
      changed((s) => s.columns[2].time = "drop"),
      'columns[2] "Open": time: only date columns have it',
    ],
    [
      changed((s) => s.colums = []),
      'unknown field "colums"; the fields are table, key, columns, lenient, rows, strictFields, notBelow',
    ],
    [changed((s) => s.columns[2] = 7), "columns[2]: expected a JSON object, found 7"],
    [
      changed((s) => s.columns[2].type = "float"),
      'columns[2] "Open": type: expected one of string, date, double, long, timestamp; found "float"',
    ],
    [
      changed((s) => s.columns[2].wire = ""),
      'columns[2] "": wire: expected a name of 1 to 128 characters, found ""',
    ],
    [
      changed((s) => s.columns[2].name = "Open"),
      'columns[2] "Open": name: expected a name of a-z, 0-9 and _, found "Open"',
    ],
    [
      changed((s) => s.columns[2].name = "kafka_offset"),
      'columns[2] "Open": name: "kafka_offset" is one that the lake adds itself, choose another',
    ],
    [
      changed((s) => s.columns[2].name = "dt"),
      'columns[2] "Open": name: "dt" is one that the lake adds itself, choose another',
    ],
    [
      changed((s) => s.columns[2].name = "high"),
      'columns: name "high" comes more than once',
    ],
    [
      changed((s) => s.columns[2].wire = "Close"),
      'columns: wire "Close" comes more than once',
    ],
    [
      changed((s) => s.columns[2].required = "yes"),
      'columns[2] "Open": required: expected true or false, found "yes"',
    ],
    [
      changed((s) => s.columns[2].min = "0"),
      'columns[2] "Open": min: expected a number of type double, found "0"',
    ],
    [
      changed((s) => s.columns[7].max = 0.5),
      'columns[7] "Volume": max: expected a number of type long, found 0.5',
    ],
    [changed((s) => s.columns[2].max = -1), 'columns[2] "Open": min 0 is above max -1'],
    [
      changed((s) => s.columns[0].min = 1),
      'columns[0] "Index": min: only double and long columns have one',
    ],
    [
      changed((s) => s.columns[2].maxLength = 1),
      'columns[2] "Open": maxLength: only string columns have one',
    ],
    [
      changed((s) => s.columns[0].maxLength = 0),
      'columns[0] "Index": maxLength: expected a whole number above 0, found 0',
    ],
    [
      changed((s) => s.columns[0].descripton = ""),
      'columns[0] "Index": unknown field "descripton"; the fields are wire, name, type, required, aliases, min, max, maxLength, number, decimal, format, time, from, default, description',
    ],
    [
      changed((s) => s.columns[0].description = 1),
      'columns[0] "Index": description: expected text, found 1',
    ],
    [
      changed((s) => s.notBelow = {}),
      'notBelow: expected a list of {"column", "than"}, found an object',
    ],
    [
      changed((s) => s.notBelow[0].than = "low"),
      'notBelow[0]: than: expected a column\'s wire name, found "low"',
    ],
    [
      changed((s) => s.notBelow[0].than = "Index"),
      'notBelow[0]: than: "Index" is text, which has no order here',
    ],
    [changed((s) => s.notBelow[0].than = "High"), 'notBelow[0]: "High" is compared with itself'],
    [
      changed((s) => s.notBelow[0].than = "Date"),
      "notBelow[0]: a double cannot be compared with a date",
    ],
  ];
  for (const [json, mistake] of cases) {
    const { mistakes } = readSchema(json);
    assert.ok((mistakes as string[]).includes(mistake), `${mistake}\n${mistakes.join("\n")}`);
  }
});

Deno.test("every column type has a name in every store", () => {
  for (const type of COLUMN_TYPES) {
    const { parquet, glue, sqlite } = STORE_TYPES[type];
    assert.ok(parquet.type && glue && sqlite);
  }
});
