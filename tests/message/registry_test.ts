import assert from "node:assert/strict";
import { protoField } from "./proto_field.ts";
import { ConsumePlace } from "../commands/consume_place.ts";
import { kafka, runTicklake, serviceTest } from "../services/services.ts";
import { confluentReads, confluentWrites, registryUrl } from "./confluent.ts";

const CSV = `Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD
HSI,2021-05-31,1.5,2,1,1.25,1.25,7000000000,0.2
N225,1969-12-31,10,11,9,10.5,,0,0.1
`;

const DATE = { typeName: ".google.type.Date" };

/** What `produce` writes, as a user of Confluent's client has it compiled. */
const QUOTES = {
  message: "ticklake.index_quotes",
  schema: {
    name: "quotes.proto",
    package: "ticklake",
    syntax: "proto3",
    dependency: ["google/type/date.proto"],
    messageType: [{
      name: "index_quotes",
      field: [
        protoField("Index", 1, "STRING"),
        protoField("Date", 2, "MESSAGE", DATE),
        ...["Open", "High", "Low", "Close", "adj_close"].map((name, i) =>
          protoField(name, i + 3, "DOUBLE")
        ),
        protoField("Volume", 8, "INT64"),
        protoField("CloseUSD", 9, "DOUBLE"),
      ],
    }],
  },
};

/** Protobuf's JSON has 64-bit numbers as text. */
function fromProtoJson(row: Record<string, unknown>): void {
  const { year, month, day } = row.Date as Record<string, number>;
  row.Date = new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10);
  row.Volume = Number(row.Volume);
}

/** Runs with a place on Kafka and a directory, that reads by the registry. */
async function withRegistry(
  format: string,
  run: (place: ConsumePlace) => Promise<void>,
): Promise<void> {
  const cwd = await Deno.makeTempDir({ prefix: "ticklake-registry-" });
  const place = new ConsumePlace(cwd, kafka());
  Object.assign(place.env, {
    SCHEMA_REGISTRY_URL: registryUrl(),
    TICKLAKE_MESSAGE_FORMAT: format,
  });
  try {
    await run(place);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

async function query(place: ConsumePlace, sql: string): Promise<unknown> {
  const { code, stdout, stderr } = await runTicklake(["query", "--json", sql], place);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

for (const format of ["avro", "protobuf", "json-schema"]) {
  serviceTest(`produce writes ${format} that Confluent's client and consume read`, {
    needs: ["kafka", "schema-registry", "confluent-client"],
  }, () =>
    withRegistry(format, async (place) => {
      await Deno.writeTextFile(`${place.cwd}/quotes.csv`, CSV);
      const args = ["produce", "--input", "quotes.csv", "--mode", "replay", "--rate", "max"];
      const produced = await runTicklake(args, place);
      assert.equal(produced.code, 0, produced.stderr);
      const rows = await confluentReads(place.topic, 2, format, QUOTES);
      if (format === "protobuf") rows.forEach(fromProtoJson);
      rows.sort((a, b) => String(a.Index).localeCompare(String(b.Index)));
      // The others' names have no space.
      const adjusted = format === "json-schema" ? "Adj Close" : "adj_close";
      assert.deepEqual(rows[0], {
        Index: "HSI",
        Date: "2021-05-31",
        Open: 1.5,
        High: 2,
        Low: 1,
        Close: 1.25,
        [adjusted]: 1.25,
        Volume: 7e9,
        CloseUSD: 0.2,
      });
      assert.equal(rows[1].Date, "1969-12-31");
      assert.equal(rows[1][adjusted] ?? null, null);
      const { summary } = await place.toEnd();
      assert.deepEqual([summary.written, summary.rejected], [2, 0]);
      const sql = 'select "date", open, adj_close, volume from index_quotes order by volume';
      assert.deepEqual(await query(place, sql), [
        { date: "1969-12-31", open: 10, adj_close: null, volume: 0 },
        { date: "2021-05-31", open: 1.5, adj_close: 1.25, volume: 7e9 },
      ]);
      const verified = await runTicklake(["verify", "--deep"], place);
      assert.equal(verified.code, 0, verified.stderr);
      const read = await runTicklake(["topic", "read", "--json"], place);
      const shown = read.stdout.trim().split("\n").map((line) => JSON.parse(line));
      assert.deepEqual(shown.map(({ row }) => row), [true, true]);
      assert.ok(shown.some(({ value }) => JSON.parse(value).Open === 1.5), read.stdout);
      const some = await runTicklake(["topic", "read", "--where", "Open=1.5", "--json"], place);
      assert.equal(some.stdout.trim().split("\n").length, 1, some.stdout);
    }));
}

const FIELDS = [
  { name: "index", type: "string" },
  { name: "Date", type: { type: "int", logicalType: "date" } },
  ...["Open", "High", "Low"].map((name) => ({ name, type: "double" })),
  { name: "Close", type: { type: "bytes", logicalType: "decimal", precision: 9, scale: 2 } },
  { name: "Volume", type: ["null", "long", "double"] },
];
const SCHEMA = { type: "record", name: "Foreign", fields: FIELDS };
const ROW = {
  index: "HSI",
  Date: { date: "2024-02-29" },
  Open: 1,
  High: 2,
  Low: 0.5,
  Close: { decimal: "1.50" },
  Volume: 5,
};

serviceTest("Avro of others becomes rows: two schemas, names in another case, logical types", {
  needs: ["kafka", "schema-registry", "confluent-client"],
}, () =>
  withRegistry("avro", async (place) => {
    const grown = {
      ...SCHEMA,
      fields: [...FIELDS, {
        name: "extra",
        type: ["null", { type: "long", logicalType: "timestamp-micros" }],
      }],
    };
    const time = "2024-02-29T12:00:00.123456+00:00";
    await confluentWrites(place.topic, [
      { schema: SCHEMA, rows: [ROW, { ...ROW, Low: 99 }] },
      { schema: grown, rows: [{ ...ROW, Volume: 2 ** 40, extra: { time } }] },
    ]);
    await place.send([{ key: null, value: "{}" }, { key: null, value: new Uint8Array() }]);
    const { summary, stderr } = await place.toEnd();
    assert.deepEqual([summary.written, summary.rejected], [2, 3]);
    assert.match(stderr, /decimals are read as doubles: Close/);
    assert.match(stderr, /field "extra" that is not in the schema/);
    const sql = 'select "date", close, volume from index_quotes order by volume';
    assert.deepEqual(await query(place, sql), [
      { date: "2024-02-29", close: 1.5, volume: 5 },
      { date: "2024-02-29", close: 1.5, volume: 2 ** 40 },
    ]);
    const letters = await runTicklake(["dead-letters", "list", "--json"], place);
    assert.match(letters.stdout, /no schema id: expected a zero and four bytes, found 0x7b/);
    assert.match(letters.stdout, /High 2 is below Low 99/);
  }));

serviceTest(
  "without a schema consume refuses what Confluent's client has written; schema infer makes one for it",
  {
    needs: ["kafka", "schema-registry", "confluent-client"],
  },
  async () => {
    const price = { type: "bytes", logicalType: "decimal", precision: 9, scale: 2 };
    const at = { type: "long", logicalType: "timestamp-micros" };
    const schema = {
      type: "record",
      name: "Trade",
      fields: [
        { name: "symbol", type: "string" },
        { name: "at", type: at },
        { name: "price", type: ["null", price] },
        { name: "size", type: "long" },
      ],
    };
    const row = {
      symbol: "HSI",
      at: { time: "2024-02-29T12:00:00.123456+00:00" },
      price: { decimal: "1.50" },
      size: 5,
    };
    await withRegistry("avro", async (place) => {
      await confluentWrites(place.topic, [{ schema, rows: [row, { ...row, price: null }] }]);
      await inferredRows(place, [
        { symbol: "HSI", at: "2024-02-29 12:00:00.123", price: 1.5, size: 5 },
        { symbol: "HSI", at: "2024-02-29 12:00:00.123", price: null, size: 5 },
      ]);
    });
    await withRegistry("json-schema", async (place) => {
      const schema = {
        $schema: "http://json-schema.org/draft-07/schema#",
        title: "Trade",
        type: "object",
        required: ["symbol", "at", "size"],
        properties: {
          symbol: { type: "string" },
          at: { type: "string", format: "date-time" },
          price: { type: ["number", "null"] },
          size: { type: "integer" },
        },
      };
      const row = { symbol: "HSI", at: "2024-02-29T12:00:00.123456Z", price: 1.5, size: 5 };
      const rows = [row, { ...row, price: null }];
      await confluentWrites(place.topic, [{ schema, rows }], "json-schema");
      await inferredRows(place, [
        { symbol: "HSI", at: "2024-02-29 12:00:00.123", price: 1.5, size: 5 },
        { symbol: "HSI", at: "2024-02-29 12:00:00.123", price: null, size: 5 },
      ]);
    });
    await withRegistry("protobuf", async (place) => {
      const file = {
        name: `trade_${place.topic}.proto`,
        package: place.topic.replaceAll("-", "_"),
        syntax: "proto3",
        dependency: ["google/protobuf/timestamp.proto"],
        messageType: [{
          name: "Trade",
          field: [
            protoField("symbol", 1, "STRING"),
            protoField("at", 2, "MESSAGE", { typeName: ".google.protobuf.Timestamp" }),
            protoField("price", 3, "DOUBLE"),
            protoField("size", 4, "INT64"),
          ],
        }],
      };
      const message = `${file.package}.Trade`;
      const rows = [{ symbol: "HSI", at: "2024-02-29T12:00:00.123Z", price: 1.5, size: "5" }];
      await confluentWrites(place.topic, [{ schema: file, message, rows }], "protobuf");
      await inferredRows(place, [
        { symbol: "HSI", at: "2024-02-29 12:00:00.123", price: 1.5, size: 5 },
      ]);
    });
  },
);

/** Consumes a topic by the schema that is inferred from the registry's, and compares the rows. */
async function inferredRows(place: ConsumePlace, wanted: unknown[]): Promise<void> {
  const refused = await place.run("--until-end");
  assert.equal(refused.code, 2, refused.stderr);
  assert.match(refused.stderr, /`ticklake schema infer > /);
  const inferred = await runTicklake(["schema", "infer"], place);
  assert.equal(inferred.code, 0, inferred.stderr);
  await Deno.writeTextFile(`${place.cwd}/own.json`, inferred.stdout);
  place.env.TICKLAKE_SCHEMA = "own.json";
  const { summary, stderr } = await place.toEnd();
  assert.deepEqual([summary.written, summary.rejected], [wanted.length, 0], stderr);
  const table = /"table": "(\w+)"/.exec(inferred.stdout)![1];
  const sql = `select symbol, "at", price, size from ${table} order by kafka_offset`;
  assert.deepEqual(await query(place, sql), wanted);
}

serviceTest("two Avro producers with alternating schemas make no small files", {
  needs: ["kafka", "schema-registry", "confluent-client"],
}, () =>
  withRegistry("avro", async (place) => {
    const fields = [...FIELDS, { name: "CloseUSD", type: ["null", "double"] }];
    const turns = Array.from({ length: 20 }, (_, turn) => ({
      schema: turn % 2 === 0 ? SCHEMA : { ...SCHEMA, fields },
      rows: Array(5).fill(turn % 2 === 0 ? ROW : { ...ROW, CloseUSD: 0.2 }),
    }));
    await confluentWrites(place.topic, turns);
    const { summary } = await place.toEnd("--flush-rows", "50");
    assert.deepEqual([summary.written, summary.objects], [100, 2]);
    const sql = "select count(*) as n, count(close_usd) as usd from index_quotes";
    assert.deepEqual(await query(place, sql), [{ n: 100, usd: 50 }]);
  }));

serviceTest("Protobuf of others becomes rows: two messages of a file, a nested one, imports", {
  needs: ["kafka", "schema-registry", "confluent-client"],
}, () =>
  withRegistry("protobuf", async (place) => {
    const schema = {
      name: `feed_${place.topic}.proto`,
      package: place.topic.replaceAll("-", "_"),
      syntax: "proto3",
      dependency: [
        "google/protobuf/timestamp.proto",
        "google/protobuf/wrappers.proto",
        "google/type/date.proto",
      ],
      messageType: [
        { name: "Other", field: [protoField("x", 1, "INT32")] },
        {
          name: "Feed",
          nestedType: [{
            name: "Quote",
            field: [
              protoField("index", 1, "STRING"),
              protoField("date", 2, "MESSAGE", DATE),
              ...["open", "high", "low"].map((name, i) => protoField(name, i + 3, "DOUBLE")),
              protoField("close", 6, "MESSAGE", { typeName: ".google.protobuf.DoubleValue" }),
              protoField("volume", 7, "INT64"),
            ],
          }],
        },
      ],
    };
    const name = (message: string) => `${schema.package}.${message}`;
    const date = { year: 2024, month: 2, day: 29 };
    const row = { index: "HSI", date, open: 1, high: 2, low: 0.5, close: 1.5, volume: "5" };
    await confluentWrites(place.topic, [
      { schema, message: name("Feed.Quote"), rows: [row, { ...row, low: 99 }] },
    ], "protobuf");
    await confluentWrites(place.topic, [
      { schema, message: name("Other"), rows: [{ x: 1 }] },
    ], "protobuf");
    const { summary, stderr } = await place.toEnd();
    assert.deepEqual([summary.written, summary.rejected], [1, 2], stderr);
    const sql = 'select "index", "date", close, adj_close, volume from index_quotes';
    assert.deepEqual(await query(place, sql), [
      { index: "HSI", date: "2024-02-29", close: 1.5, adj_close: null, volume: 5 },
    ]);
    const letters = await runTicklake(["dead-letters", "list", "--json"], place);
    assert.match(letters.stdout, /High 2 is below Low 99/);
    assert.match(stderr, /no field for Index, Date/);
  }));
