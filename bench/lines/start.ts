import { alternate, type Stage, ticklake } from "../stage.ts";
import { spread } from "../spread.ts";
import type { Figure } from "../table.ts";

/** Runs of each: they are short. */
const RUNS = 15;

/** How long the program takes to say something. */
export async function startLine(stage: Stage): Promise<Figure[]> {
  const [help, version] = await alternate(RUNS, [
    () => ticklake(stage, "--help"),
    () => ticklake(stage, "--version"),
  ]);
  const milliseconds = (runs: typeof help) => spread(runs.map(({ seconds }) => seconds * 1000));
  return [
    { line: "start", who: "--help", unit: "ms", value: milliseconds(help), target: "100 ms" },
    { line: "start", who: "--version", unit: "ms", value: milliseconds(version) },
  ];
}
