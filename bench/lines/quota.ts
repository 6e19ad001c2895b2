import { type ControlGroup, openControlGroup } from "../control_group.ts";
import { measure, type Measured } from "../measured.ts";
import { spread } from "../spread.ts";
import { consume, filledTopic, type Stage, unique } from "../stage.ts";
import type { Figure } from "../table.ts";
import { secondsOf } from "./consume.ts";

/** Partitions of the topic. */
const PARTITIONS = 16;

/** Cores that one process may take: so little that eight of them leave room for broker and store. */
const CORES = 0.1;

/** Rows of the topic, times those of the other lines. */
const ENOUGH = 2;

/**
 * 1, 2, 4 and 8 processes of one group, each held to a tenth of a core by a control group: whether twice
 * the processes carry twice the rows, where broker and store are not what runs out.
 */
export async function quotaLine(stage: Stage): Promise<Figure[]> {
  const rows = ENOUGH * stage.rows;
  const topic = await filledTopic(stage, rows, PARTITIONS);
  const line = `consume, ${PARTITIONS} partitions, each process held to ${CORES} cores`;
  const figures: Figure[] = [];
  for (const processes of stage.long ? [1, 2, 4, 8] : [1, 2, 4]) {
    const program = consume(stage, topic);
    const groups: ControlGroup[] = [];
    let runs: Measured[];
    try {
      for (let i = 0; i < processes; i++) {
        groups.push(await openControlGroup(unique("ticklake-bench"), { cores: CORES }));
      }
      runs = await Promise.all(groups.map((group) => measure(group.within(program))));
    } finally {
      for (const group of groups) await group.close();
    }
    const written = runs.reduce((sum, { stdout }) => sum + JSON.parse(stdout).written, 0);
    if (written !== rows) throw new Error(`expected ${rows} rows, found ${written}`);
    const value = spread([rows / Math.max(...runs.map(secondsOf))]);
    const first = figures.at(0)?.value.median ?? value.median;
    figures.push({
      line,
      who: processes === 1 ? "one process" : `${processes} processes`,
      unit: "rows/s",
      value,
      ratio: value.median / first,
      target: processes === 1 ? undefined : `${(0.9 * processes).toFixed(1)} times`,
      peakMiB: spread(runs.map(({ peakMiB }) => peakMiB)),
    });
  }
  return figures;
}
