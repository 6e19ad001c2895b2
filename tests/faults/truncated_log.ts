import assert from "node:assert/strict";
import { kafkaAdmin } from "../broker/kafka_admin.ts";
import type { TicklakeResult } from "../services/services.ts";
import { until } from "../until.ts";
import type { Chance } from "./chance.ts";
import { conclude } from "./conclude.ts";
import type { Fault, Outcome } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import type { Stage } from "./stage.ts";
import type { Watched } from "./watched_process.ts";

/** Rows before the log is truncated, and in how large batches they are sent: several. */
const ROWS = 6000;
const BATCH_SIZE = "32KiB";

const ARGS = ["--flush-rows", "1000", "--flush-interval", "200ms"];

/** What the consumer does meanwhile, and what is left of what it has committed. */
const WAYS = ["running", "stopped", "stopped, its offsets deleted"] as const;

/**
 * The broker is killed and loses the end of a partition's log, as after a power failure or an unclean leader
 * election; then other rows get the offsets of the lost ones.
 */
export const truncatedLog: Fault = {
  name: "truncated-log",
  claim: "a partition's log is truncated and written on, with a consumer running and without: " +
    "it stops, the table keeps what it has, and the log as it is now goes into another lake",
  rounds: { short: 1, long: 8 },
  async run({ stage, rounds, chance }) {
    const outcomes: Outcome[] = [];
    for (let round = 0; round < rounds; round++) outcomes.push(...await truncateAll(stage, chance));
    const sum = (of: (outcome: Outcome) => number) =>
      outcomes.reduce((sum, outcome) => sum + of(outcome), 0);
    const both = (of: (outcome: Outcome) => Outcome["verified"]) => ({
      missing: sum((outcome) => of(outcome).missing),
      duplicate: sum((outcome) => of(outcome).duplicate),
    });
    const lost = sum(({ events }) => Number(events)).toLocaleString("en-US");
    const { byTrino } = outcomes[0];
    return {
      kills: rounds,
      events: `all of them the broker; ${lost} offsets lost and given to other rows`,
      rows: sum(({ rows }) => rows),
      verified: both(({ verified }) => verified),
      counted: both(({ counted }) => counted!),
      byTrino: byTrino && both((outcome) => outcome.byTrino!),
      peakRss: Math.max(...outcomes.map(({ peakRss }) => peakRss)),
    };
  },
};

/** One kill of the broker for all ways together: its restart takes long. */
async function truncateAll(stage: Stage, chance: Chance): Promise<Outcome[]> {
  await using flows = new AsyncDisposableStack();
  const cases: Array<{ flow: KafkaFlow; running?: Watched }> = [];
  for (const way of WAYS) {
    const flow = flows.use(await KafkaFlow.open(stage, { partitions: 1 }));
    await flow.fill({ count: ROWS }, { TICKLAKE_BATCH_SIZE: BATCH_SIZE });
    const running = way === "running" ? flow.consume(ARGS) : undefined;
    if (running === undefined) await flow.consumeToEnd(ARGS);
    await running?.waitFor(/wrote offsets/);
    await until("all is written", async () => await flow.committed() === ROWS);
    if (way === "stopped, its offsets deleted") {
      await kafkaAdmin(stage.kafka, (admin) => admin.deleteGroups([flow.group]));
    }
    cases.push({ flow, running });
  }
  await stage.killKafka();
  const ends = cases.map(({ flow: { topic } }) =>
    truncate(`${stage.kafkaData}/${topic}-0/00000000000000000000.log`, chance)
  );
  await stage.startKafka();
  const outcomes: Outcome[] = [];
  for (const [i, { flow, running }] of cases.entries()) {
    outcomes.push(await isNoticed(flow, { running, end: ends[i], more: chance.one([0, 500]) }));
  }
  return outcomes;
}

/**
 * @param end where the log ends now
 * @param more rows that follow, beside as many as were lost: without any the log is as long as it was
 */
async function isNoticed(
  flow: KafkaFlow,
  { running, end, more }: { running?: Watched; end: number; more: number },
): Promise<Outcome> {
  const others = ROWS - end + more;
  await flow.fill({ count: others, first: ROWS });
  const isExplained = ({ code, stderr }: TicklakeResult) => {
    assert.equal(code, 1, stderr);
    assert.match(
      stderr,
      new RegExp(`^error: .*partition 0 was truncated at offset ${end}\\b`, "m"),
    );
    assert.match(stderr, /^ {2}fix: /m);
  };
  if (running !== undefined) isExplained(await flow.ended(running));
  isExplained(await flow.run(["consume", "--until-end", ...ARGS]));
  assert.deepEqual(
    await flow.countLogs(),
    { logs: 1, rows: ROWS, numbers: ROWS, places: ROWS },
    "by DuckDB",
  );
  assert.equal((await flow.verify()).ok, false, "the table is not the log's any more");

  // What the error advises to do.
  flow.moveTo("again");
  const sent = end + others;
  return await conclude(flow, { kills: 1, events: String(ROWS - end), sent, args: ARGS });
}

/**
 * Cuts off the last record batches of a log file.
 * @returns the log's end
 */
function truncate(path: string, chance: Chance): number {
  const bytes = Deno.readFileSync(path);
  const view = new DataView(bytes.buffer);
  const batches: Array<{ at: number; first: number }> = [];
  for (let at = 0; at < bytes.length; at += 12 + view.getInt32(at + 8)) {
    batches.push({ at, first: Number(view.getBigInt64(at)) });
  }
  const { at, first } = chance.one(batches.slice(1));
  Deno.truncateSync(path, at);
  return first;
}
