import assert from "node:assert/strict";
import type { TicklakeResult } from "../services/services.ts";
import type { Chance } from "./chance.ts";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { atStep } from "./flush_step.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { isRangePut } from "./put_counter.ts";

/** Rows of one round. */
const ROUND_ROWS = 20_000;

const ARGS = ["--flush-rows", "500"];

/** Something that ends a consumer with an error. */
interface Stop {
  /** Consumes until that error. */
  end(flow: KafkaFlow, chance: Chance): Promise<TicklakeResult>;
  code: number;
  /** What the error says. */
  message: RegExp;
  /** What the advice says. */
  fix: RegExp;
}

const STOPS: readonly Stop[] = [
  {
    async end(flow) {
      flow.stage.s3Proxy.treat = () => ({ error: [404, "NoSuchBucket"] });
      return await flow.ended(flow.consume(ARGS, flow.flaky));
    },
    code: 3,
    message: /bucket/i,
    fix: /./,
  },
  {
    async end(flow) {
      const consumer = flow.consume(ARGS, flow.flaky);
      flow.stage.s3Proxy.treat = (request) =>
        isRangePut(request) ? { error: [503, "SlowDown"] } : undefined;
      await consumer.waitFor(/put failed/);
      consumer.signal("SIGTERM");
      return await flow.ended(consumer);
    },
    code: 3,
    message: /stopped before [\d,]+ messages? could be written/,
    fix: /Nothing is lost/,
  },
  {
    async end(flow, chance) {
      const consumer = flow.consume(ARGS, flow.flaky);
      await atStep(flow.stage, {
        step: "before an object",
        skip: chance.whole(0, 5),
        async act() {
          await consumer.stop("SIGKILL");
          return "lose";
        },
      });
      return await flow.ended(flow.consume([...ARGS, "--schema", otherSchema(flow)]));
    },
    code: 2,
    message: /started with another --schema .* nothing is lost/,
    fix: /previous schema/,
  },
  {
    async end(flow) {
      const consumer = flow.consume(ARGS, flow.flaky);
      await consumer.waitFor(/wrote offsets/);
      await flow.stage.killKafka();
      consumer.signal("SIGTERM");
      const result = await flow.ended(consumer);
      await flow.stage.startKafka();
      return result;
    },
    code: 3,
    message: /./,
    fix: /./,
  },
];

/** Errors that end a consumer say what to do, lose nothing, and leave it restartable. */
export const stops: Fault = {
  name: "stops",
  claim: "errors that stop a consumer: it says what to do, and can be restarted",
  rounds: { short: STOPS.length - 1, long: 4 * STOPS.length },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 3 });
    for (let round = 0; round < rounds; round++) {
      const { end, code, message, fix } = STOPS[round % STOPS.length];
      await flow.fill({ count: ROUND_ROWS, first: round * ROUND_ROWS });
      const result = await end(flow, chance);
      stage.calm();
      assert.equal(result.code, code, result.stderr);
      const [, said, advice] = result.stderr.match(/^error: (.*)\n {2}fix: (.*)$/m) ?? [];
      assert.match(said ?? "", message, result.stderr);
      assert.match(advice ?? "", fix, result.stderr);
    }
    return await conclude(flow, { events: `${rounds} errors`, sent: rounds * ROUND_ROWS });
  },
};

/** The path of a schema that is not the shipped one. */
function otherSchema({ folder }: KafkaFlow): string {
  const shipped = new URL("../../data/index_quotes.schema.json", import.meta.url);
  const schema = JSON.parse(Deno.readTextFileSync(shipped));
  schema.columns.find(({ name }: { name: string }) => name === "open").min = -1;
  const path = `${folder}/schema.json`;
  Deno.writeTextFileSync(path, JSON.stringify(schema));
  return path;
}
