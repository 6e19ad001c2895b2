import type { LoadedSettings } from "../config/load.ts";
import { type CommandName, type Settings, takes } from "../config/settings.ts";
import { Failure } from "../failure/failure.ts";

/**
 * The settings, with those that default to the schema's: the topic has the table's name, with the
 * hyphens that topics have.
 * @throws {Failure} kind `usage`, when the schema cannot be read
 */
export async function followSchema(
  { settings, resolved }: LoadedSettings,
  command: CommandName,
): Promise<Settings> {
  const topic = resolved.find(({ key }) => key === "topic")!;
  if (settings.schema === undefined || topic.origin !== "default" || !takes(command, "topic")) {
    return settings;
  }
  const { loadSchema } = await import("../schema/load_schema.ts");
  let table: string;
  try {
    table = (await loadSchema(settings.schema)).table;
  } catch (error) {
    // doctor has a finding for it, and `schema` has actions that do not read it.
    if ((command === "doctor" || command === "schema") && error instanceof Failure) return settings;
    throw error;
  }
  topic.value = table.replaceAll("_", "-");
  topic.source = `table of ${settings.schema}`;
  return { ...settings, topic: topic.value };
}
