import { type Measured } from "../measured.ts";
import { alternate, consume, filledTopic, peer, type Stage, unique } from "../stage.ts";
import { type Figure, rowsFigure } from "../table.ts";

/** Rows that the notebooks' way is measured with: it takes two milliseconds for each. */
const NOTEBOOK_ROWS = 1000;

/** From Kafka to S3, beside Python: the notebooks' way, and its tools at their best. */
export async function consumeLine(stage: Stage): Promise<Figure[]> {
  const { rows, rounds } = stage;
  const topic = await filledTopic(stage, rows, 1);
  const [notebook] = await alternate(1, [
    () => peer(stage, "consume_notebook.py", topic, String(NOTEBOOK_ROWS), unique("peer")),
  ]);
  const [tuned, parquet, jsonl] = await alternate(rounds, [
    () => peer(stage, "consume_tuned.py", topic, String(rows), unique("peer")),
    () => consume(stage, topic),
    () => consume(stage, topic, "--format", "jsonl"),
  ]);
  for (const run of [...parquet, ...jsonl]) mustHaveWritten(run, rows);
  const line = "consume";
  const best = rowsFigure(line, "Python, tuned, Parquet", rows, tuned);
  const beside = (figure: Figure, target: string): Figure => ({
    ...figure,
    ratio: figure.value.median / best.value.median,
    target,
  });
  return [
    rowsFigure(line, "notebook: an object a row", NOTEBOOK_ROWS, notebook),
    best,
    beside(
      rowsFigure(line, "ticklake, Parquet", rows, parquet),
      "15.1 times; 180 MiB",
    ),
    beside(rowsFigure(line, "ticklake, JSON lines", rows, jsonl), "11.6 times"),
  ];
}

/** Else a run that wrote nothing would be the fastest. */
export function mustHaveWritten({ stdout }: Measured, rows: number): void {
  const { written } = JSON.parse(stdout) as { written: number };
  if (written !== rows) throw new Error(`expected ${rows} rows written, found ${written}`);
}

/** Seconds that the program itself counts, from the end of its start to its end. */
export function secondsOf({ stdout }: Measured): number {
  return (JSON.parse(stdout) as { seconds: number }).seconds;
}
