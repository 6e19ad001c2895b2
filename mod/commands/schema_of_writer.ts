import { basename } from "node:path";
import type { Settings } from "../config/settings.ts";
import { Failure, messageOf } from "../failure/failure.ts";
import { readText } from "../files/read_text.ts";
import { openRegistry } from "../message/open_message_form.ts";
import { openSchema, openSchemaFile } from "../message/open_schema.ts";
import type { PayloadMaker } from "../message/payload_maker.ts";
import type { SchemaType } from "../message/registry/registry.ts";
import { parseJson } from "../schema/parse_json.ts";
import { draftText, tableName } from "../schema/schema_draft.ts";

/** Bytes of a .json file above which it is data. */
const MOST_SCHEMA_BYTES = 8 * 2 ** 20;

/** `--message-format` by a schema's type. */
const FORMATS: Readonly<Record<SchemaType, string>> = {
  AVRO: "avro",
  PROTOBUF: "protobuf",
  JSON: "json-schema",
};

/**
 * A schema for rows that are written by another schema: by the one in a file, or by the newest one that
 * a registry has of the topic.
 * @returns its text with comments; `undefined` for a file of rows, and where there is neither file nor registry
 * @throws {Failure} kind `usage` or `service`, if there is no such schema or it cannot be used
 */
export async function schemaOfWriter(
  settings: Settings,
  file: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (file !== undefined) {
    const type = await typeOfFile(file, signal);
    return type === undefined ? undefined : await ofFile(settings, file, type, signal);
  }
  const { messageSchema, registryUrl } = settings;
  if (messageSchema !== undefined) {
    const type = await typeOfFile(messageSchema, signal) ?? "AVRO";
    return await ofFile(settings, messageSchema, type, signal);
  }
  return registryUrl === undefined ? undefined : await ofRegistry(settings, signal);
}

async function ofFile(
  { messageType }: Settings,
  path: string,
  type: SchemaType,
  signal: AbortSignal,
): Promise<string> {
  try {
    const maker = await openSchemaFile(path, type, { messageType, signal });
    const name = basename(path).replace(/\.[a-z]+$/i, "");
    return written(maker, { name, origin: path, command: path, type });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new Failure("usage", `schema infer ${path}: ${messageOf(error)}`, {
      fix:
        "Give an Avro schema (.avsc), a .proto file beside those that it imports, or a JSON Schema.",
      cause: error,
    });
  }
}

async function ofRegistry(settings: Settings, signal: AbortSignal): Promise<string> {
  const { topic, messageType } = settings;
  const registry = await openRegistry(settings);
  try {
    const subject = settings.subject ?? registry.subjectOf(topic);
    const id = await registry.latest(subject, signal);
    if (id === undefined) {
      throw new Failure("usage", `${registry.url} has no subject ${subject}`, {
        fix: "Name the topic with --topic, or the subject of its producers with --subject.",
      });
    }
    const schema = await registry.schema(id, signal);
    const source = `schema ${id} of subject ${subject} in ${registry.url}`;
    try {
      const maker = await openSchema(schema, { isGlue: registry.isGlue, messageType });
      const name = settings.subject === undefined ? topic : subject.replace(/-value$/, "");
      const flag = settings.subject === undefined ? `--topic ${topic}` : `--subject ${subject}`;
      return written(maker, { name, origin: source, command: flag, type: schema.type });
    } catch (error) {
      throw new Failure("usage", `${source}: ${messageOf(error)}`, { cause: error });
    }
  } finally {
    registry.close?.();
  }
}

/** Where an inferred schema comes from. */
interface Origin {
  /** What its table is named after. */
  name: string;
  origin: string;
  /** Words after `schema infer`. */
  command: string;
  type: SchemaType;
}

function written(maker: PayloadMaker, { name, origin, command, type }: Origin): string {
  const { columns, leftOut } = maker.draft();
  if (columns.length === 0) {
    throw new Error(`no field can be a column${leftOut.map((why) => `; ${why}`).join("")}`);
  }
  const isOtherTopic = tableName(name).replaceAll("_", "-") !== name;
  return draftText({
    source: name,
    columns,
    comments: [
      `Made by \`ticklake schema infer ${command}\` from ${origin}. Review it.`,
      `Use it with --schema (TICKLAKE_SCHEMA) and --message-format ${FORMATS[type]} ` +
      "(TICKLAKE_MESSAGE_FORMAT).",
      ...isOtherTopic
        ? ["Set --topic (KAFKA_TOPIC) too: the table's name is not the topic's."]
        : [],
      ...leftOut.map((why) => `Left out: ${why}.`),
    ],
  });
}

/** The type of a schema that a file holds; `undefined` for a file of rows. */
async function typeOfFile(path: string, signal: AbortSignal): Promise<SchemaType | undefined> {
  if (/\.avsc$/i.test(path)) return "AVRO";
  if (/\.proto$/i.test(path)) return "PROTOBUF";
  if (!/\.json$/i.test(path)) return undefined;
  try {
    const { isFile, size } = await Deno.stat(path);
    if (!isFile || size > MOST_SCHEMA_BYTES) return undefined;
    const json = parseJson(await readText(path, signal)) as Record<string, unknown> | undefined;
    if (json?.type === "record" && Array.isArray(json.fields)) return "AVRO";
    const isSchema = typeof json?.$schema === "string" || json?.type === "object";
    return isSchema && typeof json?.properties === "object" ? "JSON" : undefined;
  } catch {
    // Who reads it as a file of rows says what is wrong with it.
    return undefined;
  }
}
