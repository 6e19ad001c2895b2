import type { SinkListener } from "../sink/sink_event.ts";
import { countText } from "../terminal/amount_text.ts";
import type { Output } from "../terminal/output.ts";

/** Maximum number of names that are reported; further ones are only counted. */
const MOST_TOLD = 20;

/** Reports each unknown field once, and at the end how many messages had one. */
export function unknownFields(output: Output): { listener: SinkListener; close(): void } {
  const told = new Set<string>();
  let messages = 0;
  return {
    listener(event) {
      if (event.kind !== "unknown field") return;
      messages++;
      if (told.has(event.name) || told.size === MOST_TOLD) return;
      told.add(event.name);
      output.note(
        `warning: messages have a field ${JSON.stringify(event.name)} that is not in the schema`,
        "Add an optional column for it to the schema, at its end; or --strict-fields makes such messages dead letters.",
      );
    },
    close() {
      if (messages === 0) return;
      output.note(`${countText(messages, "message")} had fields that are not in the schema`);
    },
  };
}
