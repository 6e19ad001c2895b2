import { sleep } from "../mod/wait/sleep.ts";

/** What one run of a program took. */
export interface Measured {
  /** Seconds from its start to its end. */
  seconds: number;
  /** CPU seconds, user and system, of all its threads. */
  cpuSeconds: number;
  /** Largest resident memory, in MiB. */
  peakMiB: number;
  stdout: string;
  stderr: string;
}

/** A program to run. */
export interface Program {
  command: string;
  args: string[];
  env?: Record<string, string>;
}

/** Milliseconds between two looks at a process; its last ones go uncounted. */
const LOOK_MS = 10;

/** Clock ticks of a second in /proc/stat and /proc/PID/stat. Source: proc(5), sysconf(_SC_CLK_TCK), 100 on Linux. */
export const TICKS = 100;

/**
 * Runs a program to its end and watches what it takes.
 * @throws {Error} with what it said, when it fails
 */
export async function measure(program: Program): Promise<Measured> {
  const startedAt = performance.now();
  const child = spawn(program);
  let cpuSeconds = 0;
  let peakMiB = 0;
  const look = () => {
    try {
      cpuSeconds = cpuOf(child.pid);
      peakMiB = Math.max(peakMiB, peakOf(child.pid));
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(look, LOOK_MS);
  const { success, stdout, stderr } = await child.output();
  const seconds = (performance.now() - startedAt) / 1000;
  clearInterval(timer);
  const text = { stdout: decode(stdout), stderr: decode(stderr) };
  if (!success) {
    throw new Error(
      `${program.command} ${program.args.join(" ")} failed:\n${text.stderr.slice(-2000)}`,
    );
  }
  return { seconds, cpuSeconds, peakMiB, ...text };
}

/**
 * Runs a program that does not end by itself until `isDone`, then kills it.
 * @throws {Error} with what it said, when it ends before
 */
export async function measureUntil(
  program: Program,
  isDone: () => Promise<boolean>,
): Promise<Measured> {
  const startedAt = performance.now();
  const child = spawn(program);
  const output = child.output();
  let ended = false;
  output.finally(() => ended = true);
  while (!ended && !await isDone()) await sleep(100);
  const seconds = (performance.now() - startedAt) / 1000;
  const taken = ended ? undefined : { cpuSeconds: cpuOf(child.pid), peakMiB: peakOf(child.pid) };
  if (!ended) child.kill("SIGKILL");
  const { stdout, stderr } = await output;
  const text = { stdout: decode(stdout), stderr: decode(stderr) };
  if (taken === undefined) {
    throw new Error(`${program.command} has ended:\n${text.stderr.slice(-2000)}`);
  }
  return { seconds, ...taken, ...text };
}

function spawn({ command, args, env = {} }: Program): Deno.ChildProcess {
  const stdio = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
  return new Deno.Command(command, { args, env, ...stdio }).spawn();
}

function cpuOf(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The name in parentheses may have spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function peakOf(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
