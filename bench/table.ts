import type { Measured } from "./measured.ts";
import { type Spread, spread } from "./spread.ts";

/** One row of the report. */
export interface Figure {
  /** What was measured. */
  line: string;
  /** Whose figure it is: `ticklake`, or a peer. */
  who: string;
  /** Main figure. */
  value: Spread;
  /** Its unit, such as `rows/s`. */
  unit: string;
  /** CPU seconds a million rows. */
  cpu?: Spread;
  peakMiB?: Spread;
  /** How many times the peer's figure it is. */
  ratio?: number;
  /** What the project wants. */
  target?: string;
}

/** Figure of some runs that each carried `rows` rows. */
export function rowsFigure(
  line: string,
  who: string,
  rows: number,
  runs: readonly Measured[],
  secondsOf: (run: Measured) => number = ({ seconds }) => seconds,
): Figure {
  return {
    line,
    who,
    unit: "rows/s",
    value: spread(runs.map((run) => rows / secondsOf(run))),
    cpu: spread(runs.map(({ cpuSeconds }) => cpuSeconds / rows * 1e6)),
    peakMiB: spread(runs.map(({ peakMiB }) => peakMiB)),
  };
}

/** The report as a table in Markdown. */
export function markdown(figures: readonly Figure[]): string {
  const head = [
    "",
    "",
    "median",
    "min to max",
    "times the peer",
    "CPU s / 1M rows",
    "peak MiB",
    "target",
  ];
  const rows = figures.map(({ line, who, value, unit, ratio, cpu, peakMiB, target }) => [
    line,
    who,
    `${number(value.median)} ${unit}`,
    `${number(value.min)} to ${number(value.max)}`,
    ratio === undefined ? "" : ratio.toFixed(1),
    cpu === undefined ? "" : cpu.median.toFixed(cpu.median < 10 ? 2 : 1),
    peakMiB === undefined ? "" : number(peakMiB.max),
    target ?? "",
  ]);
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n") + "\n";
}

function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(value >= 1 ? 1 : 3);
}
