import assert from "node:assert/strict";
import { avroSchema } from "../../mod/message/avro/avro_writer.ts";
import { fieldName, sentColumns } from "../../mod/message/field_name.ts";
import { jsonSchemaWriter } from "../../mod/message/json_schema_writer.ts";
import { openSchema } from "../../mod/message/open_schema.ts";
import { protobufSchema } from "../../mod/message/protobuf/protobuf_writer.ts";
import type { SchemaType } from "../../mod/message/registry/registry.ts";
import { readSchema } from "../../mod/schema/read_schema.ts";
import { draftText } from "../../mod/schema/schema_draft.ts";
import { lenientBy } from "../../mod/schema/lenience.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { SHIPPED_SCHEMAS } from "../../mod/schema/shipped_schemas.ts";

/** Columns of a writer's schema as `wire type`, with a `!` where a value is required, and what is left out. */
async function draft(type: SchemaType, text: string, messageType?: string) {
  const maker = await openSchema({ type, text, references: [] }, { messageType });
  const { columns, leftOut } = maker.draft();
  return {
    maker,
    leftOut,
    columns: columns.map(({ wire, type, required }) => `${wire} ${type}${required ? "!" : ""}`),
    comments: Object.fromEntries(
      columns.flatMap(({ wire, comments = [] }) => comments.length > 0 ? [[wire, comments]] : []),
    ),
  };
}

Deno.test("what produce writes with gives back the columns of its schema, in each format", async () => {
  for (const name of SHIPPED_SCHEMAS.keys()) {
    const schema = await loadSchema(name);
    const texts: Array<[SchemaType, string]> = [
      ["AVRO", avroSchema(schema)],
      ["PROTOBUF", protobufSchema(schema)],
      ["JSON", jsonSchemaWriter(schema).text],
    ];
    for (const [type, text] of texts) {
      const { maker } = await draft(type, text);
      const { columns } = maker.draft();
      const wanted = sentColumns(schema);
      assert.deepEqual(
        columns.map(({ wire }) => wire),
        wanted.map((column) => type === "JSON" ? column.wire : fieldName(column)),
      );
      const types = columns.map(({ type }) => type);
      // JSON Schema has no type for a time with a space between day and time.
      const plain = ({ type: own }: { type: string }) =>
        type === "JSON" && own === "timestamp" ? "string" : own;
      assert.deepEqual(types, wanted.map(plain), `${name} ${type}`);
      // Protobuf has no presence for a day or a text.
      if (type !== "PROTOBUF") {
        assert.deepEqual(
          columns.map(({ required }) => required),
          wanted.map(({ required }) => required),
        );
      }
      assert.deepEqual(maker.misfits(schema), []);
      const { mistakes } = readSchema(
        JSON.parse(draftText({ source: "t", columns, comments: [] }).replace(/^\s*\/\/.*$/gm, "")),
      );
      assert.deepEqual(mistakes, []);
    }
  }
});

Deno.test("Avro: logical types, unions with null, nested records, and what no column takes", async () => {
  const long = (logicalType: string) => ({ type: "long", logicalType });
  const price = {
    type: "record",
    name: "Price",
    fields: [{ name: "bid", type: "double" }, { name: "at", type: long("timestamp-millis") }],
  };
  const fields = [
    { name: "symbol", type: "string" },
    { name: "day", type: { type: "int", logicalType: "date" } },
    { name: "at", type: ["null", long("timestamp-micros")] },
    { name: "local", type: long("local-timestamp-nanos") },
    { name: "price", type: { type: "bytes", logicalType: "decimal", precision: 9, scale: 2 } },
    { name: "size", type: ["int", "null"] },
    { name: "any", type: ["null", "long", "double"] },
    { name: "live", type: "boolean" },
    { name: "raw", type: { type: "fixed", name: "F", size: 2 } },
    { name: "side", type: { type: "enum", name: "Side", symbols: ["BUY", "SELL"] } },
    { name: "quote", type: ["null", price] },
    { name: "last", type: "Price" },
    { name: "tags", type: { type: "array", items: "string" } },
    { name: "odd", type: ["string", "long"] },
    { name: "nothing", type: "null" },
  ];
  const text = JSON.stringify({ type: "record", name: "Tick", fields });
  const found = await draft("AVRO", text);
  assert.deepEqual(found.columns, [
    "symbol string!",
    "day date!",
    "at timestamp",
    "local timestamp!",
    "price double!",
    "size long",
    "any double",
    "live string!",
    "raw string!",
    "side string!",
    "quote.bid double",
    "quote.at timestamp",
    "last.bid double!",
    "last.at timestamp!",
    "tags string!",
  ]);
  assert.deepEqual(found.leftOut, [
    "odd: it can be each of string, long",
    "nothing: it is always null",
  ]);
  assert.match(found.comments.price[0], /a decimal, read as a double/);
  assert.deepEqual(found.comments.at, ["microseconds are truncated to milliseconds"]);
  assert.deepEqual(found.comments.local, [
    "nanoseconds are truncated to milliseconds",
    "a local time, read as UTC",
  ]);
});

Deno.test("Avro: a record that contains itself ends as JSON text", async () => {
  const fields = [{ name: "id", type: "long" }, { name: "next", type: ["null", "Node"] }];
  const text = JSON.stringify({ type: "record", name: "Node", fields });
  assert.deepEqual((await draft("AVRO", text)).columns, ["id long!", "next string"]);
});

Deno.test("Avro: true and false and bytes are text, as a draft of them says", async () => {
  const fields = [{ name: "live", type: "boolean" }, { name: "raw", type: "bytes" }];
  const { maker } = await draft("AVRO", JSON.stringify({ type: "record", name: "A", fields }));
  const { columns } = maker.draft();
  const text = draftText({ source: "a", columns, comments: [] }).replace(/^\s*\/\/.*$/gm, "");
  const { schema } = readSchema(JSON.parse(text));
  const row = maker.forTable(schema!, { onUnknown() {}, note: (text) => assert.fail(text) });
  const payload = Uint8Array.of(1, 4, 0xff, 0x00);
  assert.deepEqual(row(payload, payload), ["true", "/wA="]);
});

Deno.test("Protobuf: presence, known types, nested and repeated fields, a message by its name", async () => {
  const text = `
    syntax = "proto3";
    package feed;
    import "google/protobuf/timestamp.proto";
    import "google/protobuf/wrappers.proto";
    import "google/type/date.proto";
    import "confluent/type/decimal.proto";
    enum Side { BUY = 0; SELL = 1; }
    message Other { int32 x = 1; }
    message Trade {
      string symbol = 1;
      google.type.Date day = 2;
      google.protobuf.Timestamp at = 3;
      double price = 4;
      optional int64 size = 5;
      uint64 id = 6;
      google.protobuf.DoubleValue fee = 7;
      confluent.type.Decimal exact = 8;
      Side side = 9;
      bool live = 10;
      repeated double legs = 11;
      map<string, string> tags = 12;
      Other other = 13;
      Trade parent = 14;
      bytes raw = 15;
    }`;
  const { columns, comments } = await draft("PROTOBUF", text, "Trade");
  assert.deepEqual(columns, [
    "symbol string",
    "day date",
    "at timestamp",
    "price double!",
    "size long",
    "id long!",
    "fee double",
    "exact double",
    "side string!",
    "live string!",
    "legs string",
    "tags string",
    "other.x long",
    "parent string",
    "raw string",
  ]);
  assert.match(comments.exact[0], /a decimal, read as a double/);
  assert.deepEqual((await draft("PROTOBUF", text)).columns, ["x long!"]);
});

Deno.test("JSON Schema: formats, null, references, Kafka Connect's types, and what no column takes", async () => {
  const text = JSON.stringify({
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "object",
    definitions: { price: { type: "number" } },
    required: ["symbol", "day", "price", "quote"],
    properties: {
      symbol: { type: "string" },
      day: { type: "string", format: "date" },
      at: { type: "string", format: "date-time" },
      price: { $ref: "#/definitions/price" },
      size: { oneOf: [{ type: "null" }, { type: "integer" }] },
      fee: { type: ["number", "null"] },
      made: { type: "integer", title: "org.apache.kafka.connect.data.Timestamp" },
      quote: { type: "object", properties: { bid: { type: "number" } }, required: ["bid"] },
      live: { type: "boolean" },
      legs: { type: "array" },
      odd: { type: ["string", "number"] },
      away: { $ref: "https://example.org/x.json" },
    },
  });
  const found = await draft("JSON", text);
  assert.deepEqual(found.columns, [
    "symbol string!",
    "day date!",
    "at timestamp",
    "price double!",
    "size long",
    "fee double",
    "made timestamp",
    "quote.bid double!",
  ]);
  assert.deepEqual(found.leftOut.map((why) => why.split(":")[0]), ["live", "legs", "odd", "away"]);
  await assert.rejects(() => draft("JSON", '{"type":"string"}'), /with properties/);
});

Deno.test("a field whose type its column never takes is told, with what the schema is missing", async () => {
  const schema = await loadSchema();
  const fields = [
    { name: "Index", type: "string" },
    { name: "Date", type: "string" },
    { name: "Open", type: "string" },
    ...["High", "Low", "Close"].map((name) => ({ name, type: "double" })),
    { name: "adj_close", type: { type: "int", logicalType: "date" } },
  ];
  const text = JSON.stringify({ type: "record", name: "A", fields });
  const { maker } = await draft("AVRO", text);
  assert.deepEqual(maker.misfits(schema), [
    "no field for Volume, which index_quotes requires",
    "Open is a string in the messages and a double in the table",
    "Adj Close is a date in the messages and a double in the table",
  ]);
  assert.deepEqual(maker.misfits({ ...schema, lenient: ["numbers"] }).slice(1), [
    "Adj Close is a date in the messages and a double in the table",
  ]);
  const notes: string[] = [];
  maker.forTable(schema, { onUnknown() {}, note: (text) => notes.push(text) });
  assert.match(
    notes[0],
    /no field for Volume.*Open is a string.*: its messages are dead letters; `ticklake schema infer`/,
  );
});

Deno.test("JSON Schema: properties of which none is a required column fit no row; others may", async () => {
  const quotes = await loadSchema();
  const of = async (json: unknown, lenient?: string) => {
    const text = typeof json === "string" ? json : JSON.stringify(json);
    const maker = await openSchema({ type: "JSON", text, references: [] });
    return maker.misfits(lenientBy(quotes, lenient));
  };
  const properties = (...names: string[]) => Object.fromEntries(names.map((name) => [name, {}]));
  const all = ["Index", "Date", "Open", "High", "Low", "Close", "Volume"];
  assert.deepEqual(await of({ properties: properties("symbol", "price") }), [
    `no field for ${all.join(", ")}, which index_quotes requires`,
  ]);
  assert.deepEqual(await of({ properties: properties("Index", "price") }), []);
  const closed = { additionalProperties: false };
  assert.deepEqual(await of({ properties: properties(...all), ...closed }), []);
  const some = { properties: properties(...all.slice(1)), ...closed };
  assert.deepEqual(await of(some), ["no field for Index, which index_quotes requires"]);
  const lower = { properties: properties(...all.map((name) => name.toLowerCase())) };
  assert.equal((await of(lower)).length, 1);
  assert.deepEqual(await of(lower, "names"), []);
  assert.deepEqual(await of({ properties: properties("schema", "payload") }, "envelope"), []);
  for (const text of ["{}", "true", "[]", "no JSON"]) assert.deepEqual(await of(text), []);
});
