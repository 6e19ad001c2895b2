import { Failure, messageOf } from "../failure/failure.ts";
import { readText } from "../files/read_text.ts";
import { parseJson } from "../schema/parse_json.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { Fields } from "./fields.ts";
import { type MessageSettings, openRegistry, requireFileFormat } from "./open_message_form.ts";
import type { SchemaType } from "./registry/registry.ts";

/** Writes rows in a format that has a schema. */
export interface PayloadWriter {
  readonly type: SchemaType;
  /** The schema. */
  readonly text: string;
  /** What stands between a registry's frame and the payload. */
  readonly indexes?: Uint8Array;
  /** Whether another schema's payloads are the same. @throws {Error} where it is none */
  isSame(text: string): boolean | Promise<boolean>;
  /** @param row a valid one, in the form that JSON messages have */
  write(row: Fields): Uint8Array;
}

/** Makes messages of rows that are JSON. */
export type MessageWriter = (json: Uint8Array) => Uint8Array;

/**
 * How rows are written, by the settings; `null` if they stay JSON. The schema is derived from the
 * table's and registered as the topic's.
 * @throws {Failure} kind `usage` or `service`, when the registry does not take the schema
 */
export async function openMessageWriter(
  settings: MessageSettings & { topic: string },
  schema: RowSchema,
  signal: AbortSignal,
): Promise<MessageWriter | null> {
  const { messageFormat, messageSchema, topic } = settings;
  if (messageFormat === "json") return null;
  const writer = await payloadWriter(messageFormat, schema);
  if (messageSchema !== undefined) {
    requireFileFormat(messageFormat);
    await requireSame(messageSchema, writer, signal);
    return (json) => writer.write(parsed(json));
  }
  const registry = await openRegistry(settings);
  const id = await registry.register(topic, writer, signal);
  const { frame } = registry;
  return (json) => frame.framed(id, writer.write(parsed(json)), writer.indexes);
}

async function payloadWriter(format: string, schema: RowSchema): Promise<PayloadWriter> {
  if (format === "json-schema") {
    const { jsonSchemaWriter } = await import("./json_schema_writer.ts");
    return jsonSchemaWriter(schema);
  }
  if (format === "protobuf") {
    const { protobufWriter } = await import("./protobuf/protobuf_writer.ts");
    return await protobufWriter(schema);
  }
  const { avroWriter } = await import("./avro/avro_writer.ts");
  return avroWriter(schema);
}

/** Who reads by a file must read what is written. */
async function requireSame(
  path: string,
  writer: PayloadWriter,
  signal: AbortSignal,
): Promise<void> {
  let why = "it is not the schema that rows are written with";
  try {
    if (await writer.isSame(await readText(path, signal))) return;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    why = messageOf(error);
  }
  throw new Failure("usage", `--message-schema ${path}: ${why}`, {
    fix: `Put this into the file, for produce and consume: ${writer.text}`,
  });
}

function parsed(json: Uint8Array): Fields {
  return parseJson(decoder.decode(json)) as Fields;
}

const decoder = new TextDecoder();
