/**
 * Runs the faults at length, and prints the table of what they cost:
 *
 *     ./dev faults [--catalog rest] [--rounds N] [--only NAME,...] [--seed N] [--write]
 *
 * With `--catalog rest` those of an Iceberg table, in a REST catalog.
 * With `--write` the table goes into docs/faults.md too; with `--only` as well, beside the other lines there.
 *
 * Ends with exit code 1 when a fault lost or doubled anything.
 */
import { readSection, writeSection } from "../../scripts/marked_section.ts";
import { startServices } from "../services/start_services.ts";
import { Chance } from "./chance.ts";
import type { Fault } from "./fault.ts";
import { FAULTS, ON_REST } from "./faults.ts";
import { failure, figures, HEAD } from "./figures.ts";
import { mergedTable } from "./merged_table.ts";
import { TRINO_FAULTS } from "./trino_rewrites.ts";
import { Stage } from "./stage.ts";

/** What a command line asks for. */
interface Plan {
  faults: readonly Fault[];
  /** Rounds of each; without it each fault's own. */
  rounds: number | undefined;
  seed: number;
  /** Whether docs/faults.md gets the table. */
  write: boolean;
}

function readPlan(given: readonly string[]): Plan {
  const write = given.includes("--write");
  const words = given.filter((word) => word !== "--write");
  const values = new Map<string, string>();
  for (let i = 0; i < words.length; i++) {
    const [name, value = words[++i]] = words[i].split("=", 2);
    if (!["--rounds", "--only", "--seed", "--catalog"].includes(name) || value === undefined) {
      refuse(`unexpected ${words[i] ?? name}`);
    }
    values.set(name, value);
  }
  const whole = (name: string) => {
    const value = values.get(name);
    if (value === undefined) return undefined;
    if (!/^[1-9]\d*$/.test(value)) refuse(`${name}: expected a whole number, found ${value}`);
    return Number(value);
  };
  const catalog = values.get("--catalog");
  if (catalog !== undefined && catalog !== "rest") {
    refuse(`--catalog: expected rest, found ${catalog}`);
  }
  const all = catalog === undefined ? FAULTS : ON_REST;
  const names = values.get("--only")?.split(",");
  for (const name of names ?? []) {
    if (!all.some((fault) => fault.name === name)) {
      refuse(`--only: expected of ${all.map((fault) => fault.name).join(", ")}; found ${name}`);
    }
  }
  return {
    faults: all.filter(({ name }) => names === undefined || names.includes(name)),
    rounds: whole("--rounds"),
    seed: whole("--seed") ?? 1 + Date.now() % 2 ** 31,
    write,
  };
}

function refuse(why: string): never {
  console.error(
    `error: ${why}\n  fix: ./dev faults [--catalog rest] [--rounds N] [--only NAME,...] [--seed N] [--write]`,
  );
  Deno.exit(2);
}

/** Where the table is. */
const DOCS = ["docs/faults.md", "faults"] as const;

async function main(): Promise<number> {
  const { faults, rounds: asked, seed, write } = readPlan(Deno.args);
  const begunAt = performance.now();
  const folder = Deno.makeTempDirSync({ prefix: "ticklake-services-" });
  const services = await startServices(
    folder,
    new Set(
      [
        "python",
        "binary",
        "iceberg-readers",
        "iceberg-rest",
        // A host without its JDK still runs all others.
        ...faults.some((fault) => TRINO_FAULTS.includes(fault)) ? ["trino"] as const : [],
      ] as const,
    ),
  );
  const lines: string[] = [];
  let failed = false;
  try {
    const { trino: withoutTrino, ...missing } = services.missing;
    for (const reason of Object.values(missing)) throw new Error(reason);
    for (const [name, value] of Object.entries(services.env)) Deno.env.set(name, value);
    for (const fault of faults) {
      if (withoutTrino !== undefined && TRINO_FAULTS.includes(fault)) {
        console.error(`${fault.name}: left out: ${withoutTrino}`);
        continue;
      }
      const rounds = asked ?? fault.rounds.long;
      console.error(`${fault.name}: ${rounds} rounds, seed ${seed}`);
      const startedAt = performance.now();
      try {
        const chance = new Chance(seed);
        // Its own: what one fault leaves behind is none of the next one's business.
        await using stage = await Stage.open();
        lines.push(
          figures(fault, rounds, await fault.run({ stage, rounds, isShort: false, chance })),
        );
      } catch (error) {
        failed = true;
        console.error(error);
        lines.push(failure(fault, rounds));
      }
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      console.error(`${lines.at(-1)}\n${fault.name}: ${seconds} s`);
    }
  } finally {
    await services.stop();
    Deno.removeSync(folder, { recursive: true });
  }
  const options = Deno.args.filter((word) => word !== "--write");
  if (!options.includes("--seed")) options.push("--seed", String(seed));
  const minutes = Math.round((performance.now() - begunAt) / 60_000);
  const measured = `Measured ${new Date().toISOString().slice(0, 10)} by \`./dev faults ${
    options.join(" ")
  }\` (${minutes} minutes):`;
  console.log(`${measured}\n\n${[HEAD, ...lines].join("\n")}`);
  if (write) {
    const former = faults.length < FAULTS.length ? await readSection(...DOCS) : "";
    const claims = [...FAULTS, ...ON_REST].map(({ claim }) => claim);
    await writeSection(...DOCS, mergedTable(former, measured, lines, claims));
  }
  return failed ? 1 : 0;
}

Deno.exit(await main());
