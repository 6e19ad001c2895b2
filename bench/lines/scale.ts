import { machineLoad } from "../machine_load.ts";
import { measure, type Measured } from "../measured.ts";
import { spread } from "../spread.ts";
import { consume, filledTopic, type Stage } from "../stage.ts";
import type { Figure } from "../table.ts";
import { secondsOf } from "./consume.ts";

/** Times the rows of the other lines: else it is their joining of the group that is measured. */
const ENOUGH = 16;

/** What the runs of one side gave. */
interface Side {
  rowsPerSecond: number[];
  /** CPU seconds a million rows, of all processes of the side. */
  cpu: number[];
  /** Cores of the machine that were in use, the broker's and the S3 server's work included. */
  cores: number[];
}

/**
 * Four partitions: one process, and two of one group. How many cores were in use says whether there was
 * anything left for a second process to use.
 */
export async function scaleLine(stage: Stage): Promise<Figure[]> {
  const { rounds } = stage;
  const rows = ENOUGH * stage.rows;
  const topic = await filledTopic(stage, rows, 4);
  const side = (): Side => ({ rowsPerSecond: [], cpu: [], cores: [] });
  const [one, two] = [side(), side()];
  for (let round = 0; round < rounds; round++) {
    for (const [side, processes] of [[one, 1], [two, 2]] as const) {
      // The same group and the same place in the lake.
      const program = consume(stage, topic);
      const load = machineLoad();
      const runs = await Promise.all(Array.from({ length: processes }, () => measure(program)));
      side.cores.push(load.cores());
      // Without their start, of which two have two.
      side.rowsPerSecond.push(rows / Math.max(...runs.map(secondsOf)));
      side.cpu.push(cpuOf(runs) / rows * 1e6);
      const written = runs.reduce((sum, { stdout }) => sum + JSON.parse(stdout).written, 0);
      if (written !== rows) throw new Error(`expected ${rows} rows, found ${written}`);
    }
  }
  const line = "consume, 4 partitions";
  const figures = (who: string, { rowsPerSecond, cpu, cores }: Side): Figure[] => [
    { line, who, unit: "rows/s", value: spread(rowsPerSecond), cpu: spread(cpu) },
    { line, who: `${who}: cores of the machine in use`, unit: "cores", value: spread(cores) },
  ];
  const single = figures("one process", one);
  const both = figures("two processes of a group", two);
  both[0].ratio = both[0].value.median / single[0].value.median;
  both[0].target = "1.6 times, as far as the cores allow";
  return [...single, ...both];
}

function cpuOf(runs: readonly Measured[]): number {
  return runs.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
}
