import type { RecordBatch } from "../broker/broker.ts";
import type { Settings } from "../config/settings.ts";
import type { MessageForm } from "../message/message_form.ts";
import { readSchema } from "../schema/read_schema.ts";
import { SHIPPED_SCHEMAS } from "../schema/shipped_schemas.ts";
import type { SinkListener } from "../sink/sink_event.ts";
import type { Output } from "../terminal/output.ts";

/** Messages that are looked at. */
const SAMPLE = 20;

/**
 * Warns once, before any is written, that the topic's first messages are not rows of the schema in
 * force, and which shipped schema they fit. A `--schema` that was forgotten is found so.
 */
export function otherSchema(
  { schema, topic }: Settings,
  form: MessageForm,
  output: Output,
): SinkListener {
  let isTold = false;
  return (event) => {
    if (event.kind !== "no row" || isTold) return;
    isTold = true;
    const fitting = fittingSchema(event.batch, form);
    output.note(
      `warning: none of the first messages of topic ${topic} is a row of ` +
        `${schema ?? "the default schema, index_quotes"}: they become dead letters`,
      fitting === undefined
        ? "Stop, and name the schema that the topic's producer uses with --schema (TICKLAKE_SCHEMA)" +
          (form.isPlainJson ? "." : "; `ticklake schema infer` makes one from the writer's schema.")
        : `They are rows of ${fitting}: stop, and start again with --schema ${fitting}.`,
    );
  };
}

/** The shipped schema of which all of the first messages are rows. */
function fittingSchema(batch: RecordBatch, form: MessageForm): string | undefined {
  const values = Array.from({ length: Math.min(batch.count, SAMPLE) }, (_, i) => batch.value(i))
    .filter((value) => value !== null);
  for (const [name, json] of SHIPPED_SCHEMAS) {
    const { schema } = readSchema(json);
    if (schema === null || values.length === 0) continue;
    const check = form.check(schema);
    if (values.every((value) => typeof check(value) !== "string")) return name;
  }
  return undefined;
}
