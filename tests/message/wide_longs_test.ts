import assert from "node:assert/strict";
import { avroWriter } from "../../mod/message/avro/avro_writer.ts";
import { jsonSchemaWriter } from "../../mod/message/json_schema_writer.ts";
import { openMessageWriter, type PayloadWriter } from "../../mod/message/message_writer.ts";
import { openMessageForm } from "../../mod/message/open_message_form.ts";
import { protobufWriter } from "../../mod/message/protobuf/protobuf_writer.ts";
import { parseJson } from "../../mod/schema/parse_json.ts";
import type { RowSchema } from "../../mod/schema/schema.ts";

const schema: RowSchema = {
  table: "trades",
  key: "id",
  columns: [
    { wire: "id", name: "id", type: "long", required: true },
    { wire: "more", name: "more", type: "long", required: false },
  ],
  notBelow: [],
};

const LONGS = [
  ...[0n, -1n, 2n ** 53n - 2n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n],
  ...[-(2n ** 53n) + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)],
];

const NAMES = { avro: "trades.avsc", protobuf: "trades.proto" } as const;

for (
  const [format, writer] of [["avro", avroWriter(schema)], [
    "protobuf",
    await protobufWriter(schema),
  ]] as const
) {
  Deno.test(`produce's ${format} keeps every digit of a long`, async () => {
    const folder = await Deno.makeTempDir();
    const file = `${folder}/${NAMES[format]}`;
    await Deno.writeTextFile(file, writer.text);
    const settings = {
      topic: "trades",
      messageFormat: format,
      messageSchema: file,
      messageType: undefined,
      registryUrl: undefined,
      registryUser: undefined,
      registryPassword: undefined,
    };
    try {
      const write = await openMessageWriter(settings, schema, new AbortController().signal);
      const check = (await openMessageForm(settings)).check(schema);
      for (const long of LONGS) {
        const message = write!(new TextEncoder().encode(`{"id":${long},"more":${long}}`));
        const row = check(message);
        assert.ok(Array.isArray(row), `${long}: ${row}`);
        assert.deepEqual(row.map((value) => BigInt(value as number | bigint)), [long, long]);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("produce's JSON with a schema keeps every digit of a long", () => {
  const { write }: PayloadWriter = jsonSchemaWriter(schema);
  for (const long of LONGS) {
    const text = `{"id":${long},"more":${long}}`;
    assert.equal(new TextDecoder().decode(write(parseJson(text) as never)), text);
  }
});
