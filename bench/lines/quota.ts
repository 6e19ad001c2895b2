import { sleep } from "../../mod/wait/sleep.ts";
import { freePort } from "../../tests/services/free_port.ts";
import { type ControlGroup, openControlGroup } from "../control_group.ts";
import type { Program } from "../measured.ts";
import { spread } from "../spread.ts";
import { consume, filledTopic, type Stage, unique } from "../stage.ts";
import type { Figure } from "../table.ts";

/** Partitions of the topic. */
const PARTITIONS = 16;

/** Cores that one process may take: so little that eight of them leave room for broker and store. */
const CORES = 0.05;

/** Rows of the topic, times those of the other lines. */
const ENOUGH = 48;

/** What share of the topic each process reads before it is measured: until then V8 compiles its code. */
const WARM_UP = 1 / 48;

/** Milliseconds between two looks at the counters. */
const LOOK_MS = 200;

/**
 * Rows of an object. One process of all partitions fills all their objects together: with the default of
 * 50,000 it would read 800,000 rows before the first is encoded, more than are measured, while each of eight
 * processes writes several objects of its two partitions.
 */
const FLUSH_ROWS = ["--flush-rows", "5000"] as const;

/** How a table format is measured. */
interface MeasuredFormat {
  options: readonly string[];
  /** What share of the topic is read for each process while it is measured. */
  share: number;
}

/**
 * Iceberg with the default commit interval, and long enough for several commits: a commit takes a process
 * that has a twentieth of a core more than a second, so that with a short interval eight would do nothing else.
 */
const FORMATS: Readonly<Record<string, MeasuredFormat>> = {
  hive: { options: FLUSH_ROWS, share: 1 / 48 },
  iceberg: {
    options: [...FLUSH_ROWS, "--table-format", "iceberg", "--iceberg-catalog", "directory"],
    share: 1 / 12,
  },
};

/**
 * 1, 2, 4 and 8 processes of one group, each held to a twentieth of a core by a control group: whether twice
 * the processes carry twice the rows, where broker and store are not what runs out. Measured once all
 * are warm; also how long it takes until each has its partitions and has read from them.
 */
export async function quotaLine(stage: Stage): Promise<Figure[]> {
  const rows = ENOUGH * stage.rows;
  const topic = await filledTopic(stage, rows, PARTITIONS);
  const figures: Figure[] = [];
  for (const [format, { options, share }] of Object.entries(FORMATS)) {
    const line =
      `consume, ${PARTITIONS} partitions, ${format}, each process held to ${CORES} cores`;
    let first: number | undefined;
    for (const processes of stage.long ? [1, 2, 4, 8] : [1, 2, 4]) {
      const { rowsPerSecond, joinSeconds, repeated } = await runHeld(
        consume(stage, topic, ...options),
        processes,
        { warmUp: rows * WARM_UP, measured: rows * share * processes },
      );
      first ??= rowsPerSecond;
      const who = processes === 1 ? "one process" : `${processes} processes`;
      console.error(`  ${format}, ${who}: ${Math.round(rowsPerSecond)} rows/s`);
      figures.push(
        {
          line,
          who,
          unit: "rows/s",
          value: spread([rowsPerSecond]),
          ratio: rowsPerSecond / first,
          target: processes === 1 ? undefined : `${(0.9 * processes).toFixed(1)} times`,
        },
        { line, who: `${who}: until each reads`, unit: "s", value: spread([joinSeconds]) },
        { line, who: `${who}: attempts repeated`, unit: "", value: spread([repeated]) },
      );
    }
  }
  return figures;
}

interface HeldRun {
  rowsPerSecond: number;
  /** From their start until each process has read something. */
  joinSeconds: number;
  /** Flushes and commits that were repeated, and commits that conflicted, by all processes. */
  repeated: number;
}

/** Counters of what a process did again. */
const REPEATED = ["ticklake_retries_total", "ticklake_table_commit_conflicts_total"];

/**
 * Runs a consumer several times at once, of one group into one table, each in a control group of its own.
 * @param rows `warmUp`: that each process reads before; `measured`: that all read together
 */
async function runHeld(
  { command, args, env }: Program,
  processes: number,
  rows: { warmUp: number; measured: number },
): Promise<HeldRun> {
  const groups: ControlGroup[] = [];
  const children: Deno.ChildProcess[] = [];
  const ports = Array.from({ length: processes }, freePort);
  const own = args.filter((word) => word !== "--until-end");
  const startedAt = performance.now();
  try {
    for (const port of ports) {
      const group = await openControlGroup(unique("ticklake-bench"), { cores: CORES });
      groups.push(group);
      const words = [...own, "--metrics", `127.0.0.1:${port}`];
      const held = group.within({ command, args: words, env });
      children.push(
        new Deno.Command(held.command, {
          args: held.args,
          env: held.env,
          stdin: "null",
          stdout: "null",
          stderr: "null",
        }).spawn(),
      );
    }
    const read = () => Promise.all(ports.map((port) => counter(port, "ticklake_read_rows_total")));
    const until = async (isReached: (counts: number[]) => boolean) => {
      for (;;) {
        const counts = await read();
        if (isReached(counts)) return sum(counts);
        await sleep(LOOK_MS);
      }
    };
    await until((counts) => counts.every((count) => count > 0));
    const joinSeconds = (performance.now() - startedAt) / 1000;
    const before = await until((counts) => counts.every((count) => count >= rows.warmUp));
    const beganAt = performance.now();
    const enough = before + rows.measured;
    const after = await until((counts) => sum(counts) >= enough);
    const seconds = (performance.now() - beganAt) / 1000;
    const repeated = await Promise.all(
      ports.flatMap((port) => REPEATED.map((name) => counter(port, name))),
    );
    return { rowsPerSecond: (after - before) / seconds, joinSeconds, repeated: sum(repeated) };
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(children.map(({ status }) => status));
    for (const group of groups) await group.close();
  }
}

/** A counter of a process, all its labels together; 0 before the process answers. */
async function counter(port: number, name: string): Promise<number> {
  let text: string;
  try {
    text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  } catch {
    return 0;
  }
  const lines = text.split("\n").filter((line) => /^[a-z_]+/.exec(line)?.[0] === name);
  return sum(lines.map((line) => Number(line.slice(line.lastIndexOf(" ") + 1))));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
