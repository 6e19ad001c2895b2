import assert from "node:assert/strict";
import { sleep } from "../../mod/wait/sleep.ts";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { type IcebergCount, IcebergFlow } from "./iceberg_flow.ts";
import type { Watched } from "./watched_process.ts";

/** Rows a second. */
const RATE = 10_000;

/** Longest time between two kills, in milliseconds. */
const LONGEST_MS = 5000;

/** Groups of the three consumers: two share the partitions, the third reads all of them again. */
const GROUPS = ["one", "one", "another"];

/** Consumers of two groups write one Iceberg table, and are killed at random. */
function icebergKills(
  name: string,
  catalog: string,
  rest: () => string | undefined,
  beside?: "rewrite" | "delete",
): Fault {
  return {
    name,
    claim: `SIGKILL of consumers of two groups that write one Iceberg table ${catalog}`,
    rounds: { short: 2, long: 60 },
    async run({ rounds, chance }) {
      await using flow = new IcebergFlow(rest());
      const count = RATE * (rounds + 3) * LONGEST_MS / 1000;
      const producer = flow.produce(flow.quotes({ count }), RATE);
      await producer.waitFor(/replaying/);
      const endRewriting = beside && flow.changeBeside(beside, chance.seed);
      const consume = (group: string) => {
        const rows = String(
          chance.one(beside === "delete" ? [20_000, 50_000] : [500, 3000, 20_000]),
        );
        // Its deletes take seconds; with a shorter interval each of them would meet another commit.
        const interval = beside === "delete" ? "3s" : "300ms";
        const args = ["--group", group, "--flush-rows", rows, "--commit-interval", interval];
        return flow.consume(args);
      };
      const consumers: Watched[] = GROUPS.map(consume);
      let overtaken = 0;
      for (let round = 0; round < rounds; round++) {
        // The start takes a second or two of it.
        await sleep(chance.between(LONGEST_MS / 3, LONGEST_MS));
        const victim = chance.whole(0, GROUPS.length - 1);
        const { signal, code, stderr } = await consumers[victim].stop("SIGKILL");
        if (signal !== "SIGKILL") {
          // The other group was faster: it says so, and is restarted.
          assert.equal(code, 1, stderr);
          assert.match(stderr, /writes the same (topic|partition)|took over|within a flush/);
          overtaken++;
        }
        consumers[victim] = consume(GROUPS[victim]);
      }
      const others = await endRewriting?.();
      await producer.stop("SIGKILL");
      for (const consumer of consumers) await consumer.stop("SIGKILL");
      return await conclude(flow, {
        kills: rounds + GROUPS.length - overtaken,
        events: (counted) =>
          `${
            (counted as IcebergCount).snapshots
          } snapshots; ${overtaken} times a group found that ` +
          "the other was faster" +
          (others === undefined ? "" : `; ${others}`),
        args: ["--group", "one"],
      });
    },
  };
}

/** On the table's own folder. */
export const icebergKillsDirectory = icebergKills(
  "kill-iceberg-directory",
  "with a directory catalog",
  () => undefined,
);

/** On Iceberg's REST catalog. */
export const icebergKillsRest = icebergKills(
  "kill-iceberg-rest",
  "in a REST catalog",
  () => Deno.env.get("TEST_ICEBERG_REST"),
);

/** Beside a program that rewrites what they have written. */
export const icebergKillsBeside = icebergKills(
  "kill-iceberg-beside",
  "while pyiceberg rewrites it",
  () => Deno.env.get("TEST_ICEBERG_REST"),
  "rewrite",
);

/** Beside a program that deletes some of their rows, which stay deleted. */
export const icebergKillsDeletes = icebergKills(
  "kill-iceberg-deletes",
  "while pyiceberg deletes rows of it, which stay deleted",
  () => Deno.env.get("TEST_ICEBERG_REST"),
  "delete",
);

/** What they need besides what all faults need: "iceberg-readers" and "iceberg-rest". */
export const ICEBERG_FAULTS = [
  icebergKillsDirectory,
  icebergKillsRest,
  icebergKillsBeside,
  icebergKillsDeletes,
];
