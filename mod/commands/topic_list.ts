import type { CommandContext } from "../cli/command.ts";
import { countText } from "../terminal/amount_text.ts";
import { openTopicInspector } from "./open_topic_inspector.ts";

/** `topic list`: the broker's topics. */
export async function run({ settings, output, signal }: CommandContext): Promise<number> {
  const inspector = await openTopicInspector(settings, { signal });
  try {
    const topics = await inspector.topics(signal);
    output.document(topics);
    const width = Math.max(0, ...topics.map(({ topic }) => topic.length));
    for (const { topic, partitions } of topics) {
      output.line(`${topic.padEnd(width)}  ${countText(partitions, "partition")}`);
    }
    if (topics.length === 0) {
      output.note("no topics", "Send to one first: `ticklake produce` creates it.");
    }
    return 0;
  } finally {
    await inspector.close();
  }
}
