import type { Settings } from "../config/settings.ts";
import { Failure } from "../failure/failure.ts";
import type { MessageForm, WriterSchema } from "../message/message_form.ts";
import type { RowSchema } from "../schema/schema.ts";

/** Milliseconds that the registry may take: messages wait for it anyway. */
const ANSWER_MS = 3000;

/**
 * Refuses to start if no schema is set and the topic's messages were written by one whose messages
 * can never be rows of the default: all of them would become dead letters. With a schema that the
 * user has chosen, the messages themselves show whether they fit, since a topic may have several
 * schemas.
 * @throws {Failure} kind `usage`
 */
export async function requireDefaultSchemaFits(
  settings: Settings,
  form: MessageForm,
  schema: RowSchema,
  signal: AbortSignal,
): Promise<void> {
  const { topic } = settings;
  if (settings.schema !== undefined) return;
  const writer = await writerOf(form, topic, signal);
  const why = writer?.misfits(schema) ?? [];
  if (why.length === 0) return;
  const file = schemaFile(topic);
  throw new Failure(
    "usage",
    `topic ${topic} holds no rows of the default schema, ${schema.table}: ${writer!.name} has ` +
      why.join("; "),
    {
      fix: `\`ticklake schema infer > ${file}\` makes a schema from it: review it, and set ` +
        `TICKLAKE_SCHEMA=${file} for all commands. --schema ${schema.table} writes the messages ` +
        "to the dead letters instead.",
    },
  );
}

function schemaFile(topic: string): string {
  return `${topic.replace(/[^\w.-]/g, "_")}.schema.json`;
}

/** `undefined` if nothing is known yet, as the registry has not answered. */
async function writerOf(
  form: MessageForm,
  topic: string,
  signal: AbortSignal,
): Promise<WriterSchema | undefined> {
  try {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    return await form.writer?.(topic, patience);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
