import { dirname, join } from "node:path";
import type { Settings } from "../config/settings.ts";
import { Failure, messageOf } from "../failure/failure.ts";
import { messageCheck } from "./message_check.ts";
import { JSON_FORM, type MessageForm } from "./message_form.ts";
import { type PayloadMaker, payloadMaker } from "./payload_maker.ts";
import type { RegisteredSchema, Registry } from "./registry/registry.ts";

/** The settings that say how messages are read and written. */
export type MessageSettings = Pick<
  Settings,
  | "messageFormat"
  | "messageSchema"
  | "messageType"
  | "registryUrl"
  | "registryUser"
  | "registryPassword"
>;

/**
 * How the messages of the topic are read, by the settings. What a format needs is loaded only for it.
 * @throws {Failure} kind `usage`, where the settings do not fit each other
 */
export async function openMessageForm(settings: MessageSettings): Promise<MessageForm> {
  const { messageFormat, messageSchema } = settings;
  if (messageFormat === "json") return JSON_FORM;
  if (messageSchema !== undefined) {
    const { fileForm } = await import("./file_form.ts");
    return fileForm(await fromFile(settings, messageSchema));
  }
  const [registry, { RegistryForm }] = await Promise.all([
    openRegistry(settings),
    import("./registry/registry_form.ts"),
  ]);
  return new RegistryForm(registry, (schema) => openSchema(schema, registry.isGlue));
}

/** The registry of the settings. @throws {Failure} kind `usage`, where they name none */
export async function openRegistry(settings: MessageSettings): Promise<Registry> {
  const { messageFormat, registryUrl: url, registryUser: user, registryPassword: password } =
    settings;
  if (url === undefined) {
    throw new Failure("usage", `--message-format ${messageFormat}: no schema registry is set`, {
      fix: "Set SCHEMA_REGISTRY_URL; or, for Avro and Protobuf, --message-schema FILE.",
    });
  }
  if (/^glue:/i.test(url)) {
    const { openGlueRegistry } = await import("./glue/glue_registry.ts");
    return openGlueRegistry(url);
  }
  const { RegistryClient } = await import("./registry/registry_client.ts");
  return new RegistryClient({ url, user, password });
}

/** What makes rows of a registered schema's payloads. @throws {Error} where it is not read */
export async function openSchema(
  { type, text, references }: RegisteredSchema,
  isGlue = false,
): Promise<PayloadMaker> {
  switch (type) {
    case "AVRO": {
      const { avroPayload } = await import("./avro/avro_payload.ts");
      return payloadMaker(avroPayload(text, references.map(({ text }) => text)));
    }
    case "PROTOBUF": {
      const [{ protoFile }, indexes, { protobufMaker }] = await openProtobuf();
      const files = new Map(references.map(({ name, text }) => [name, text]));
      const messages = await protoFile(text, (path) => files.get(path));
      const { glueIndexes, confluentIndexes } = indexes;
      return protobufMaker((isGlue ? glueIndexes : confluentIndexes)(messages));
    }
    case "JSON":
      return {
        text: (payload) => new TextDecoder("utf-8", { fatal: true }).decode(payload),
        forTable(schema, { onUnknown }) {
          const check = messageCheck(schema, onUnknown);
          return (payload, _, record) => check(payload, record);
        },
      };
    default:
      throw new Error(`schemas of type ${type} are not supported`);
  }
}

function openProtobuf() {
  return Promise.all([
    import("./protobuf/proto_file.ts"),
    import("./protobuf/message_indexes.ts"),
    import("./protobuf/protobuf_maker.ts"),
  ]);
}

/** @throws {Failure} kind `usage`, for a format that is not read by a schema in a file */
export function requireFileFormat(format: string): void {
  if (format === "avro" || format === "protobuf") return;
  throw new Failure("usage", `--message-schema: not for --message-format ${format}`, {
    fix: "Only Avro and Protobuf can use a schema file; JSON Schema needs a registry.",
  });
}

async function fromFile(settings: MessageSettings, path: string): Promise<PayloadMaker> {
  const { messageFormat, messageType } = settings;
  requireFileFormat(messageFormat);
  try {
    const text = await Deno.readTextFile(path);
    if (messageFormat === "avro") {
      return await openSchema({ type: "AVRO", text, references: [] });
    }
    const [{ protoFile }, { noIndexes }, { protobufMaker }] = await openProtobuf();
    const { messageNamed } = await import("./protobuf/message_named.ts");
    const messages = await protoFile(text, (file) => importedText(path, file));
    return protobufMaker(noIndexes(messageNamed(messages, messageType)));
  } catch (error) {
    throw new Failure("usage", `--message-schema ${path}: ${messageOf(error)}`, {
      fix: messageFormat === "avro"
        ? "Give the writer's schema, as JSON."
        : "Give the writer's .proto file, next to the files it imports, and --message-type.",
      cause: error,
    });
  }
}

/** An imported file is beside the one that imports it, or below its folder. */
async function importedText(path: string, imported: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(join(dirname(path), imported));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
