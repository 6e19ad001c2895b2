import { dirname, join } from "node:path";
import { readText } from "../files/read_text.ts";
import { messageCheck } from "./message_check.ts";
import { type PayloadMaker, payloadMaker } from "./payload_maker.ts";
import type { RegisteredSchema } from "./registry/registry.ts";

/** Options of {@linkcode openSchema}. */
export interface OpenSchemaOptions {
  /** Whether it is from AWS Glue's registry, whose Protobuf payloads begin otherwise. */
  isGlue?: boolean;
  /** The Protobuf message to draft a table from. @default {the file's first} */
  messageType?: string;
}

/**
 * What makes rows of a registered schema's payloads.
 * @throws {Error} if the schema cannot be used
 */
export async function openSchema(
  { type, text, references }: RegisteredSchema,
  { isGlue = false, messageType }: OpenSchemaOptions = {},
): Promise<PayloadMaker> {
  switch (type) {
    case "AVRO": {
      const { avroPayload } = await import("./avro/avro_payload.ts");
      return payloadMaker(avroPayload(text, references.map(({ text }) => text)));
    }
    case "PROTOBUF": {
      const files = new Map(references.map(({ name, text }) => [name, text]));
      const { protoFile, indexes, named, protobufMaker } = await openProtobuf();
      const messages = await protoFile(text, (path) => files.get(path));
      const first = named.messageNamed(messages, messageType);
      const others = messages.flatMap(named.withNested).filter((message) => message !== first);
      const { glueIndexes, confluentIndexes } = indexes;
      const read = (isGlue ? glueIndexes : confluentIndexes)(messages);
      return protobufMaker(read, [first, ...others]);
    }
    case "JSON": {
      const [{ jsonSchemaDraft }, { jsonSchemaMisfits }] = await Promise.all([
        import("./json_schema_draft.ts"),
        import("./json_schema_misfits.ts"),
      ]);
      return {
        text: (payload) => new TextDecoder("utf-8", { fatal: true }).decode(payload),
        draft: () => jsonSchemaDraft(text),
        misfits: (schema) => jsonSchemaMisfits(text, schema),
        forTable(schema, { onUnknown }) {
          const check = messageCheck(schema, onUnknown);
          return (payload, _, record) => check(payload, record);
        },
      };
    }
    default:
      throw new Error(`schemas of type ${type} are not supported`);
  }
}

/** Options of {@linkcode openSchemaFile}. */
export interface SchemaFileOptions {
  /** The Protobuf message that all messages are. @default {the file's first} */
  messageType?: string;
  signal?: AbortSignal;
}

/**
 * What makes rows of messages without a frame, by the writer's schema in a file.
 * @throws {Error} if the file cannot be read or used
 * @throws the signal's reason, as soon as it aborts
 */
export async function openSchemaFile(
  path: string,
  type: RegisteredSchema["type"],
  { messageType, signal }: SchemaFileOptions = {},
): Promise<PayloadMaker> {
  const text = await readText(path, signal);
  if (type !== "PROTOBUF") return await openSchema({ type, text, references: [] });
  const { protoFile, indexes, named, protobufMaker } = await openProtobuf();
  const messages = await protoFile(text, (file) => importedText(path, file, signal));
  const message = named.messageNamed(messages, messageType);
  return protobufMaker(indexes.noIndexes(message), [message]);
}

async function openProtobuf() {
  const [{ protoFile }, indexes, named, { protobufMaker }] = await Promise.all([
    import("./protobuf/proto_file.ts"),
    import("./protobuf/message_indexes.ts"),
    import("./protobuf/message_named.ts"),
    import("./protobuf/protobuf_maker.ts"),
  ]);
  return { protoFile, indexes, named, protobufMaker };
}

/** An imported file is beside the one that imports it, or below its folder. */
async function importedText(
  path: string,
  imported: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    return await readText(join(dirname(path), imported), signal);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
