import type { Broker } from "../broker/broker.ts";
import type { LogWriter } from "../table/table.ts";
import { parseCheckpoint } from "./intent.ts";

/** What a table may query about the log that a group writes to it, and about the group. */
export function logWriter(
  { broker, topic, group, takeOver, from }: {
    broker: Broker;
    topic: string;
    group: string;
    takeOver?: boolean;
    from?: LogWriter["from"];
  },
): LogWriter {
  return {
    group,
    takeOver,
    from,
    async committed() {
      const all = await broker.groupOffsets(group, topic);
      return all.map(({ partition, offset, metadata }) => {
        const checkpoint = offset === null ? undefined : parseCheckpoint(metadata);
        // The commit of a reset or another program says nothing about what was written.
        if (offset === null || checkpoint === undefined) return { partition, written: null };
        const { log, from, since = offset, intent } = checkpoint;
        return { partition, log, from, written: since, begunEnd: intent?.end };
      });
    },
    async timestampAt(partition, offset) {
      for await (const batch of broker.read(topic, partition, offset, offset + 1)) {
        for (let i = 0; i < batch.count; i++) {
          if (batch.offset(i) === offset) return batch.timestamp(i);
        }
      }
      return null;
    },
    offsets: async () => await broker.topicOffsets(topic) ?? [],
  };
}
