import assert from "node:assert/strict";
import { loadSettings } from "../../mod/config/load.ts";
import { openBroker } from "../../mod/commands/open_broker.ts";
import { runTicklake, serviceTest, spawnTicklake } from "../services/services.ts";

/** Partitions, and distinct values of the partition column in each; the long form takes what one flush may at most. */
const [PARTITIONS, VALUES] = Deno.env.get("TEST_HOSTILE") === "1" ? [64, 1000] : [4, 60];

/** Sends that many rows to each partition, each of a folder of its own. */
async function sendRows(home: string): Promise<number> {
  const { settings } = loadSettings({ flags: { home } });
  const broker = await openBroker(settings);
  await broker.ensureTopic(settings.topic, { partitions: PARTITIONS });
  const producer = await broker.producer({ topic: settings.topic });
  const count = PARTITIONS * VALUES;
  for (let first = 0; first < count; first += 5000) {
    await producer.send(
      Array.from({ length: Math.min(5000, count - first) }, (_, i) => ({
        key: null,
        value: JSON.stringify({
          Index: `X${first + i}`,
          Date: "2024-01-02",
          Open: 1,
          High: 2,
          Low: 0.5,
          Close: 1.5,
          "Adj Close": 1.5,
          Volume: 7,
          CloseUSD: 0.2,
        }),
      })),
    );
  }
  await producer.close();
  await broker.close();
  return count;
}

/** Objects below a folder. */
function objectsBelow(folder: string): number {
  let count = 0;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) count += objectsBelow(`${folder}/${name}`);
    else if (name.endsWith(".parquet")) count++;
  }
  return count;
}

serviceTest(
  `a flush of ${PARTITIONS} partitions into ${VALUES} folders each loses and doubles nothing when it is cut off`,
  { needs: ["binary"], sanitizeOps: false, sanitizeResources: false },
  async () => {
    const cwd = await Deno.makeTempDir({ prefix: "ticklake-folders-" });
    try {
      const env = { TICKLAKE_HOME: `${cwd}/home`, TICKLAKE_PARTITION_BY: "index" };
      const count = await sendRows(env.TICKLAKE_HOME);
      const options = { env, cwd, binary: true, timeoutMs: 900_000 };
      for (const signals of [["SIGKILL"], ["SIGTERM", "SIGKILL"]] as const) {
        await using cut = spawnTicklake(["consume", "--flush-interval", "1s"], options);
        await cut.waitFor(/reading partitions/);
        const written = () => objectsBelow(cwd);
        const before = written();
        const deadline = performance.now() + 60_000;
        while (written() < before + VALUES / 4 && performance.now() < deadline) {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        for (const signal of signals) {
          cut.signal(signal);
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
        await cut.result;
      }
      const startedAt = performance.now();
      const { code, stdout, stderr } = await runTicklake(
        ["consume", "--until-end", "--json"],
        options,
      );
      assert.equal(code, 0, stderr);
      console.log(
        `${PARTITIONS} partitions: ${objectsBelow(cwd)} objects, the last run ${
          ((performance.now() - startedAt) / 1000).toFixed(1)
        } s: ${stdout.trim()}`,
      );
      if (VALUES === 1000) assert.match(stderr, /objects, one for each folder/);
      const verified = await runTicklake(["verify", "--deep", "--json"], options);
      assert.equal(verified.code, 0, verified.stdout + verified.stderr);
      const query = 'SELECT count(*), count(DISTINCT "index") FROM index_quotes';
      const counted = await runTicklake(["query", query, "--format", "csv"], options);
      const [, line] = counted.stdout.trim().split("\n");
      const [rows, distinct] = line.split(",").map(Number);
      assert.equal(rows, distinct, counted.stderr);
      // What exceeds the folders of one flush is a dead letter.
      assert.ok(VALUES === 1000 ? rows <= count && rows > count * 0.95 : rows === count, line);
    } finally {
      await Deno.remove(cwd, { recursive: true });
    }
  },
);
