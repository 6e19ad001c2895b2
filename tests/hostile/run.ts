/**
 * Attacks the program at length, and prints the table of what came of it:
 *
 *     ./dev hostile [--inputs N] [--seed N] [--release FILE] [--write]
 *
 * `--inputs` are those of each fuzzed reader (100,000 without it). `--release` is the executable of an earlier
 * release, which reads the inputs of memory too. With `--write` the table goes into docs/security.md. Ends with exit code 1 when something did not hold.
 */
import { writeSection } from "../../scripts/marked_section.ts";
import { kafka } from "../services/services.ts";
import { startServices } from "../services/start_services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";
import { fuzz } from "./fuzz/fuzz.ts";
import { TARGETS } from "./fuzz/targets.ts";
import {
  mebibytes,
  MEMORY_INPUTS,
  memorySetups,
  PLAIN,
  readByRelease,
  readInput,
} from "./memory/inputs.ts";

/** Tests that are an attack as they are, and what they stand for in the table. */
const ATTACKS: ReadonlyArray<readonly [what: string, file: string]> = [
  [
    "more idle connections than it may have files, slow and broken requests",
    "hostile/ports_test.ts",
  ],
  [
    "links, pipes, devices, directories, growing, truncated and vanishing files",
    "hostile/files_test.ts",
  ],
  ["links below --home, to others' files", "files/links_test.ts"],
  [
    "secrets planted in settings, endpoint, profile and granted tokens, looked for in every output at every level",
    "hostile/secrets/outputs_test.ts",
  ],
  [
    "the same, looked for in files, objects, table metadata, ports, posts and the process list",
    "hostile/secrets/places_test.ts",
  ],
  ["a crash, with secrets in its error", "cli/crash_test.ts"],
  ["a damaged embedded log: pages, bits, header, end, write-ahead log", "broker/salvage_test.ts"],
  ["what Java, Python and librdkafka compress, with every option", "broker/codecs/codecs_test.ts"],
  ["too few open files", "binary/open_files_test.ts"],
  ["guesses of the dashboard's token, foreign hosts", "live/dashboard_access_test.ts"],
  ["a redirecting webhook", "ops/telemetry/alerts_test.ts"],
];

type Line = readonly [what: string, done: string, outcome: string, before?: string];

const lines: Line[] = [];
let failed = false;

async function attack(
  what: string,
  run: () => Promise<readonly [string, string, string?]>,
): Promise<void> {
  console.error(what);
  try {
    const line = [what, ...await run()] as const;
    console.error(`  ${line.slice(1).join(": ")}`);
    lines.push(line);
  } catch (error) {
    failed = true;
    console.error(error);
    lines.push([what, "", "**did not hold**"]);
  }
}

/** Runs a file of tests; gives how many there were. */
async function runTests(file: string, seed: number): Promise<number> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", "--quiet", `tests/${file}`],
    cwd: REPOSITORY,
    env: { NO_COLOR: "1", TEST_HOSTILE: "1", TEST_SEED: `${seed}` },
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (!success) throw new Error(text);
  return Number(/(\d+) passed/.exec(text)?.[1] ?? 0);
}

async function versionOf(program: string): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args: ["--version"] }).output();
  return new TextDecoder().decode(stdout).trim();
}

function option(name: string, otherwise: number): number {
  const at = Deno.args.indexOf(name);
  if (at < 0) return otherwise;
  const value = Number(Deno.args[at + 1]);
  if (Number.isSafeInteger(value) && value > 0) return value;
  console.error(`error: ${name}: expected a whole number above 0, found ${Deno.args[at + 1]}`);
  Deno.exit(2);
}

async function main(): Promise<number> {
  const at = Deno.args.indexOf("--release");
  const release = at < 0 ? undefined : Deno.args[at + 1];
  const version = release === undefined ? "" : await versionOf(release);
  const [inputs, seed] = [option("--inputs", 100_000), option("--seed", 1 + Date.now() % 2 ** 31)];
  const folder = Deno.makeTempDirSync({ prefix: "ticklake-services-" });
  const services = await startServices(
    folder,
    new Set([
      ...[
        "kafka",
        "python",
        "binary",
        "real-s3",
        "aws",
        "schema-registry",
        "iceberg-rest",
        "confluent-client",
      ] as const,
    ]),
  );
  try {
    for (const reason of Object.values(services.missing)) throw new Error(reason);
    for (const [name, value] of Object.entries(services.env)) Deno.env.set(name, value);
    for (const [what, file] of ATTACKS) {
      await attack(what, async () => [`${await runTests(file, seed)} tests`, "held"]);
    }
    for (const target of TARGETS) {
      await attack(`mutated bytes for the ${target.name} reader`, async () => {
        const outcome = await fuzz(target, inputs, seed);
        const count = outcome.inputs.toLocaleString("en-US");
        return [`${count} inputs`, `held; the slowest took ${Math.ceil(outcome.slowestMs)} ms`];
      });
    }
    const setups = [PLAIN, ...memorySetups(Deno.env.get("TEST_SCHEMA_REGISTRY")!)];
    for (const input of MEMORY_INPUTS) {
      for (const setup of setups) {
        await attack([input.what, setup.what].filter(Boolean).join("; "), async () => {
          const { messages, peakRss, seconds, bound } = await readInput(input, kafka()!, setup);
          const done = `${messages.toLocaleString("en-US")} messages, 512 MiB (${bound})`;
          const before = release !== undefined && setup === PLAIN
            ? await readByRelease(release, input, kafka()!)
            : "";
          return [
            done,
            `finished in ${seconds.toFixed(0)} s with ${mebibytes(peakRss)} MiB`,
            before,
          ];
        });
      }
    }
  } finally {
    await services.stop();
    Deno.removeSync(folder, { recursive: true });
  }
  const columns = release === undefined ? 3 : 4;
  const rowOf = (cells: readonly (string | undefined)[]) =>
    `| ${Array.from({ length: columns }, (_, i) => cells[i] ?? "").join(" | ")} |`;
  const day = new Date().toISOString().slice(0, 10);
  const command = `./dev hostile --inputs ${inputs} --seed ${seed}`;
  const table = [
    `Measured ${day} by \`${command}\`:`,
    "",
    rowOf(["attack", "what was done", "outcome", `release ${version}`]),
    rowOf(["---", "---", "---", "---"]),
    ...lines.map(rowOf),
  ].join("\n");
  console.log(table);
  if (Deno.args.includes("--write")) await writeSection("docs/security.md", "hostile", table);
  return failed ? 1 : 0;
}

Deno.exit(await main());
