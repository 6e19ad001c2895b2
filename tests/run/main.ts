/**
 * Runs the tests on the services that they need, and ends with one line of figures:
 *
 *     ./dev test [ROOM | FILE...] [--no-services] [--record] [options of deno test, as --name=value]
 *
 * A room of tests/ is a process of its own, as its tests may set the environment. One more run at once than
 * there are cores, as most of their time is waiting (for sessions, outages, retries); but at most three, as
 * they share a broker and an S3 server. While the services start, the tests run that use none. `CI=true` makes a missing service a
 * failure. `--record` writes down how long each room has taken, by which the next run is planned.
 */
import { type Need, NEEDS } from "../services/services.ts";
import { type RunningServices, startServices } from "../services/start_services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";
import { recordDurations, recordedDurations } from "./durations.ts";
import { runUnit, type UnitResult } from "./run_unit.ts";
import { estimate, Schedule } from "./schedule.ts";
import { addUp, type Tally } from "./tally.ts";
import { allRooms, examples, type Unit, unitsOf } from "./units.ts";

/** Seconds until the services run, where they are installed. */
const SERVICES_START_S = 20;

/** Units that run at once at most: the services are shared, and so is the memory. */
const MOST_WORKERS = 3;

const OWN_OPTIONS = ["--no-services", "--record"];

/** What a command line asks for. */
interface Plan {
  units: Unit[];
  services: boolean;
  record: boolean;
  /** Options that `deno test` gets. */
  options: string[];
}

function readPlan(words: string[]): Plan {
  const options = words.filter((word) => word.startsWith("-"));
  const named = words.filter((word) => !word.startsWith("-")).map(pathOf);
  return {
    units: named.length === 0 ? [...unitsOf(allRooms()), examples()] : unitsOf(named),
    services: !options.includes("--no-services"),
    record: options.includes("--record"),
    options: options.filter((option) => !OWN_OPTIONS.includes(option)),
  };
}

function pathOf(name: string): string {
  const path = name.startsWith("tests/") ? name : `tests/${name}`;
  try {
    Deno.statSync(`${REPOSITORY}/${path}`);
    return path.replace(/\/$/, "");
  } catch {
    console.error(`error: there are no tests at ${name}; expected a folder or file of tests/`);
    Deno.exit(2);
  }
}

async function runAll(plan: Plan, folder: string, stopped: AbortSignal): Promise<Tally> {
  const { units, options } = plan;
  const served = units.filter(({ needs }) => needs.size > 0);
  const durations = recordedDurations();
  const workers = Math.min(MOST_WORKERS, navigator.hardwareConcurrency + 1, units.length);
  const startS = served.length > 0 ? SERVICES_START_S : 0;
  console.log(`${units.length} units: ${estimate(durations, units, { workers, startS })}\n`);
  const skippedFile = `${folder}/skipped`;
  Deno.writeTextFileSync(skippedFile, "");
  const results: UnitResult[] = [];
  const schedule = new Schedule(units, durations);
  let env: Record<string, string> = { TEST_SKIPPED_FILE: skippedFile };
  const work = async (live: boolean) => {
    while (!stopped.aborted) {
      const unit = schedule.take();
      if (unit === undefined) break;
      results.push(await runUnit(unit, { options, env, stopped, live }));
    }
  };
  const needed = new Set(plan.services ? served.flatMap(({ needs }) => [...needs]) : []);
  const starting = served.length > 0 ? startServices(folder, needed) : undefined;
  const ready = starting?.then((services) => {
    sayWhatIsMissing(served, services);
    env = { ...env, ...services.env, TEST_MISSING: JSON.stringify(services.missing) };
    schedule.served = true;
  });
  try {
    await Promise.all(Array.from({ length: workers }, async (_, i) => {
      // What the first runs is shown as it comes.
      await work(i === 0);
      await ready;
      await work(i === 0);
    }));
  } finally {
    await starting?.then((services) => services.stop(), () => {});
  }
  sayWhySkipped(Deno.readTextFileSync(skippedFile));
  const taken = results.filter(({ tally }) => tally.failed === 0)
    .map(({ unit, seconds }) => [unit.name, seconds] as const);
  if (plan.record && !stopped.aborted) recordDurations(new Map(taken));
  for (const { unit, tally, failures } of results) {
    if (tally.failed > 0) console.log([`failed in ${unit.name}:`, ...failures].join("\n  ") + "\n");
  }
  return addUp(results.map(({ tally }) => tally));
}

/** What will be skipped (in CI: will fail), and why. */
function sayWhatIsMissing(units: readonly Unit[], { missing }: RunningServices): void {
  const fate = Deno.env.get("CI") === "true" ? "will fail" : "will be skipped";
  for (const need of NEEDS) {
    const rooms = units.filter(({ needs }) => needs.has(need as Need)).map(({ name }) => name);
    if (missing[need] === undefined || rooms.length === 0) continue;
    console.log(`tests that need ${need} ${fate} (in ${rooms.join("; ")}): ${missing[need]}\n`);
  }
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
  let tally: Tally;
  try {
    tally = await runAll(plan, folder, stopped.signal);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
  const { passed, failed, skipped } = tally;
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return exitCode || (failed > 0 ? 1 : 0);
}

Deno.exit(await main());
