import assert from "node:assert/strict";
import { sleep } from "../../mod/wait/sleep.ts";
import { python } from "../services/services.ts";
import { conclude } from "./conclude.ts";
import { damageFiles } from "./damaged_files.ts";
import type { Fault, Outcome, Scene } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { strictSchema } from "./strict_schema.ts";

/** Rows that a fault begins with. */
const ROWS = 8000;

const PARTITIONS = 2;

/** Rows with a larger volume are dead letters by the strict schema. */
const LARGEST = 2000;

/** Milliseconds from a process's start within which it is killed. */
const [EARLIEST_MS, LATEST_MS] = [200, 2500];

/** Milliseconds within which the group of a killed process has no member any more. */
const GROUP_PATIENCE_MS = 30_000;

const LAYOUT = ["--flush-rows", "300"];

/** A topic of rows with a lake that has the latency of S3, and a way to kill the commands that repair it. */
async function scene({ stage, chance }: Scene) {
  const flow = await KafkaFlow.open(stage, { partitions: PARTITIONS });
  let kills = 0;
  return {
    flow,
    get kills() {
      return kills;
    },
    /** Kills a command while it runs, unless it ends first. */
    async killed(...command: string[]): Promise<void> {
      stage.s3Proxy.treat = () => ({
        before: () => sleep(chance.between(2, 40)).then(() => false),
      });
      const process = flow.start(command, flow.flakyS3);
      await sleep(chance.between(EARLIEST_MS, LATEST_MS));
      const { signal, code, stderr } = await process.stop("SIGKILL");
      if (signal === "SIGKILL") kills++;
      else assert.equal(code, 0, stderr);
      stage.calm();
    },
    /** Runs a command to its end, once nobody holds the group. */
    async done(...command: string[]): Promise<void> {
      const deadline = Date.now() + GROUP_PATIENCE_MS;
      for (;;) {
        const { code, stderr } = await flow.run(command);
        if (code === 0) return;
        const isHeld = stderr.includes("has members") && Date.now() < deadline;
        assert.ok(isHeld, `${command.join(" ")}: exit ${code}: ${stderr}`);
        await sleep(500);
      }
    },
    [Symbol.asyncDispose]: () => flow[Symbol.asyncDispose](),
  };
}

/** A fault in which a command that repairs a table is killed. */
function killing(
  name: string,
  claim: string,
  run: (at: Awaited<ReturnType<typeof scene>>, given: Scene) => Promise<Outcome>,
): Fault {
  return {
    name,
    claim,
    rounds: { short: 1, long: 20 },
    async run(given) {
      await using at = await scene(given);
      return await run(at, given);
    },
  };
}

export const resetKills = killing(
  "kill-reset",
  "SIGKILL of reset --rewrite, then consume, or reset again",
  async (at, { rounds, chance }) => {
    const { flow, killed, done } = at;
    await flow.fill({ count: ROWS });
    for (let round = 0; round < rounds; round++) {
      await flow.consumeToEnd(LAYOUT);
      const to = chance.one(["earliest", String(chance.whole(0, ROWS / PARTITIONS)), "-700"]);
      await killed("reset", "--to", to, "--rewrite");
      if (chance.happens(0.5)) await done("reset", "--to", to, "--rewrite");
    }
    return await conclude(flow, { kills: at.kills, sent: ROWS, args: LAYOUT });
  },
);

export const replayKills = killing(
  "kill-replay",
  "SIGKILL of dead-letters replay, then replay again",
  async (at, { rounds }) => {
    const { flow, killed, done } = at;
    const strict = await strictSchema(flow.folder, "volume", LARGEST);
    await flow.fill({ count: ROWS });
    for (let round = 0; round < rounds; round++) {
      await flow.consumeToEnd([...LAYOUT, "--schema", strict]);
      await killed("dead-letters", "replay");
      if (round < rounds - 1) {
        await done("dead-letters", "replay");
        await done("reset", "--to", "earliest", "--rewrite");
      }
    }
    await done("dead-letters", "replay");
    return await conclude(flow, {
      kills: at.kills,
      sent: ROWS,
      events: ({ objects }) => `${objects} objects at the end`,
      look: ({ rejected }) => assert.equal(rejected, 0, "dead letters that are rows now"),
    });
  },
);

export const repairKills = killing(
  "kill-repair",
  "objects deleted, cut off and copied, SIGKILL of repair, then repair again",
  async (at, { rounds, chance }) => {
    const { flow, killed, done } = at;
    let damaged = 0;
    await flow.fill({ count: ROWS });
    for (let round = 0; round < rounds; round++) {
      await flow.consumeToEnd(LAYOUT);
      damaged += await damageFiles(flow, chance);
      if (round === 0) assert.equal((await flow.verify()).ok, false, "the damage is noticed");
      await killed("repair", ...LAYOUT);
      await done("repair", ...LAYOUT);
    }
    return await conclude(flow, {
      kills: at.kills,
      sent: ROWS,
      events: `${damaged} objects damaged`,
    });
  },
);

export const mergeKills = killing(
  "kill-merge",
  "SIGKILL of maintain --merge beside a second one and consume, then maintain again",
  async (at, { rounds, chance, stage }) => {
    const { flow, killed, done } = at;
    const merge = ["maintain", "--merge", "--target-size"];
    let sent = 0;
    const send = async () => {
      const count = ROWS / 4;
      await python(SENDER, [stage.kafka, flow.topic, String(sent), String(count)]);
      sent += count;
    };
    if (stage.table === "iceberg") {
      // Until its first flush there is no table to maintain.
      await send();
      await flow.consumeToEnd(["--flush-rows", "100"]);
    }
    for (let round = 0; round < rounds; round++) {
      await send();
      const consume = flow.consumeToEndBeside(["--flush-rows", "100"]);
      const second = chance.happens(0.5) ? done(...merge, "64KiB") : undefined;
      await killed(...merge, chance.one(["4KiB", "20KiB", "1MiB"]));
      await Promise.all([consume, second]);
    }
    await flow.consumeToEnd();
    const before = (await flow.count()).objects;
    await done(...merge, "1MiB");
    return await conclude(flow, {
      kills: at.kills,
      sent,
      events: ({ objects }) => `${before} objects before the last one, ${objects} after it`,
      look: ({ objects }) =>
        assert.ok(objects <= 8 * PARTITIONS * rounds, `${objects} objects are left`),
    });
  },
);

/** Sends rows of the last two days before today. */
const SENDER = `
import json, sys, time
from kafka import KafkaProducer
servers, topic, first, count = sys.argv[1:]
producer = KafkaProducer(bootstrap_servers=servers, linger_ms=20)
now = time.time() * 1000
for n in range(int(first), int(first) + int(count)):
    index = f"IX{n % 32:02}"
    row = {"Index": index, "Date": "2020-01-02", "Open": 1, "High": 2, "Low": 1, "Close": 1,
           "Adj Close": 1, "Volume": n, "CloseUSD": 1}
    at = now - (2 - (2 * n >= 2 * int(first) + int(count))) * 86400e3
    producer.send(topic, key=index.encode(), value=json.dumps(row).encode(), timestamp_ms=int(at))
producer.flush()
`;
