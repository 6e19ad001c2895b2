import { runTicklake, type TicklakeResult } from "../services/services.ts";

/** Two hours, in seconds: older than what a crashed writer may have left. */
const OLD_S = 7200;

/** Commands, and words of commands, that write nothing. */
const READERS: ReadonlySet<string> = new Set([
  ...["verify", "status", "topic", "doctor", "dashboard"],
  ...["list", "show", "export"],
]);

/** A folder as someone else has made it, beside a folder with old files that are not ours. */
export class Cloned implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync({ prefix: "ticklake-cloned-" });
  readonly home = `${this.path}/clone/.ticklake`;
  readonly victim = `${this.path}/victim`;

  constructor() {
    Deno.mkdirSync(`${this.home}/lake`, { recursive: true });
    Deno.mkdirSync(`${this.victim}/index_quotes`, { recursive: true });
    for (const name of ["thesis.tex", crypto.randomUUID()]) {
      Deno.writeTextFileSync(`${this.victim}/${name}`, "mine");
      const old = Date.now() / 1000 - OLD_S;
      Deno.utimeSync(`${this.victim}/${name}`, old, old);
    }
  }

  /** Runs the compiled program; what serves is ended after a second. */
  run(args: readonly string[]) {
    return runTicklake([...args, "--home", ".ticklake"], {
      binary: true,
      cwd: `${this.path}/clone`,
      timeoutMs: 60_000,
      wrapper: args[0] === "dashboard" ? ["timeout", "--signal=TERM", "1"] : [],
    });
  }

  /** Runs commands one after another, and those that write nothing beside each other. */
  async *runAll(
    commands: ReadonlyArray<readonly string[]>,
  ): AsyncGenerator<{ args: readonly string[]; result: TicklakeResult }> {
    const readers = commands.filter(([name, word]) => READERS.has(name) || READERS.has(word));
    const last = commands.filter((args) => args.includes("--migrate"));
    for (const args of commands) {
      if (readers.includes(args) || last.includes(args)) continue;
      yield { args, result: await this.run(args) };
    }
    const results = await Promise.all(readers.map((args) => this.run(args)));
    for (const [i, args] of readers.entries()) yield { args, result: results[i] };
    for (const args of last) yield { args, result: await this.run(args) };
  }

  /** All that lies in the victim's folder, with its times of change. */
  victims(): string[] {
    const walk = (path: string): string[] =>
      [...Deno.readDirSync(path)].flatMap(({ name, isDirectory }) => {
        const entry = `${path}/${name}`;
        const { mtime, mode, size } = Deno.statSync(entry);
        return [`${entry} ${mtime?.getTime()} ${mode} ${size}`, ...isDirectory ? walk(entry) : []];
      });
    return walk(this.victim).sort();
  }

  async [Symbol.asyncDispose]() {
    await Deno.remove(this.path, { recursive: true });
  }
}

const SQL = "SELECT count(*) FROM index_quotes";

/** What is done below --home, to Hive folders. */
export const COMMANDS: ReadonlyArray<readonly string[]> = [
  ["produce", "-n", "10", "--rate", "max"],
  ["consume", "--until-end"],
  ["query", SQL],
  ["verify"],
  ["verify", "--deep"],
  ["setup-catalog"],
  ["setup-catalog", "--delete"],
  ["status"],
  ["maintain"],
  ["maintain", "--merge"],
  ["repair"],
  ["repair", "--log"],
  ["reset", "--to", "lake"],
  ["reset", "--to", "earliest", "--rewrite"],
  ["dead-letters", "list"],
  ["dead-letters", "show"],
  ["dead-letters", "export"],
  ["dead-letters", "replay"],
  ["topic", "list"],
  ["topic", "show"],
  ["topic", "read"],
  ["doctor"],
  ["dashboard", "--listen", "127.0.0.1:0"],
  // Afterwards the others refuse the migrated table.
  ["setup-catalog", "--table-format", "iceberg", "--migrate"],
];

/** The same for an Iceberg table in a directory. */
export const ICEBERG_COMMANDS: ReadonlyArray<readonly string[]> = COMMANDS
  .filter(([name, word]) => name !== "topic" && word !== "--log" && word !== "--merge")
  .filter((line) => !line.includes("--migrate"))
  .map((line) => line[0] === "produce" ? line : [...line, "--table-format", "iceberg"]);

/** What has nothing to do with --home. */
export const ELSEWHERE: readonly string[] = ["schema", "demo", "completions", "config"];
