/**
 * Runs the tests on the services that they need, and ends with one line of figures:
 *
 *     ./dev test [ROOM | FILE...] [--no-services] [options of deno test, as --name=value]
 *
 * Each room of tests/ is a process of its own, one after the other: tests of one room may set the
 * environment, and two cores do not run a broker and two rooms at once. `CI=true` makes a missing
 * service a failure.
 */
import { type Need, NEEDS } from "./services/services.ts";
import { type RunningServices, startServices } from "./services/start_services.ts";
import { REPOSITORY } from "./services/tools_folder.ts";
import { addUp, readSummary, type Tally } from "./tally.ts";

const TESTS = `${REPOSITORY}/tests`;

/** What a command line asks for. */
interface Plan {
  /** Folders or files of tests, in the order of the run. */
  paths: string[];
  services: boolean;
  /** Options that `deno test` gets. */
  options: string[];
}

function readPlan(words: string[]): Plan {
  const options = words.filter((word) => word.startsWith("-"));
  const named = words.filter((word) => !word.startsWith("-"));
  const paths = (named.length === 0 ? allRooms() : named).map((name) => {
    const path = name.startsWith("tests/") ? `${REPOSITORY}/${name}` : `${TESTS}/${name}`;
    if (exists(path)) return path;
    console.error(`error: there are no tests at ${name}; expected a folder or file of tests/`);
    Deno.exit(2);
  });
  return {
    paths,
    services: !options.includes("--no-services"),
    options: options.filter((option) => option !== "--no-services"),
  };
}

/** All rooms with tests; those that break things last, as they take longest. */
function allRooms(): string[] {
  return [...Deno.readDirSync(TESTS)]
    .filter(({ name }) => sources(`${TESTS}/${name}`).some((file) => file.endsWith("_test.ts")))
    .map(({ name }) => name)
    .sort((a, b) => Number(a === "faults") - Number(b === "faults") || (a < b ? -1 : 1));
}

/** TypeScript files at a path. */
function sources(path: string): string[] {
  if (!Deno.statSync(path).isDirectory) return path.endsWith(".ts") ? [path] : [];
  return [...Deno.readDirSync(path)].flatMap(({ name }) => sources(`${path}/${name}`));
}

/** What the tests name in their `needs`. */
function needsOf(paths: string[]): Set<Need> {
  const text = paths.flatMap(sources).map((file) => Deno.readTextFileSync(file)).join("\n");
  return new Set(NEEDS.filter((need) => text.includes(`"${need}"`)));
}

async function runRoom(
  path: string,
  options: string[],
  env: Record<string, string>,
  stopped: AbortSignal,
): Promise<Tally> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "--allow-all", "--no-check", ...options, path],
    cwd: REPOSITORY,
    env: { ...env, ...(Deno.stdout.isTerminal() ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" }) },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const stop = () => child.kill("SIGTERM");
  stopped.addEventListener("abort", stop);
  let text = "";
  const decoder = new TextDecoder();
  for await (const part of child.stdout) {
    Deno.stdout.writeSync(part);
    text += decoder.decode(part, { stream: true });
  }
  const { success } = await child.status;
  stopped.removeEventListener("abort", stop);
  return readSummary(text, success);
}

async function runAll(plan: Plan, services: RunningServices, stopped: AbortSignal): Promise<Tally> {
  const skippedFile = Deno.makeTempFileSync();
  const env = {
    ...services.env,
    TEST_MISSING: JSON.stringify(services.missing),
    TEST_SKIPPED_FILE: skippedFile,
  };
  const tallies: Tally[] = [];
  for (const path of plan.paths) {
    if (stopped.aborted) break;
    const startedAt = performance.now();
    tallies.push(await runRoom(path, plan.options, env, stopped));
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`${path.slice(REPOSITORY.length + 1)}: ${seconds} s\n`);
  }
  sayWhySkipped(Deno.readTextFileSync(skippedFile));
  Deno.removeSync(skippedFile);
  return addUp(tallies);
}

/** One line for each reason, with the number of tests. */
function sayWhySkipped(records: string): void {
  const counts = new Map<string, number>();
  for (const line of records.split("\n").filter((line) => line !== "")) {
    for (const reason of JSON.parse(line).reasons as string[]) {
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
  }
  for (const [reason, count] of counts) console.log(`skipped ${count}: ${reason}`);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

async function main(): Promise<number> {
  const plan = readPlan(Deno.args);
  const stopped = new AbortController();
  let exitCode = 0;
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    Deno.addSignalListener(signal, () => {
      exitCode = code;
      stopped.abort();
    });
  }
  const folder = Deno.makeTempDirSync({ prefix: "ticklake-services-" });
  const services = await startServices(folder, plan.services ? needsOf(plan.paths) : new Set());
  let tally: Tally;
  try {
    tally = await runAll(plan, services, stopped.signal);
  } finally {
    await services.stop();
    Deno.removeSync(folder, { recursive: true });
  }
  const { passed, failed, skipped } = tally;
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return exitCode || (failed > 0 ? 1 : 0);
}

Deno.exit(await main());
