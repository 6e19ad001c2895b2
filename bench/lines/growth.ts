import { alternate, consume, filledTopic, type Stage } from "../stage.ts";
import { type Figure, rowsFigure } from "../table.ts";
import { mustHaveWritten } from "./consume.ts";

/** Whether more rows cost more for each: the same topic's kind, several sizes. */
export async function growthLine(stage: Stage): Promise<Figure[]> {
  const sizes = stage.long ? [500_000, 5_000_000, 20_000_000] : [stage.rows, 4 * stage.rows];
  const figures: Figure[] = [];
  for (const rows of sizes) {
    const topic = await filledTopic(stage, rows, 1);
    const [runs] = await alternate(stage.long ? 1 : stage.rounds, [() => consume(stage, topic)]);
    for (const run of runs) mustHaveWritten(run, rows);
    const who = `${rows / 1e6} million rows`;
    // Without the start, which does not grow: the program's own count of seconds begins after it.
    figures.push(
      rowsFigure(
        "consume, growth",
        who,
        rows,
        runs,
        ({ stdout }) => (JSON.parse(stdout) as { seconds: number }).seconds,
      ),
    );
  }
  const [first] = figures;
  return figures.map((figure) =>
    figure === first
      ? figure
      : { ...figure, ratio: figure.value.median / first.value.median, target: "0.85 to 1.15 times" }
  );
}
