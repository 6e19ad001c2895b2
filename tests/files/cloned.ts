import { runTicklake } from "../services/services.ts";

/** Two hours, in seconds: older than what a crashed writer may have left. */
const OLD_S = 7200;

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

  run(args: string[]) {
    return runTicklake([...args, "--home", ".ticklake"], {
      cwd: `${this.path}/clone`,
      timeoutMs: 60_000,
    });
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

/** What is done below --home; those that serve are in the tests of ports. */
export const COMMANDS: ReadonlyArray<readonly string[]> = [
  ["produce", "-n", "10", "--rate", "max"],
  ["consume", "--until-end"],
  ["query", "SELECT count(*) FROM index_quotes"],
  ["verify", "--deep"],
  ["setup-catalog"],
  ["setup-catalog", "--delete"],
  ["status"],
  ["maintain"],
  ["maintain", "--merge"],
  ["maintain", "--migrate"],
  ["repair"],
  ["repair", "--log"],
  ["reset", "--to", "lake"],
  ["reset", "--to", "earliest", "--rewrite"],
  ["dead-letters", "replay"],
  ["doctor"],
];
