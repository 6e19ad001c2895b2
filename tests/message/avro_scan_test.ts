import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import avro from "avsc";
import fc from "fast-check";
import { avroPayload } from "../../mod/message/avro/avro_payload.ts";
import { fileForm } from "../../mod/message/file_form.ts";
import { payloadMaker } from "../../mod/message/payload_maker.ts";
import { MessageReader } from "../../mod/schema/message_reader.ts";
import { readSchema } from "../../mod/schema/read_schema.ts";
import { PROPERTY } from "../property_seed.ts";

/** Columns of each type, with bounds and a rule, required ones and optional ones. */
const SCHEMA = readSchema({
  table: "t",
  columns: [
    { wire: "s", name: "s", type: "string", required: true, maxLength: 12 },
    { wire: "o", name: "o", type: "string" },
    { wire: "d", name: "d", type: "date", required: true },
    { wire: "t", name: "t", type: "timestamp" },
    { wire: "x", name: "x", type: "double", min: -1e6 },
    { wire: "y", name: "y", type: "double", max: 1e300 },
    { wire: "n", name: "n", type: "long", max: 2 ** 50 },
    { wire: "w", name: "w", type: "long" },
  ],
  notBelow: [{ column: "x", than: "y" }],
}).schema!;

const date = { type: "int", logicalType: "date" };
const millis = { type: "long", logicalType: "timestamp-millis" };
const micros = { type: "long", logicalType: "timestamp-micros" };
const decimal = { type: "bytes", logicalType: "decimal", precision: 12, scale: 3 };

/** Types that a column's field may have: those of the quick way, and others. */
const TYPES: Record<string, unknown[]> = {
  s: ["string"],
  o: ["string", "string", "string", "int"],
  d: [date, "string"],
  t: [millis, micros, millis, "string"],
  x: ["double", "float", "int", "long", decimal],
  y: ["double", "float"],
  n: ["int", "long", "double"],
  w: ["long"],
  // Fields that are no column.
  u1: ["boolean", "bytes", "string", "double"],
  u2: ["float", "long"],
};

const rare = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: usual, weight: 12 }, { arbitrary: other, weight: 1 });
const wide = fc.oneof(fc.integer(), fc.integer({ min: -(2 ** 52), max: 2 ** 52 }));
const text = fc.oneof(
  fc.string({ maxLength: 14 }),
  fc.constantFrom("2023-02-29", "", "ü", "2024-02-29 12:00:00", "a".repeat(80)),
);

function valueOf(name: string, type: unknown): fc.Arbitrary<unknown> {
  const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((own) => Buffer.from(own));
  if (type === decimal) return rare(bytes(3), bytes(8));
  const base = typeof type === "string" ? type : (type as { type: string }).type;
  switch (base) {
    case "string":
      return rare(fc.constantFrom(...name === "d" ? ["2024-02-29"] : ["HSI", "NYA"]), text);
    case "int":
      return rare(fc.integer({ min: 0, max: 40_000 }), fc.integer());
    case "long":
      return rare(fc.integer({ min: 0, max: 2e9 }).map((n) => n * 1000), wide);
    case "float":
    case "double":
      return rare<number>(
        name === "y" ? fc.constantFrom(-2e5, -0.25) : fc.constantFrom(0, 1.5, 2e6),
        fc.oneof(fc.double(), fc.float(), fc.constantFrom(-0, 2 ** 60, NaN)),
      );
    case "boolean":
      return fc.boolean();
    default:
      return bytes(200);
  }
}

/** A writer's schema, a record of it, and what damage is done to its bytes. */
const CASE = fc.tuple(
  fc.shuffledSubarray(Object.keys(TYPES), { minLength: 6 }),
  fc.infiniteStream(fc.nat()),
).chain(([names, choices]) => {
  const fields = [...new Set([...names, "s", "d"])].map((name) => {
    const type = TYPES[name][choices.next().value % TYPES[name].length];
    const isNullable = choices.next().value % 2 === 0;
    const nullFirst = choices.next().value % 2 === 0;
    return { name, type, isNullable, nullFirst };
  });
  const record = {
    type: "record",
    name: "R",
    fields: fields.map(({ name, type, isNullable, nullFirst }) => ({
      name,
      type: isNullable ? (nullFirst ? ["null", type] : [type, "null"]) : type,
    })),
  };
  const values = fields.map(({ name, type, isNullable }) =>
    isNullable ? fc.option(valueOf(name, type), { freq: 8 }) : valueOf(name, type)
  );
  return fc.record({
    record: fc.constant(record),
    values: fc.tuple(...values),
    damage: fc.option(fc.tuple(fc.nat(), fc.integer({ min: -1, max: 255 })), { freq: 2 }),
  });
});

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

Deno.test("the quick way through an Avro record reads what the careful one reads, or leaves it", () => {
  let accepted = 0;
  fc.assert(
    fc.property(CASE, ({ record, values, damage }) => {
      const text = JSON.stringify(record);
      const fields = record.fields.map(({ name }, i) => [name, values[i]]);
      let bytes: Uint8Array = new Uint8Array(
        avro.Type.forSchema(JSON.parse(text)).toBuffer(Object.fromEntries(fields)),
      );
      if (damage !== null) {
        const at = damage[0] % bytes.length;
        if (damage[1] < 0) bytes = bytes.subarray(0, at);
        else bytes[at] = damage[1];
      }
      const form = fileForm("quotes.avsc", payloadMaker(avroPayload(text)));
      const check = form.check(SCHEMA);
      const reader = new MessageReader(SCHEMA, check, false);
      const checked = check(bytes);
      if (bytes.length > 0 && check.scan?.(bytes, 0, reader)) accepted++;
      const reason = reader.read(bytes);
      const held = SCHEMA.columns.map(({ type }, c) =>
        reader.absent[c] === 1
          ? null
          : type === "string"
          ? decoder.decode(reader.bytes.subarray(reader.starts[c], reader.ends[c]))
          : reader.numbers[c]
      );
      assert.deepEqual(reason ?? held, checked);
    }),
    PROPERTY,
  );
  assert.ok(accepted > PROPERTY.numRuns / 20, `the quick way took ${accepted}`);
});
