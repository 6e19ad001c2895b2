import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";
import { until } from "../until.ts";

/** First offsets of the embedded log's partitions. */
async function lows(home: string): Promise<number[]> {
  const { code, stdout, stderr } = await runTicklake(["topic", "show", "--json", "--home", home]);
  assert.equal(code, 0, stderr);
  const { partitions } = JSON.parse(stdout) as { partitions: Array<{ low: number }> };
  return partitions.map(({ low }) => low);
}

Deno.test("consume removes from the embedded log what it has written and is older than --log-retention", async () => {
  const home = await Deno.makeTempDir({ prefix: "ticklake-retention-" });
  const run = async (...args: string[]) => {
    const { code, stderr } = await runTicklake([...args, "--home", home]);
    assert.equal(code, 0, stderr);
  };
  try {
    await run("produce", "--rate", "max", "-n", "100", "--partitions", "1");
    await run("consume", "--until-end");
    assert.deepEqual(await lows(home), [0]);
    await until("the messages are removed", async () => {
      await run("consume", "--until-end", "--log-retention", "1ms");
      return (await lows(home))[0] === 100;
    });
    await run("verify", "--deep");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
