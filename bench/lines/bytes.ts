import { measure } from "../measured.ts";
import { writeRandomWalk } from "../random_walk.ts";
import { spread } from "../spread.ts";
import { consume, filledTopic, peer, type Stage, ticklake, unique } from "../stage.ts";
import type { Figure } from "../table.ts";
import { mustHaveWritten } from "./consume.ts";

const WALKS = "random walks, full digits";

/**
 * Bytes of a row in the lake, all twelve columns: of the shipped quotes, which a replay repeats, and of
 * prices that never return; beside what pyarrow makes of the same objects.
 */
export async function bytesLine(stage: Stage): Promise<Figure[]> {
  const { rows } = stage;
  const walk = `${stage.folder}/walk.csv`;
  await writeRandomWalk(walk, rows);
  const walks = unique("walks");
  await measure(ticklake(
    stage,
    ...["produce", "--topic", walks, "--partitions", "1", "--mode", "replay", "--rate", "max"],
    ...["--input", walk],
  ));
  const topics = { "shipped quotes": await filledTopic(stage, rows, 1), [WALKS]: walks };
  const figures: Figure[] = [];
  for (const [input, topic] of Object.entries(topics)) {
    const line = `bytes a row, ${input}`;
    const bytes = (who: string, value: number, target?: string): Figure => ({
      line,
      who,
      unit: "bytes",
      value: spread([value]),
      target,
    });
    let prefix = "";
    const ours: Figure[] = [];
    for (const compression of ["zstd", "snappy", "gzip", "none"]) {
      const program = consume(stage, topic, "--compression", compression);
      const run = await measure(program);
      mustHaveWritten(run, rows);
      prefix = program.args[program.args.indexOf("--prefix") + 1];
      const size = JSON.parse(run.stdout).bytes / rows;
      const target = compression === "zstd" ? "at most pyarrow's, zstd" : undefined;
      ours.push(bytes(`ticklake, Parquet, ${compression}`, size, target));
    }
    const lines = await measure(consume(stage, topic, "--format", "jsonl"));
    mustHaveWritten(lines, rows);
    const { stdout } = await measure(peer(stage, "parquet_bytes.py", prefix));
    const theirs = JSON.parse(stdout) as Record<string, number>;
    ours[0].ratio = ours[0].value.median / theirs.zstd;
    figures.push(
      bytes("pyarrow, snappy", theirs.snappy),
      bytes("pyarrow, zstd", theirs.zstd),
      ...ours,
      bytes("ticklake, JSON lines, gzip", JSON.parse(lines.stdout).bytes / rows),
    );
  }
  return figures;
}
