import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { isObjectPut } from "./put_counter.ts";
import type { S3Treatment } from "./s3_fault_proxy.ts";
import { until } from "../until.ts";

/** Rows a second. */
const RATE = 5000;

/** Milliseconds that one fault may take, on average, until it happens: answered 503 the SDK slows down. */
const PATIENCE_MS = 1500;

/** Options of {@linkcode s3Fault}. */
interface S3FaultOptions {
  name: string;
  claim: string;
  rounds: Fault["rounds"];
  /** What becomes of a request that is hit. */
  treatment: S3Treatment;
  /** How many of the requests are hit, as long as rounds are left. */
  share: number;
  /** @default {RATE} */
  rate?: number;
  /** @default {PATIENCE_MS} */
  patienceMs?: number;
}

/** Some of the requests that write objects go wrong in one way. */
function s3Fault(options: S3FaultOptions): Fault {
  const { name, claim, rounds, treatment, share, rate = RATE } = options;
  return {
    name,
    claim,
    rounds,
    async run({ stage, rounds, chance }) {
      await using flow = await KafkaFlow.open(stage, { partitions: 4 });
      let hits = 0;
      stage.s3Proxy.treat = (request) =>
        hits < rounds && isObjectPut(request) && chance.happens(share) && hits++ < rounds
          ? treatment
          : undefined;
      const patienceMs = Math.max(90_000, rounds * (options.patienceMs ?? PATIENCE_MS));
      // More rows than are needed: it ends when all faults have happened.
      const producer = flow.produce(flow.quotes({ count: rate * patienceMs / 1000 }), rate);
      const args = ["--flush-rows", "1000", "--flush-interval", "300ms"];
      const consumer = flow.consume(args, flow.flakyS3);
      await until("all faults have happened", () => hits === rounds, patienceMs);
      const sent = await flow.finishProducing(producer);
      await flow.finish(consumer);
      return await conclude(flow, { events: `${hits} objects`, sent });
    },
  };
}

/** The ways in which a single request to S3 goes wrong. */
export const S3_FAULTS: readonly Fault[] = [
  s3Fault({
    name: "s3-500",
    claim: "S3 answers 500 InternalError",
    rounds: { short: 20, long: 400 },
    treatment: { error: [500, "InternalError"] },
    share: 0.4,
  }),
  s3Fault({
    name: "s3-503",
    claim: "S3 answers 503 SlowDown",
    rounds: { short: 20, long: 400 },
    treatment: { error: [503, "SlowDown"] },
    share: 0.4,
  }),
  s3Fault({
    name: "s3-reset",
    claim: "S3 resets the connection during an upload",
    rounds: { short: 20, long: 400 },
    treatment: { reset: true },
    share: 0.4,
  }),
  s3Fault({
    name: "s3-silence",
    claim: "S3 never answers",
    rounds: { short: 2, long: 20 },
    treatment: { silence: true },
    share: 0.2,
    rate: 1000,
    // A commit to a REST catalog fails after 30 seconds.
    patienceMs: 40_000,
  }),
  s3Fault({
    name: "s3-lost-answer",
    claim: "S3 stores an object but its response is lost",
    rounds: { short: 20, long: 400 },
    treatment: { after: () => Promise.resolve(true) },
    share: 0.4,
  }),
];
