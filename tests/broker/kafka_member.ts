/**
 * A consumer in a process of its own: `kafka_member.ts SERVER TOPIC GROUP`. Prints each assignment as
 * a line of JSON; a line `NUMBER OFFSET` on its standard input commits the offset for partition 0 on
 * behalf of that assignment, counted from 0, and prints what came of it.
 */
import type { AssignedPartition } from "../../mod/broker/broker.ts";
import { openKafkaBroker } from "../../mod/broker/kafka/kafka_broker.ts";
import { kafkaSettings } from "./kafka_settings.ts";

const [server, topic, group] = Deno.args;
const assignments: AssignedPartition[][] = [];
const say = (what: unknown) => console.log(JSON.stringify(what));

async function commit(line: string): Promise<void> {
  const [number, offset] = line.split(" ").map(Number);
  const owned = assignments[number].find(({ partition }) => partition === 0)!;
  try {
    await owned.commit(offset, `process ${Deno.pid}`);
    say({ committed: offset });
  } catch (error) {
    say({ refused: (error as Error).name, lost: owned.lost.aborted });
  }
}

(async () => {
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    for (const line of text.trim().split("\n")) await commit(line);
  }
})();
const broker = await openKafkaBroker(kafkaSettings(server));
await broker.consume({
  topic,
  group,
  from: "earliest",
  signal: new AbortController().signal,
  handler: {
    assigned: async (partitions) => {
      assignments.push(partitions);
      say({ assigned: partitions.map(({ partition, start }) => [partition, start]) });
    },
    batch: async () => {},
    gap: async () => {},
  },
});
