import assert from "node:assert/strict";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { FLUSH_STEPS } from "./flush_step.ts";
import { killAtStep } from "./kill_at_step.ts";

/** Layout of the table. */
const LAYOUT = ["--format", "parquet", "--partition-by", "dt"];

/** Other layouts, each of which is refused. */
const OTHERS = [
  ["--format", "jsonl", "--partition-by", "dt"],
  ["--format", "parquet", "--partition-by", "index"],
  ["--format", "jsonl", "--partition-by", "index,year(date)"],
  ["--format", "parquet", "--partition-by", "none"],
];

/** Options with the shipped schema, except for the type of one column. */
function otherType(folder: string): string[] {
  const url = new URL("../../data/index_quotes.schema.json", import.meta.url);
  const schema = JSON.parse(Deno.readTextFileSync(url));
  const volume = schema.columns.find(({ name }: { name: string }) => name === "volume");
  assert.equal(volume.type, "long");
  volume.type = "double";
  const path = `${folder}/other-type.schema.json`;
  Deno.writeTextFileSync(path, JSON.stringify(schema));
  return [...LAYOUT, "--schema", path];
}

/** Rows of one round: several flushes a partition. */
const ROUND_ROWS = 6000;

/** Another format, partitioning or column type between a kill within a flush and the restart: refused, and nothing is lost. */
export const changedLayout: Fault = {
  name: "changed-layout",
  claim: "another --format, --partition-by or column type after a kill within a flush is refused",
  rounds: { short: 5, long: 40 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 2 });
    await flow.fill({ count: ROUND_ROWS });
    await flow.consumeToEnd(LAYOUT);
    await flow.fill({ count: ROUND_ROWS * rounds, first: ROUND_ROWS });
    const others = [otherType(flow.folder), ...OTHERS];
    for (let round = 0; round < rounds; round++) {
      stage.calm();
      const step = chance.one(FLUSH_STEPS);
      await killAtStep(flow, [...LAYOUT, "--flush-rows", "700"], {
        step,
        skip: chance.whole(0, 3),
      });
      const { code, stderr } = await flow.run([
        "consume",
        "--until-end",
        ...others[round % others.length],
      ]);
      assert.equal(code, 2, stderr);
      assert.match(
        stderr,
        /has .* and would get|is partitioned by|would become|--format jsonl with/,
      );
    }
    const sent = ROUND_ROWS * (rounds + 1);
    return await conclude(flow, { kills: rounds, args: LAYOUT, sent });
  },
};
