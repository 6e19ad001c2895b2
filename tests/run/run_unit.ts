import { REPOSITORY } from "../services/tools_folder.ts";
import { failedTests, readSummary, type Tally } from "./tally.ts";
import type { Unit } from "./units.ts";

/** How a unit runs. */
export interface RunOptions {
  /** Options that `deno test` gets. */
  options: readonly string[];
  env: Record<string, string>;
  stopped: AbortSignal;
  /** Whether its output is shown as it comes; else whole, at its end. */
  live: boolean;
}

/** How a unit ended. */
export interface UnitResult {
  unit: Unit;
  tally: Tally;
  /** Lines that name the tests that failed. */
  failures: string[];
  seconds: number;
}

/** Runs a unit in a process of its own. */
export async function runUnit(
  unit: Unit,
  { options, env, stopped, live }: RunOptions,
): Promise<UnitResult> {
  const startedAt = performance.now();
  const how = unit.examples ? ["--doc"] : ["--no-check"];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "--allow-all", ...how, ...options, ...unit.files],
    cwd: REPOSITORY,
    env: { ...env, ...(Deno.stdout.isTerminal() ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" }) },
    stdin: "null",
    stdout: "piped",
    stderr: live ? "inherit" : "piped",
  }).spawn();
  const stop = () => child.kill("SIGTERM");
  stopped.addEventListener("abort", stop);
  const [text, errors, { success }] = await Promise.all([
    read(child.stdout, live),
    live ? "" : read(child.stderr, false),
    child.status,
  ]);
  stopped.removeEventListener("abort", stop);
  const seconds = (performance.now() - startedAt) / 1000;
  const output = live ? "" : errors + text;
  console.log(`${output}${unit.name}: ${seconds.toFixed(1)} s\n`);
  return { unit, tally: readSummary(text, success), failures: failedTests(text), seconds };
}

async function read(stream: ReadableStream<Uint8Array>, live: boolean): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const part of stream) {
    if (live) Deno.stdout.writeSync(part);
    text += decoder.decode(part, { stream: true });
  }
  return text;
}
