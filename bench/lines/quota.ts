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
const ENOUGH = 32;

/** What share of the topic each process reads before it is measured: until then V8 compiles its code. */
const WARM_UP = 1 / 32;

/** What share of the topic is read for each process while it is measured. */
const MEASURED = 1 / 32;

/** Milliseconds between two looks at the counters. */
const LOOK_MS = 200;

/**
 * Rows of an object. One process of all partitions fills all their objects together: with the default of
 * 50,000 it would read 800,000 rows before the first is encoded, more than are measured, while each of eight
 * processes writes several objects of its two partitions.
 */
const FLUSH_ROWS = ["--flush-rows", "5000"] as const;

/** What a table format's processes are told. */
const FORMATS: Readonly<Record<string, readonly string[]>> = {
  hive: FLUSH_ROWS,
  iceberg: [
    ...FLUSH_ROWS,
    ...["--table-format", "iceberg", "--iceberg-catalog", "directory"],
    ...["--commit-interval", "10s"],
  ],
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
  for (const [format, options] of Object.entries(FORMATS)) {
    const line =
      `consume, ${PARTITIONS} partitions, ${format}, each process held to ${CORES} cores`;
    let first: number | undefined;
    for (const processes of stage.long ? [1, 2, 4, 8] : [1, 2, 4]) {
      const { rowsPerSecond, joinSeconds, retries } = await runHeld(
        consume(stage, topic, ...options),
        processes,
        rows,
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
        { line, who: `${who}: attempts repeated`, unit: "", value: spread([retries]) },
      );
    }
  }
  return figures;
}

interface HeldRun {
  rowsPerSecond: number;
  /** From their start until each process has read something. */
  joinSeconds: number;
  /** Flushes and commits that were repeated, by all processes. */
  retries: number;
}

/** Runs a consumer several times at once, of one group into one table, each in a control group of its own. */
async function runHeld(
  { command, args, env }: Program,
  processes: number,
  rows: number,
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
    const before = await until((counts) => counts.every((count) => count >= rows * WARM_UP));
    const beganAt = performance.now();
    const enough = before + rows * MEASURED * processes;
    const after = await until((counts) => sum(counts) >= enough);
    const seconds = (performance.now() - beganAt) / 1000;
    const retries = await Promise.all(ports.map((port) => counter(port, "ticklake_retries_total")));
    return { rowsPerSecond: (after - before) / seconds, joinSeconds, retries: sum(retries) };
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
