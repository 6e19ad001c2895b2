import assert from "node:assert/strict";
import { messageNamed } from "../../mod/message/protobuf/message_named.ts";
import {
  confluentIndexes,
  glueIndexes,
  noIndexes,
} from "../../mod/message/protobuf/message_indexes.ts";
import { protoFile } from "../../mod/message/protobuf/proto_file.ts";
import { protobufMaker } from "../../mod/message/protobuf/protobuf_maker.ts";
import type { Column } from "../../mod/schema/schema.ts";

const FILE = `
syntax = "proto3";
package feed;
import "common.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "google/type/date.proto";
enum Side { UNKNOWN = 0; BUY = 1; }
message Other { int32 x = 1; }
message Quote {
  message Inner { message Leaf { string text = 1; } int64 deep = 1; }
  string index = 1;
  google.type.Date date = 2;
  google.protobuf.Timestamp at = 3;
  optional double open = 4;
  google.protobuf.DoubleValue close = 5;
  int64 volume = 6;
  Side side = 7;
  common.Price price = 8;
  Inner inner = 9;
  bytes raw = 10;
  repeated double list = 11;
  map<string, int32> counts = 12;
}
`;
const COMMON = 'syntax = "proto3"; package common; message Price { double amount = 1; }';
const imported = (path: string) => path === "common.proto" ? COMMON : undefined;
const messages = await protoFile(FILE, imported);
const [, quote] = messages;

const column = (wire: string, type: Column["type"], name = wire.replace(".", "_")) => ({
  wire,
  name,
  type,
  required: false,
});
const SCHEMA = {
  table: "t",
  key: [],
  notBelow: [],
  columns: [
    column("Index", "string", "index"),
    column("date", "date"),
    column("at", "timestamp"),
    column("open", "double"),
    column("close", "double"),
    column("volume", "long"),
    column("side", "string"),
    column("price.amount", "double"),
    column("inner.deep", "long"),
    column("raw", "string"),
    column("list", "string"),
    column("counts", "string"),
  ],
};
const listener = { onUnknown() {}, note() {} };
const row = protobufMaker(noIndexes(quote), [quote]).forTable(SCHEMA, listener);
const encoded = (fields: Record<string, unknown>) =>
  quote.encode(quote.fromObject(fields)).finish();

Deno.test("a Protobuf message's fields: well-known types, wrappers, enums, nested ones, presence", () => {
  const payload = encoded({
    index: "HSI",
    date: { year: 2024, month: 2, day: 29 },
    at: { seconds: -1, nanos: 999_000_000 },
    open: 0,
    close: { value: 2.5 },
    volume: "7000000000",
    side: 1,
    price: { amount: 1.5 },
    inner: { deep: 5 },
    raw: new Uint8Array([255]),
    list: [1, 2],
    counts: { a: 1 },
  });
  assert.deepEqual(row(payload, payload), [
    "HSI",
    19782,
    -1,
    0,
    2.5,
    7e9,
    "BUY",
    1.5,
    5,
    "/w==",
    "[1,2]",
    '{"a":1}',
  ]);
  // What is not there: a field with presence is no value, one without it is its type's default.
  const empty = encoded({ index: "A" });
  assert.deepEqual(row(empty, empty), [
    "A",
    null,
    null,
    null,
    null,
    0,
    "UNKNOWN",
    null,
    null,
    null,
    "[]",
    "{}",
  ]);
});

Deno.test("a day that no calendar has, and a payload that is cut, are named", () => {
  const payload = encoded({ index: "A", date: { year: 2023, month: 2, day: 29 } });
  assert.equal(row(payload, payload), 'date: no such day "2023-02-29"');
  const cut = payload.subarray(0, -1);
  assert.match(row(cut, cut) as string, /^damaged payload: /);
  const wrong = Uint8Array.of(0x0a, 1, 0xff);
  assert.match(row(wrong, wrong) as string, /^damaged payload: /);
});

Deno.test("the message of a payload is the one that its indexes name", () => {
  const read = confluentIndexes(messages);
  const name = (...bytes: number[]) => {
    const { message, start } = read(Uint8Array.from(bytes));
    return [message?.fullName, start];
  };
  assert.deepEqual(name(0), [".feed.Other", 1]);
  assert.deepEqual(name(2, 2), [".feed.Quote", 2]);
  assert.deepEqual(name(4, 2, 0), [".feed.Quote.Inner", 3]);
  assert.deepEqual(name(6, 2, 0, 0), [".feed.Quote.Inner.Leaf", 4]);
  assert.deepEqual(name(2, 8), [undefined, 2]);
  for (const bytes of [[], [2], [1], [0xfe, 0xff, 0xff, 0xff, 0x0f], [0x80, 0x80]]) {
    assert.throws(() => read(Uint8Array.from(bytes)));
  }
  // By full name: Other, Quote, Quote.CountsEntry, Quote.Inner, Quote.Inner.Leaf.
  const glue = glueIndexes(messages);
  const all = [0, 1, 2, 3, 4, 5].map((i) => glue(Uint8Array.of(i)).message?.fullName);
  assert.deepEqual(all, [
    ".feed.Other",
    ".feed.Quote",
    undefined,
    ".feed.Quote.Inner",
    ".feed.Quote.Inner.Leaf",
    undefined,
  ]);
});

Deno.test("a message is found by its name, with or without the package", () => {
  assert.equal(messageNamed(messages, undefined).fullName, ".feed.Other");
  assert.equal(messageNamed(messages, "Quote").fullName, ".feed.Quote");
  assert.equal(messageNamed(messages, "feed.Quote.Inner").fullName, ".feed.Quote.Inner");
  assert.throws(() => messageNamed(messages, "Quot"), /feed\.Other, feed\.Quote, .* found Quot$/);
});

Deno.test("what is no Protobuf file, or lacks one that it imports, is refused", async () => {
  await assert.rejects(() => protoFile("message {", imported));
  await assert.rejects(
    () => protoFile(FILE, () => undefined),
    /common\.proto, which does not exist/,
  );
  await assert.rejects(() => protoFile('syntax = "proto3";', imported), /found none/);
});

Deno.test("a field without a value is no inherited one, whatever its name", async () => {
  const file = `syntax = "proto3"; message A { optional string constructor = 1; string s = 2; }`;
  const [message] = await protoFile(file, imported);
  const payload = Uint8Array.of(18, 1, 120);
  const columns = ["constructor", "s"].map((name): Column => ({
    name,
    wire: name,
    type: "string",
    required: false,
  }));
  const own = protobufMaker(noIndexes(message), [message])
    .forTable({ table: "t", key: "s", columns, notBelow: [] }, listener);
  assert.deepEqual(own(payload, payload), [null, "x"]);
});
