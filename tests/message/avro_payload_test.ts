import assert from "node:assert/strict";
import { avroPayload } from "../../mod/message/avro/avro_payload.ts";
import { Instant } from "../../mod/message/payload.ts";

/** Written by fastavro 1.13.1. */
const FOREIGN = "AmHwqAICAQQAAAAAAAD4PwIE/ziCgICAgICAIKq0rtjHv86XLw==";

const micros = { type: "long", logicalType: "timestamp-micros" };
const FIELDS = [
  { name: "i", type: "string" },
  { name: "d", type: { type: "int", logicalType: "date" } },
  { name: "t", type: ["null", micros] },
  { name: "x", type: ["null", "int", "double"] },
  { name: "c", type: ["null", { type: "bytes", logicalType: "decimal", precision: 10, scale: 2 }] },
  { name: "l", type: "long" },
  { name: "n", type: { type: "long", logicalType: "timestamp-nanos" } },
];

Deno.test("logical types, unions and longs beyond 2^53 of another writer are read", () => {
  const schema = JSON.stringify({ type: "record", name: "A", fields: FIELDS });
  const reader = avroPayload(schema);
  assert.deepEqual(reader.decimals, ["c"]);
  assert.deepEqual({ ...reader.read(Uint8Array.fromBase64(FOREIGN)) }, {
    i: "a",
    d: new Instant(Date.UTC(2022, 0, 8), true),
    t: new Instant(-1, false),
    x: 1.5,
    c: -2,
    l: 9007199254740993n,
    n: new Instant(1_700_000_000_123, false),
  });
});

Deno.test("a schema may refer to others", () => {
  const price = '{"type":"record","name":"Price","fields":[{"name":"close","type":"double"}]}';
  const quote = '{"type":"record","name":"Quote","fields":[{"name":"p","type":"Price"}]}';
  const bytes = new Uint8Array(new Float64Array([2.5]).buffer);
  const { p } = avroPayload(quote, [price]).read(bytes) as { p: { close: number } };
  assert.equal(p.close, 2.5);
});

Deno.test("an array that claims more items than there are bytes is refused at once", () => {
  const schema =
    '{"type":"record","name":"A","fields":[{"name":"a","type":{"type":"array","items":"null"}}]}';
  assert.throws(() => avroPayload(schema).read(Uint8Array.of(0xfe, 0xff, 0xff, 0xff, 0x0f)));
});
