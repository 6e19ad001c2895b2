import type { Settings } from "../config/settings.ts";
import { Failure, messageOf } from "../failure/failure.ts";
import { JSON_FORM, type MessageForm } from "./message_form.ts";
import { openSchema, openSchemaFile } from "./open_schema.ts";
import type { PayloadMaker } from "./payload_maker.ts";
import type { Registry } from "./registry/registry.ts";

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
 * @throws the signal's reason, where it aborts while a schema's file is waited for
 */
export async function openMessageForm(
  settings: MessageSettings,
  signal?: AbortSignal,
): Promise<MessageForm> {
  const { messageFormat, messageSchema } = settings;
  if (messageFormat === "json") return JSON_FORM;
  if (messageSchema !== undefined) {
    const { fileForm } = await import("./file_form.ts");
    return fileForm(messageSchema, await openMessageSchema(settings, messageSchema, signal));
  }
  const [registry, { RegistryForm }] = await Promise.all([
    openRegistry(settings),
    import("./registry/registry_form.ts"),
  ]);
  const { isGlue } = registry;
  return new RegistryForm(registry, (schema) => openSchema(schema, { isGlue }));
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

/** @throws {Failure} kind `usage`, for a format that is not read by a schema in a file */
export function requireFileFormat(format: string): void {
  if (format === "avro" || format === "protobuf") return;
  throw new Failure("usage", `--message-schema: not for --message-format ${format}`, {
    fix: "Only Avro and Protobuf can use a schema file; JSON Schema needs a registry.",
  });
}

/**
 * What makes rows of messages, by the file that `--message-schema` names.
 * @throws {Failure} kind `usage`, if it cannot be used
 */
export async function openMessageSchema(
  { messageFormat, messageType }: Pick<MessageSettings, "messageFormat" | "messageType">,
  path: string,
  signal?: AbortSignal,
): Promise<PayloadMaker> {
  requireFileFormat(messageFormat);
  const type = messageFormat === "avro" ? "AVRO" : "PROTOBUF";
  try {
    return await openSchemaFile(path, type, { messageType, signal });
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new Failure("usage", `--message-schema ${path}: ${messageOf(error)}`, {
      fix: messageFormat === "avro"
        ? "Give the writer's schema, as JSON."
        : "Give the writer's .proto file, next to the files it imports, and --message-type.",
      cause: error,
    });
  }
}
