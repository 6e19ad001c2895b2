/*
 * A consumer as a process of its own, to be stopped or killed: prints what it is told and what comes
 * of the commits that it is asked for, a JSON line each; asked by lines `PARTITION OFFSET METADATA`
 * on its standard input, which it applies to the assignment that was the newest at its first message.
 *
 * Arguments: FILE TOPIC GROUP LEASE_MS
 */
import { openEmbeddedBroker } from "../../mod/broker/embedded/embedded_broker.ts";
import type { AssignedPartition } from "../../mod/broker/broker.ts";

const [path, topic, group, leaseMs] = Deno.args;
const broker = await openEmbeddedBroker(path, { leaseMs: Number(leaseMs) });
const encoder = new TextEncoder();
const say = (line: unknown): void => {
  Deno.stdout.writeSync(encoder.encode(JSON.stringify(line) + "\n"));
};
let held: AssignedPartition[] = [];

const consuming = broker.consume({
  topic,
  group,
  from: "earliest",
  signal: new AbortController().signal,
  handler: {
    assigned: async (partitions) => {
      if (held.length === 0) held = partitions;
      say({ assigned: partitions.map(({ partition, start }) => [partition, start]) });
    },
    batch: async ({ partition, count, nextOffset }) => say({ partition, count, nextOffset }),
    gap: async () => {},
  },
});

async function obey(): Promise<void> {
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  for await (const text of lines) {
    for (const line of text.trim().split("\n")) {
      const [partition, offset, metadata] = line.split(" ");
      try {
        await held.find((each) => each.partition === Number(partition))!
          .commit(Number(offset), metadata);
        say({ committed: Number(offset) });
      } catch (error) {
        say({ refused: (error as Error).name });
      }
    }
  }
}

await Promise.all([consuming, obey()]);
