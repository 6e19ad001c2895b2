import type { Settings } from "../config/settings.ts";
import { Failure } from "../failure/failure.ts";
import { openMessageSchema, openRegistry } from "../message/open_message_form.ts";
import { openSchema } from "../message/open_schema.ts";
import type { PayloadMaker } from "../message/payload_maker.ts";
import type { RowSchema } from "../schema/schema.ts";

/** Milliseconds that the registry may take: messages wait for it anyway. */
const ANSWER_MS = 3000;

/**
 * Refuses to start where no schema is set and the topic's messages were written by one whose messages can
 * never be rows of the default: all of them would become dead letters. With a schema that the user has
 * chosen, the messages themselves show whether they fit, since a topic may have several schemas.
 * @param settings of a message format whose messages are written by a schema
 * @throws {Failure} kind `usage`
 */
export async function requireDefaultSchemaFits(
  settings: Settings,
  schema: RowSchema,
  signal: AbortSignal,
): Promise<void> {
  const { messageSchema, topic } = settings;
  if (settings.schema !== undefined) return;
  const found = messageSchema === undefined
    ? await ofRegistry(settings, signal)
    : { maker: await openMessageSchema(settings, messageSchema), name: messageSchema };
  const why = found?.maker.misfits(schema) ?? [];
  if (why.length === 0) return;
  const file = schemaFile(topic);
  throw new Failure(
    "usage",
    `topic ${topic} holds no rows of the default schema, ${schema.table}: ${found!.name} has ` +
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

/** `undefined` where there is nothing to be said yet, because the registry has no answer. */
async function ofRegistry(
  settings: Settings,
  signal: AbortSignal,
): Promise<{ maker: PayloadMaker; name: string } | undefined> {
  const registry = await openRegistry(settings);
  const subject = registry.subjectOf(settings.topic);
  try {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const id = await registry.latest(subject, patience);
    if (id === undefined) return undefined;
    const schema = await registry.schema(id, patience);
    const maker = await openSchema(schema, { isGlue: registry.isGlue });
    return { maker, name: `schema ${id} of subject ${subject}` };
  } catch {
    signal.throwIfAborted();
    return undefined;
  } finally {
    registry.close?.();
  }
}
