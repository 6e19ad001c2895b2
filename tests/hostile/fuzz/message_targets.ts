import assert from "node:assert/strict";
import { avroPayload } from "../../../mod/message/avro/avro_payload.ts";
import { fileForm } from "../../../mod/message/file_form.ts";
import type { PayloadMaker } from "../../../mod/message/payload_maker.ts";
import { payloadMaker } from "../../../mod/message/payload_maker.ts";
import { noIndexes } from "../../../mod/message/protobuf/message_indexes.ts";
import { protoFile } from "../../../mod/message/protobuf/proto_file.ts";
import { protobufMaker } from "../../../mod/message/protobuf/protobuf_maker.ts";
import { MessageReader } from "../../../mod/schema/message_reader.ts";
import { readSchema } from "../../../mod/schema/read_schema.ts";
import { heldRow } from "./held_row.ts";
import type { Target } from "./targets.ts";

/** A writer's record with every type, one that refers to itself among them: a message may nest without end. */
export const AVRO_RECORD = {
  type: "record",
  name: "Quote",
  fields: [
    { name: "symbol", type: "string" },
    { name: "day", type: { type: "int", logicalType: "date" } },
    { name: "at", type: ["null", { type: "long", logicalType: "timestamp-micros" }] },
    { name: "close", type: ["null", "int", "double"] },
    { name: "volume", type: "long" },
    { name: "amount", type: { type: "bytes", logicalType: "decimal", precision: 10, scale: 2 } },
    { name: "side", type: { type: "enum", name: "Side", symbols: ["BUY", "SELL"] } },
    { name: "id", type: { type: "fixed", name: "Id", size: 4 } },
    { name: "list", type: { type: "array", items: ["null", "float"] } },
    { name: "counts", type: { type: "map", values: "int" } },
    { name: "flag", type: "boolean" },
    {
      name: "leg",
      type: {
        type: "record",
        name: "Leg",
        fields: [{ name: "price", type: "double" }, { name: "next", type: ["null", "Leg"] }],
      },
    },
  ],
};

/** The same as a Protobuf message. */
export const PROTO = `
syntax = "proto3";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "google/type/date.proto";
enum Side { BUY = 0; SELL = 1; }
message Quote {
  message Leg { double price = 1; Leg next = 2; }
  string symbol = 1;
  google.type.Date day = 2;
  google.protobuf.Timestamp at = 3;
  google.protobuf.DoubleValue close = 4;
  int64 volume = 5;
  bytes amount = 6;
  Side side = 7;
  fixed32 id = 8;
  repeated float list = 9;
  map<string, sint32> counts = 10;
  bool flag = 11;
  Leg leg = 12;
}
`;

const schema = readSchema({
  table: "quotes",
  columns: [
    { wire: "symbol", name: "symbol", type: "string", required: true },
    { wire: "day", name: "day", type: "date" },
    { wire: "at", name: "at", type: "timestamp" },
    { wire: "close", name: "close", type: "double" },
    { wire: "volume", name: "volume", type: "long" },
    { wire: "amount", name: "amount", type: "double" },
    { wire: "side", name: "side", type: "string" },
    { wire: "id", name: "id", type: "string" },
    { wire: "list", name: "list", type: "string" },
    { wire: "counts", name: "counts", type: "string" },
    { wire: "flag", name: "flag", type: "string" },
    { wire: "leg", name: "leg", type: "string" },
    { wire: "leg.next.price", name: "next_price", type: "double" },
  ],
}).schema!;

/** Neither the check nor the text throws, and the quick way reads what the careful one does. */
function messages(maker: PayloadMaker): Target["run"] {
  const form = fileForm("schema", maker);
  const check = form.check(schema);
  const reader = new MessageReader(schema, check, false);
  return (bytes) => {
    form.text!(bytes);
    const checked = check(bytes);
    const reason = reader.read(bytes);
    assert.deepEqual(reason ?? heldRow(schema, reader), checked);
  };
}

const types = await protoFile(PROTO, () => undefined);
const quote = types.find(({ name }) => name === "Quote")!;

/** Messages that are not JSON: whoever may write to the topic chooses their bytes. */
export const MESSAGE_TARGETS: readonly Target[] = [
  { name: "avro-message", run: messages(payloadMaker(avroPayload(JSON.stringify(AVRO_RECORD)))) },
  { name: "protobuf-message", run: messages(protobufMaker(noIndexes(quote), [quote])) },
];
