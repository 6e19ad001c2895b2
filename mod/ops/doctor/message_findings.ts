import type { Settings } from "../../config/settings.ts";
import { messageOf } from "../../failure/failure.ts";
import { openMessageForm, openRegistry } from "../../message/open_message_form.ts";
import { openSchema } from "../../message/open_schema.ts";
import type { PayloadMaker } from "../../message/payload_maker.ts";
import type { Registry } from "../../message/registry/registry.ts";
import type { RowSchema } from "../../schema/schema.ts";
import { failedBy, type Finding, ok, warning } from "./finding.ts";

/** Name of the check in all its findings. */
const CHECK = "schema registry";

/**
 * Looks at what messages are read by: a schema in a file, or a registry: whether it answers, lets us in
 * and serves the topic's schema, and whether that has what the table needs.
 */
export async function* messageFindings(
  settings: Settings,
  schema: RowSchema | undefined,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const { messageFormat, messageSchema } = settings;
  if (messageSchema !== undefined) {
    try {
      await openMessageForm(settings, signal);
      yield ok("message schema", `${messageFormat}, ${messageSchema}`);
    } catch (error) {
      signal.throwIfAborted();
      yield failedBy("message schema", error);
    }
    return;
  }
  let registry: Registry | undefined;
  try {
    registry = await openRegistry(settings);
    const found = await registry.check(signal);
    yield ok(CHECK, `${registry.url}: ${found}`);
    yield await topicFinding(registry, settings.topic, schema, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    yield failedBy(CHECK, error);
  } finally {
    registry?.close?.();
  }
}

async function topicFinding(
  registry: Registry,
  topic: string,
  schema: RowSchema | undefined,
  signal: AbortSignal,
): Promise<Finding> {
  const id = await registry.latest(registry.subjectOf(topic), signal);
  if (id === undefined) {
    return warning(
      CHECK,
      `it has no schema of topic ${topic}`,
      "`ticklake produce` registers it. Other producers may use another subject name: then ignore this.",
    );
  }
  const registered = await registry.schema(id, signal);
  const notes: string[] = [];
  let maker: PayloadMaker;
  try {
    maker = await openSchema(registered, { isGlue: registry.isGlue });
  } catch (error) {
    return warning(CHECK, `schema ${id} of topic ${topic} cannot be used: ${messageOf(error)}`);
  }
  if (schema !== undefined) {
    maker.forTable(schema, { onUnknown() {}, note: (text) => notes.push(text) });
  }
  const what = `schema ${id} of topic ${topic}, ${registered.type}`;
  return notes.length === 0
    ? ok(CHECK, what)
    : warning(CHECK, `${what}: ${notes.join("; ")}`, "Give the table's schema with --schema.");
}
