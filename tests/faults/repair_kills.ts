import assert from "node:assert/strict";
import { conclude } from "./conclude.ts";
import { EmbeddedFlow } from "./embedded_flow.ts";
import type { Fault } from "./fault.ts";
import { sleep } from "../../mod/wait/sleep.ts";

const ROWS = 6000;

/** The rest of the rows are dead letters by the strict schema. */
const LARGEST = 2000;

/** Milliseconds from a process's start within which it is killed. */
const EARLIEST_MS = 100;
const LATEST_MS = 900;

/** What has gone wrong is put right, by processes that are killed at random. */
export const repairKills: Fault = {
  name: "kill-repair",
  claim: "SIGKILL of reset --rewrite and dead-letters replay, each repeated until it is done",
  rounds: { short: 1, long: 20 },
  async run({ rounds, chance }) {
    await using flow = new EmbeddedFlow();
    const strict = await strictSchema(flow.folder);
    const layout = ["--flush-rows", "300"];
    await flow.fill({ count: ROWS });
    let kills = 0;
    /** Kills a command in its midst, unless it is faster; then lets it come to its end. */
    const killed = async (...command: string[]) => {
      const process = flow.start(command);
      await sleep(chance.between(EARLIEST_MS, LATEST_MS));
      const { signal } = await process.stop("SIGKILL");
      if (signal === "SIGKILL") kills++;
      const { code, stderr } = await flow.run(command);
      assert.equal(code, 0, stderr);
    };
    for (let round = 0; round < rounds; round++) {
      await flow.consumeToEnd([...layout, "--schema", strict]);
      await killed("dead-letters", "replay");
      await killed("reset", "--to", "earliest", "--rewrite");
    }
    await flow.consumeToEnd([...layout, "--schema", strict]);
    await killed("dead-letters", "replay");
    return await conclude(flow, {
      kills,
      sent: ROWS,
      events: `${rounds + 1} replays, ${rounds} rewrites`,
      look: ({ rejected }) => assert.equal(rejected, 0, "dead letters that are rows now"),
    });
  },
};

/** A file with the shipped schema, but for the largest volume. @returns its path */
async function strictSchema(folder: string): Promise<string> {
  const shipped = new URL("../../data/index_quotes.schema.json", import.meta.url);
  const schema = JSON.parse(await Deno.readTextFile(shipped));
  schema.columns.find(({ name }: { name: string }) => name === "volume").max = LARGEST;
  await Deno.writeTextFile(`${folder}/strict.json`, JSON.stringify(schema));
  return `${folder}/strict.json`;
}
