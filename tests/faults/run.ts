/**
 * Runs the faults at length and prints the tables of their outcomes:
 *
 *     ./dev faults [--table-format hive|iceberg] [--catalog directory|rest] [--rounds N] [--only NAME,...]
 *       [--seed N] [--write]
 *
 * Without a format it runs both, Iceberg tables in a directory catalog. With `--write` the tables go into
 * docs/faults.md too; with `--only` as well, beside the other lines there. With `--table-format iceberg` or
 * `--catalog`, `--only` takes a fault's name with or without `iceberg-`.
 *
 * Ends with exit code 1 when a fault lost or duplicated anything.
 */
import { readSection, writeSection } from "../../scripts/marked_section.ts";
import { startServices } from "../services/start_services.ts";
import { countText } from "../../mod/terminal/amount_text.ts";
import { Chance } from "./chance.ts";
import type { Fault } from "./fault.ts";
import { FAULT_TABLES, type FaultTable } from "./faults.ts";
import { failure, figures, HEADS } from "./figures.ts";
import { mergedTable } from "./merged_table.ts";
import { Stage } from "./stage.ts";
import { TRINO_FAULTS } from "./trino_rewrites.ts";

/** What a command line asks for. */
interface Plan {
  /** The tables, each with those of its faults that are to be run. */
  tables: readonly FaultTable[];
  /** Rounds of each; without it each fault's own. */
  rounds: number | undefined;
  seed: number;
  /** Whether docs/faults.md gets the tables. */
  write: boolean;
}

function readPlan(given: readonly string[]): Plan {
  const write = given.includes("--write");
  const words = given.filter((word) => word !== "--write");
  const values = new Map<string, string>();
  for (let i = 0; i < words.length; i++) {
    const [name, value = words[++i]] = words[i].split("=", 2);
    const names = ["--rounds", "--only", "--seed", "--table-format", "--catalog"];
    if (!names.includes(name) || value === undefined) {
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
  const oneOf = (name: string, choices: readonly string[]) => {
    const value = values.get(name);
    if (value === undefined || choices.includes(value)) return value;
    refuse(`${name}: expected ${choices.join(" or ")}, found ${value}`);
  };
  const catalog = oneOf("--catalog", ["directory", "rest"]);
  const format = oneOf("--table-format", ["hive", "iceberg"]) ?? (catalog && "iceberg");
  if (format === "hive" && catalog !== undefined) refuse("--catalog: a Hive table has none");
  const { hive, iceberg, rest } = FAULT_TABLES;
  const asked = {
    both: [hive, iceberg],
    hive: [hive],
    iceberg: [catalog === "rest" ? rest : iceberg],
  }[format ?? "both"]!;
  const only = values.get("--only")?.split(",");
  const isNamed = (fault: Fault, name: string) =>
    fault.name === name || format === "iceberg" && fault.name === `iceberg-${name}`;
  const all = asked.flatMap(({ faults }): readonly Fault[] => faults);
  for (const name of only ?? []) {
    if (!all.some((fault) => isNamed(fault, name))) {
      refuse(`--only: expected of ${all.map((fault) => fault.name).join(", ")}; found ${name}`);
    }
  }
  const tables = asked.map((table): FaultTable => ({
    ...table,
    faults: only === undefined
      ? table.faults
      : table.faults.filter((fault) => only.some((name) => isNamed(fault, name))),
  }));
  return {
    tables: tables.filter(({ faults }) => faults.length > 0),
    rounds: whole("--rounds"),
    seed: whole("--seed") ?? 1 + Date.now() % 2 ** 31,
    write,
  };
}

function refuse(why: string): never {
  console.error(
    `error: ${why}\n  fix: ./dev faults [--table-format hive|iceberg] [--catalog directory|rest] ` +
      "[--rounds N] [--only NAME,...] [--seed N] [--write]",
  );
  Deno.exit(2);
}

/** Where the tables are. */
const DOCS = "docs/faults.md";

async function main(): Promise<number> {
  const { tables, rounds: asked, seed, write } = readPlan(Deno.args);
  const begunAt = performance.now();
  const folder = Deno.makeTempDirSync({ prefix: "ticklake-services-" });
  const hasIceberg = tables.some(({ format }) => format === "iceberg");
  const services = await startServices(
    folder,
    new Set(
      [
        "python",
        "binary",
        // Without Trino's JDK all other faults still run.
        ...hasIceberg ? ["iceberg-readers", "iceberg-rest", "trino"] as const : [],
      ] as const,
    ),
  );
  const done: Array<{ table: FaultTable; lines: string[] }> = [];
  let failed = false;
  try {
    const { trino: withoutTrino, ...missing } = services.missing;
    for (const reason of Object.values(missing)) throw new Error(reason);
    for (const [name, value] of Object.entries(services.env)) Deno.env.set(name, value);
    if (withoutTrino !== undefined) console.error(`Trino counts nothing: ${withoutTrino}`);
    for (const table of tables) {
      const { format } = table;
      const lines: string[] = [];
      done.push({ table, lines });
      for (const fault of table.faults) {
        if (withoutTrino !== undefined && TRINO_FAULTS.includes(fault)) {
          console.error(`${fault.name}: left out`);
          continue;
        }
        const rounds = asked ?? fault.rounds.long;
        console.error(`${fault.name}: ${rounds} rounds, seed ${seed}`);
        const startedAt = performance.now();
        try {
          const chance = new Chance(seed);
          // A new one for each fault: what one leaves behind must not affect the next.
          await using stage = await Stage.open();
          stage.hasTrino = withoutTrino === undefined;
          const outcome = await fault.run({ stage, rounds, isShort: false, chance });
          lines.push(figures(fault, rounds, outcome, format));
        } catch (error) {
          failed = true;
          console.error(error);
          lines.push(failure(fault, rounds, format));
        }
        const seconds = Math.round((performance.now() - startedAt) / 1000);
        console.error(`${lines.at(-1)}\n${fault.name}: ${seconds} s`);
      }
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
  }\` (${countText(minutes, "minute")}):`;
  for (const { table: { section, format, faults }, lines } of done) {
    const head = HEADS[format];
    console.log(`${measured}\n\n${[head, ...lines].join("\n")}\n`);
    if (!write) continue;
    const all = Object.values(FAULT_TABLES).find((table) => table.section === section)!.faults;
    const former = faults.length < all.length ? await readSection(DOCS, section) : "";
    const claims = all.map(({ claim }) => claim);
    await writeSection(DOCS, section, mergedTable(former, measured, lines, claims, head));
  }
  return failed ? 1 : 0;
}

Deno.exit(await main());
