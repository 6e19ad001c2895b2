import assert from "node:assert/strict";
import { openLake } from "../../mod/commands/open_lake.ts";
import { loadSettings } from "../../mod/config/load.ts";
import { mergeSmallObjects } from "../../mod/maintain/merge_small_objects.ts";
import { messageCheck } from "../../mod/message/message_check.ts";
import { avroPayload } from "../../mod/message/avro/avro_payload.ts";
import { payloadMaker } from "../../mod/message/payload_maker.ts";
import { readSchema } from "../../mod/schema/read_schema.ts";
import { SeveralRows } from "../../mod/schema/row.ts";
import type { RowSchema } from "../../mod/schema/schema.ts";
import { type ConsumePlace, placeTest, withEmbedded } from "../commands/consume_place.ts";
import { python, runTicklake, serviceTest } from "../services/services.ts";

const COLUMNS = [
  { wire: "Index", name: "index", type: "string", required: true },
  { wire: "Close", name: "close", type: "double", required: true, min: 0 },
  { wire: "source", name: "source", type: "string", from: "message" },
  { wire: "row", name: "row_index", type: "long", required: true, from: "index" },
];
const SCHEMA = { table: "quotes", rows: "data.rows", columns: COLUMNS };

function schemaOf(json: unknown): RowSchema {
  const { schema, mistakes } = readSchema(json);
  assert.deepEqual(mistakes, []);
  return schema!;
}

const bytes = (value: unknown) =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

const message = (...closes: unknown[]) => ({
  source: "feed",
  data: { rows: closes.map((Close, i) => ({ Index: "ABC"[i % 3], Close })) },
});

Deno.test("an array's elements are rows, each with its index; one that is bad rejects all", () => {
  const check = messageCheck(schemaOf(SCHEMA));
  const rows = check(bytes(message(1, 2)));
  assert.ok(rows instanceof SeveralRows);
  assert.deepEqual(rows.rows, [["A", 1, "feed", 0], ["B", 2, "feed", 1]]);
  const reasons = {
    'row 1: Close: expected a number, found "x"': message(1, "x"),
    "data.rows: an array without a row": message(),
    "data.rows: there is no array of rows": { data: {} },
    "data.rows: expected an array of rows, found 5": { data: { rows: 5 } },
    "row 0: expected an object or an array, found 5": { data: { rows: [5] } },
    "data.rows: more than 100000 rows": { data: { rows: Array(100_001).fill({}) } },
    'not JSON: "["': "[",
  };
  for (const [reason, value] of Object.entries(reasons)) assert.equal(check(bytes(value)), reason);
});

Deno.test("the message itself may be the array, and its elements arrays", () => {
  const columns = [
    { ...COLUMNS[0], wire: "0" },
    { ...COLUMNS[1], wire: "1" },
    COLUMNS[3],
  ];
  const check = messageCheck(schemaOf({ table: "t", rows: ".", columns }));
  const rows = check(bytes([["A", 1], ["B", 2]]));
  assert.deepEqual((rows as SeveralRows).rows, [["A", 1, 0], ["B", 2, 1]]);
  assert.equal(check(bytes({ a: 1 })), "expected an array of rows, found an object");
});

Deno.test("an array of Avro records is rows", () => {
  const record = {
    type: "record",
    name: "Bar",
    fields: [{ name: "index", type: "string" }, { name: "close", type: ["null", "double"] }],
  };
  const text = JSON.stringify({
    type: "record",
    name: "Feed",
    fields: [
      { name: "source", type: "string" },
      {
        name: "data",
        type: {
          type: "record",
          name: "Data",
          fields: [{ name: "rows", type: { type: "array", items: record } }],
        },
      },
    ],
  });
  const double = (value: number) => [...new Uint8Array(new Float64Array([value]).buffer)];
  const payload = Uint8Array.from([
    2,
    0x78,
    4,
    2,
    0x41,
    2,
    ...double(1),
    2,
    0x42,
    2,
    ...double(2),
    0,
  ]);
  const notes: string[] = [];
  const row = payloadMaker(avroPayload(text)).forTable(schemaOf(SCHEMA), {
    onUnknown: () => assert.fail(),
    note: (text) => notes.push(text),
  });
  assert.deepEqual((row(payload, payload) as SeveralRows).rows, [["A", 1, "x", 0], [
    "B",
    2,
    "x",
    1,
  ]]);
  assert.deepEqual(notes, []);
});

Deno.test("a schema with rows needs one column with the index, others must not have it", () => {
  const mistakes = (json: unknown) => readSchema(json).mistakes.join("\n");
  const without = { ...SCHEMA, columns: COLUMNS.slice(0, 3) };
  assert.match(mistakes(without), /one column with "from": "index", found 0/);
  assert.match(mistakes({ ...SCHEMA, rows: undefined }), /for a schema with rows/);
  const text = { ...COLUMNS[3], type: "string" };
  assert.match(mistakes({ ...SCHEMA, columns: [COLUMNS[0], text] }), /needs the type long/);
  assert.match(mistakes({ ...SCHEMA, rows: 5 }), /expected a path/);
});

/** Sends arrays and reads them with the arguments; returns how SQL and verify find them. */
async function consumed(place: ConsumePlace, ...args: string[]) {
  place.env.TICKLAKE_SCHEMA = "quotes.json";
  await Deno.writeTextFile(`${place.cwd}/quotes.json`, JSON.stringify(SCHEMA));
  await place.send([
    ...[message(1, 2, 3), message(4, "x"), message(5), message(), message(6, 7)],
  ].map((value) => ({ key: null, value: JSON.stringify(value) })));
  return await place.toEnd(...args);
}

async function verified(place: ConsumePlace, ...args: string[]) {
  const { code, stdout } = await runTicklake(["verify", "--deep", "--json", ...args], place);
  const { expected, found, missing, duplicate } = JSON.parse(stdout);
  return { code, expected, found, missing, duplicate };
}

async function query(place: ConsumePlace, ...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await runTicklake([
    "query",
    "--engine",
    "local",
    "--json",
    ...args,
  ], place);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

const GOOD = { code: 0, expected: 5, found: 5, missing: 0, duplicate: 0 };

placeTest(
  "an array is several rows of one offset, however the table is partitioned",
  async (place) => {
    const { summary, stderr } = await consumed(
      place,
      "--partition-by",
      "index",
      "--flush-rows",
      "4",
    );
    assert.deepEqual([summary.written, summary.rejected], [6, 2], stderr);
    assert.deepEqual(await verified(place), GOOD);
    const sql = "select kafka_offset, row_index, close, source from quotes order by 1, 2";
    const rows = await query(place, sql) as Array<Record<string, unknown>>;
    assert.deepEqual(rows.map((row) => Object.values(row)), [
      [0, 0, 1, "feed"],
      [0, 1, 2, "feed"],
      [0, 2, 3, "feed"],
      [2, 0, 5, "feed"],
      [4, 0, 6, "feed"],
      [4, 1, 7, "feed"],
    ]);
    const letters = await runTicklake(["dead-letters", "list", "--json"], place);
    assert.match(letters.stdout, /row 1: Close: expected a number/);
    // An object with rows behind the first is removed, then put twice.
    const name = (await place.objects()).find((name) => name.includes("index=B"))!;
    const content = await place.bytes(name);
    await place.remove(name);
    const gone = await verified(place);
    assert.deepEqual([gone.code, gone.missing], [4, 1]);
    await place.put(name, content);
    await place.put(name.replace("index=B", "index=X"), content);
    const twice = await verified(place);
    assert.deepEqual([twice.code, twice.missing, twice.duplicate > 0], [4, 0, true]);
  },
);

serviceTest("arrays in JSON lines, and in an Iceberg table that DuckDB counts", {
  needs: ["python"],
}, async () => {
  await withEmbedded(async (place) => {
    await consumed(place, "--format", "jsonl");
    assert.deepEqual(await verified(place), GOOD);
  });
  await withEmbedded(async (place) => {
    const { summary } = await consumed(place, "--table-format", "iceberg");
    assert.deepEqual([summary.written, summary.rejected], [6, 2]);
    assert.deepEqual(await verified(place, "--table-format", "iceberg"), GOOD);
    const script = `
import duckdb, sys
print(duckdb.sql(f"""select count(*), count(distinct kafka_offset), count(distinct (kafka_offset, row_index))
from read_parquet('{sys.argv[1]}/**/*.parquet')""").fetchone())`;
    const counted = await python(script, [`${place.cwd}/.ticklake/lake/quotes`]);
    assert.equal(counted.trim(), "(6, 3, 6)");
  });
});

serviceTest(
  "objects with the rows of arrays are merged",
  { needs: ["python"] },
  () =>
    withEmbedded(async (place) => {
      await consumed(place, "--partition-by", "dt,index", "--flush-rows", "4");
      const environment = { ...place.env, TICKLAKE_HOME: `${place.cwd}/.ticklake` };
      const store = await openLake(loadSettings({ flags: {}, environment }).settings);
      const { signal } = new AbortController();
      const options = {
        store,
        table: "quotes",
        signal,
        targetBytes: 2 ** 20,
        indexColumn: "row_index",
      };
      const nowMs = Date.now() + 2 * 86_400_000;
      const { failures, objects } = await mergeSmallObjects({ ...options, nowMs });
      store.close();
      assert.deepEqual(failures, []);
      assert.ok(objects > 0);
      assert.deepEqual(await verified(place), GOOD);
      const sql =
        "select count(*) as n, count(distinct kafka_offset * 100 + row_index) as m from quotes";
      assert.deepEqual(await query(place, sql), [{ n: 6, m: 6 }]);
    }),
);
