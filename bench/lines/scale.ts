import { measure } from "../measured.ts";
import { spread } from "../spread.ts";
import { consume, filledTopic, type Stage } from "../stage.ts";
import type { Figure } from "../table.ts";

/** Four partitions: one process, and two of one group. */
export async function scaleLine(stage: Stage): Promise<Figure[]> {
  const { rows, rounds } = stage;
  const topic = await filledTopic(stage, 2 * rows, 4);
  const one: number[] = [];
  const two: number[] = [];
  for (let round = 0; round < rounds; round++) {
    one.push(2 * rows / (await measure(consume(stage, topic))).seconds);
    // The same group and the same place in the lake.
    const program = consume(stage, topic);
    const startedAt = performance.now();
    const runs = await Promise.all([measure(program), measure(program)]);
    const seconds = (performance.now() - startedAt) / 1000;
    const written = runs.reduce((sum, { stdout }) => sum + JSON.parse(stdout).written, 0);
    if (written !== 2 * rows) throw new Error(`expected ${2 * rows} rows, found ${written}`);
    two.push(2 * rows / seconds);
  }
  const [single, both] = [spread(one), spread(two)];
  const line = "consume, 4 partitions";
  return [
    { line, who: "one process", unit: "rows/s", value: single },
    {
      line,
      who: "two processes of a group",
      unit: "rows/s",
      value: both,
      ratio: both.median / single.median,
      target: "1.6 times, as far as the cores allow",
    },
  ];
}
