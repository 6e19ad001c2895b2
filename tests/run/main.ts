/**
 * Runs the tests on the services that they need, and ends with one line of figures:
 *
 *     ./dev test [ROOM | FILE...] [--no-services] [--record] [options of deno test, as --name=value]
 *
 * A room of tests/ is a process of its own, as its tests may set the environment. Those that use
 * services follow each other: two cores do not run a broker and two such rooms at once. Beside them,
 * and while the services start, run the tests that use none. `CI=true` makes a missing service a
 * failure. `--record` writes down how long each has taken, which the next run tells at its start.
 */
import { type Need, NEEDS } from "../services/services.ts";
import { type RunningServices, startServices } from "../services/start_services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";
import { estimate, recordDurations, recordedDurations } from "./durations.ts";
import { runUnit } from "./run_unit.ts";
import { addUp, type Tally } from "./tally.ts";
import { allRooms, examples, type Unit, unitsOf } from "./units.ts";

/** Seconds until the services run, where they are installed. */
const SERVICES_START_S = 20;

const OWN_OPTIONS = ["--no-services", "--record"];

/** What a command line asks for. */
interface Plan {
  /** Units that follow each other, using services. */
  served: Unit[];
  /** Lanes of units that use none. */
  alone: Unit[][];
  services: boolean;
  record: boolean;
  /** Options that `deno test` gets. */
  options: string[];
}

function readPlan(words: string[]): Plan {
  const options = words.filter((word) => word.startsWith("-"));
  const named = words.filter((word) => !word.startsWith("-")).map(pathOf);
  const units = named.length === 0 ? [...unitsOf(allRooms()), examples()] : unitsOf(named);
  const served = units.filter(({ needs }) => needs.size > 0);
  const alone = units.filter(({ needs }) => needs.size === 0);
  const cores = navigator.hardwareConcurrency;
  return {
    served,
    alone: lanesOf(alone, Math.max(1, served.length > 0 ? cores - 1 : cores)),
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

/** Spreads units over lanes: the longest first, each where least is to be done. */
function lanesOf(units: readonly Unit[], count: number): Unit[][] {
  const { seconds } = recordedDurations();
  const time = ({ name }: Unit) => seconds[name] ?? 1;
  const lanes = Array.from({ length: Math.min(count, units.length) }, () => [] as Unit[]);
  const total = (lane: Unit[]) => lane.reduce((sum, unit) => sum + time(unit), 0);
  for (const unit of [...units].sort((a, b) => time(b) - time(a))) {
    lanes.reduce((least, lane) => total(lane) < total(least) ? lane : least).push(unit);
  }
  return lanes;
}

async function runAll(plan: Plan, folder: string, stopped: AbortSignal): Promise<Tally> {
  const { served, alone, options } = plan;
  const lanes = served.length > 0 ? [served, ...alone] : alone;
  const all = lanes.flat();
  console.log(
    `${all.length} units in ${lanes.length} lanes: ` +
      estimate(recordedDurations(), lanes, served.length > 0 ? SERVICES_START_S : 0) + "\n",
  );
  const skippedFile = `${folder}/skipped`;
  Deno.writeTextFileSync(skippedFile, "");
  const tallies: Tally[] = [];
  const taken = new Map<string, number>();
  const runLane = async (units: readonly Unit[], env: Record<string, string>, live: boolean) => {
    for (const unit of units) {
      if (stopped.aborted) return;
      const { tally, seconds } = await runUnit(unit, {
        options,
        env: { ...env, TEST_SKIPPED_FILE: skippedFile },
        stopped,
        live,
      });
      tallies.push(tally);
      if (tally.failed === 0) taken.set(unit.name, seconds);
    }
  };
  const needed = new Set(plan.services ? served.flatMap(({ needs }) => [...needs]) : []);
  const onServices = async () => {
    if (served.length === 0) return;
    const services = await startServices(folder, needed);
    try {
      sayWhatIsMissing(served, services);
      const missing = JSON.stringify(services.missing);
      await runLane(served, { ...services.env, TEST_MISSING: missing }, true);
    } finally {
      await services.stop();
    }
  };
  const live = lanes.length === 1;
  await Promise.all([onServices(), ...alone.map((units) => runLane(units, {}, live))]);
  sayWhySkipped(Deno.readTextFileSync(skippedFile));
  if (plan.record && !stopped.aborted) recordDurations(taken);
  return addUp(tallies);
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
