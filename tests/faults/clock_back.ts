import assert from "node:assert/strict";
import { python } from "../services/services.ts";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { atStep, FLUSH_STEPS } from "./flush_step.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { sleep } from "../../mod/wait/sleep.ts";

/** Rows of one round. */
const ROUND_ROWS = 4000;

/** Where Debian and Ubuntu have the library that gives a program another clock. */
const FAKETIME = `/usr/lib/${Deno.build.arch}-linux-gnu/faketime/libfaketime.so.1`;

/** What the clock of a running consumer is off by. */
const CLOCKS = ["-1h", "-3d", "+2h", "-400d"];

/** Milliseconds; each of them is further off than that. */
const AT_LEAST_MS = 1_800_000;

/** Sends rows whose timestamps go back, by hours within a file and by a month from one file to the next. */
const SENDER = `
import json, random, sys, time
from kafka import KafkaProducer
servers, topic, first, count, months, seed = sys.argv[1:]
chance = random.Random(int(seed))
producer = KafkaProducer(bootstrap_servers=servers, linger_ms=20)
now = time.time() * 1000 - int(months) * 30 * 86400e3
for n in range(int(first), int(first) + int(count)):
    index = f"IX{n % 32:02}"
    row = {"Index": index, "Date": "2020-01-02", "Open": 1, "High": 2, "Low": 1, "Close": 1,
           "Adj Close": 1, "Volume": n, "CloseUSD": 1}
    at = now - (n - int(first)) * 60e3 + chance.choice([0, 0, -86400e3, 3600e3 * chance.random()])
    producer.send(topic, key=index.encode(), value=json.dumps(row).encode(), timestamp_ms=int(at))
producer.flush()
`;

/** Clocks are set back: the senders', and the consumers', both while they run and in between. */
export const clockBack: Fault = {
  name: "clock-back",
  claim: "clocks of producers and consumers are set back, with a kill within a flush",
  rounds: { short: 3, long: 30 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 2 });
    const clock = `${flow.folder}/clock`;
    const hasFaketime = exists(FAKETIME);
    const fake = {
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_NO_CACHE: "1",
      // What a clock that is set back does not do.
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
    const set = () => Deno.writeTextFileSync(clock, chance.one(CLOCKS) + "\n");
    for (let round = 0; round < rounds; round++) {
      const numbers = [round * ROUND_ROWS, ROUND_ROWS, round, chance.seed].map(String);
      await python(SENDER, [stage.kafka, flow.topic, ...numbers]);
      set();
      const env = { ...flow.flaky, ...(hasFaketime ? fake : {}) };
      const consumer = flow.consume(["--flush-rows", "300", "--flush-interval", "400ms"], env);
      const isEnded = atStep(stage, {
        step: chance.one(FLUSH_STEPS),
        skip: chance.whole(2, 9),
        async act() {
          set();
          await sleep(100);
          const { signal, stderr } = await consumer.stop("SIGKILL");
          assert.equal(signal, "SIGKILL", stderr);
          if (hasFaketime) assert.ok(offBy(stderr) > AT_LEAST_MS, stderr);
          return "lose";
        },
      });
      await isEnded;
      stage.calm();
    }
    const events = hasFaketime ? "" : "the consumers' own clocks were right: no libfaketime here";
    return await conclude(flow, { kills: rounds, events, sent: rounds * ROUND_ROWS });
  },
};

/** By how many milliseconds the clock is off, from a log that was written by it. */
function offBy(log: string): number {
  const [stamp] = log.match(/^\d{4}-\d\d-\d\dT\S+/m)!;
  return Math.abs(Date.parse(stamp) - Date.now());
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
