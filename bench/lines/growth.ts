import { spread } from "../spread.ts";
import { alternate, consume, filledTopic, type Stage } from "../stage.ts";
import { type Figure, rowsFigure } from "../table.ts";
import { mustHaveWritten, secondsOf } from "./consume.ts";

/**
 * Whether more rows cost more for each: the same topic's kind at several sizes. Joining the group and the
 * compiler's warming up take the same half second at each size; so what says it is the speed of the rows
 * that a larger size has more than the one before it.
 */
export async function growthLine(stage: Stage): Promise<Figure[]> {
  const { rows, rounds, long } = stage;
  const sizes = long ? [500_000, 5_000_000, 20_000_000] : [rows, 4 * rows, 16 * rows];
  const line = "consume, growth";
  const million = (rows: number) => `${rows / 1e6} million rows`;
  const figures: Figure[] = [];
  const further: Figure[] = [];
  let before = { rows: 0, seconds: 0, cpu: 0 };
  for (const rows of sizes) {
    const topic = await filledTopic(stage, rows, 1);
    const [runs] = await alternate(long ? 1 : rounds, [() => consume(stage, topic)]);
    for (const run of runs) mustHaveWritten(run, rows);
    figures.push(rowsFigure(line, million(rows), rows, runs, secondsOf));
    const seconds = spread(runs.map(secondsOf)).median;
    const cpu = spread(runs.map(({ cpuSeconds }) => cpuSeconds)).median;
    if (before.rows > 0) {
      const rate = (rows - before.rows) / (seconds - before.seconds);
      const value = { median: rate, min: rate, max: rate };
      const who = `from ${before.rows / 1e6} to ${million(rows)}`;
      const steady = (cpu - before.cpu) / (rows - before.rows) * 1e6;
      further.push({ line, who, unit: "rows/s", value, cpu: spread([steady]) });
    }
    before = { rows, seconds, cpu };
  }
  const [first, last] = further;
  last.ratio = last.value.median / first.value.median;
  last.target = "0.85 to 1.15 times; 1.6 CPU s";
  return [...figures, ...further];
}
