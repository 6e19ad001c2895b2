import { noSuchTopic } from "../broker/absent_topic.ts";
import type { InspectedGroup, TopicDescription } from "../broker/topic_inspector.ts";
import type { CommandContext } from "../cli/command.ts";
import { countText, numberText, sizeText } from "../terminal/amount_text.ts";
import { openExistingBroker } from "./open_broker.ts";
import { openTopicInspector } from "./open_topic_inspector.ts";

/** `topic show`: one topic's log, partitions, settings, and the groups that read it. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output, signal } = context;
  const { topic } = settings;
  const inspector = await openTopicInspector(settings, { signal });
  try {
    const found = await inspector.describe(topic, signal);
    const broker = await openExistingBroker(settings);
    try {
      if (found === null) throw await noSuchTopic(broker, topic, { signal });
      const log = await broker.log(topic, { signal });
      output.document({ ...found, cluster: log?.cluster ?? null, topicId: log?.topicId ?? null });
      output.line(`topic ${topic} on ${broker.description}`);
      if (log !== null) {
        output.line(`log: cluster ${log.cluster}, topic id ${log.topicId ?? "none"}`);
      }
    } finally {
      await broker.close();
    }
    print(found, context);
    return 0;
  } finally {
    await inspector.close();
  }
}

function print(found: TopicDescription, { output }: CommandContext): void {
  for (const [name, value] of Object.entries(found.settings)) output.line(`${name} = ${value}`);
  output.line("");
  const rows = found.partitions.map((partition) => [
    String(partition.partition),
    partition.leader === null ? "-" : String(partition.leader),
    `${partition.inSync.length}/${partition.replicas.length}`,
    String(partition.low),
    String(partition.high),
    numberText(partition.high - partition.low),
    partition.bytes === null ? "-" : sizeText(partition.bytes),
  ]);
  const heads = ["partition", "leader", "in sync", "first", "next", "messages", "size"];
  for (const line of aligned([heads, ...rows])) output.line(line);
  output.line("");
  if (found.groups.length === 0) output.line("no group has committed offsets for it");
  for (const group of found.groups) output.line(groupLine(group, found.partitions.length));
}

function groupLine({ group, state, members, partitions }: InspectedGroup, all: number): string {
  const lag = partitions.reduce((sum, partition) => sum + partition.lag, 0);
  return `group ${group}: ${state}, ${countText(members, "member")}, lag ${numberText(lag)}, ` +
    `offsets of ${partitions.length} of ${countText(all, "partition")}`;
}

/** Columns aligned to the right. */
function aligned(rows: readonly string[][]): string[] {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)));
  return rows.map((row) => row.map((cell, c) => cell.padStart(widths[c])).join("  "));
}
