import type { Settings } from "../config/settings.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { Output } from "../terminal/output.ts";
import { openTopicInspector } from "./open_topic_inspector.ts";

/** Milliseconds that the question may take. */
const PATIENCE_MS = 5000;

/**
 * Warns if the topic is compacted: Kafka then keeps only the newest row of each key, and the keys
 * of quotes are few. Silent if the broker does not say.
 */
export async function warnOfCompaction(
  settings: Settings,
  { key, columns }: RowSchema,
  output: Output,
): Promise<void> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const inspector = await openTopicInspector(settings, { signal });
    try {
      const topic = await inspector.describe(settings.topic, signal);
      if (!topic?.settings["cleanup.policy"]?.includes("compact")) return;
      const date = columns.find(({ type }) => type === "date" || type === "timestamp");
      const names = [...new Set([key, date?.wire ?? []].flat(2))].join(",");
      output.note(
        `warning: topic ${settings.topic} is compacted: Kafka keeps only the newest row per key, ` +
          `by ${[key].flat().join(", ") || "no column"}`,
        `Set the topic's cleanup.policy to delete, or use a more specific key: --key '${names}'.`,
      );
    } finally {
      await inspector.close();
    }
  } catch {
    // Only a warning: the producer reports problems of the broker.
  }
}
