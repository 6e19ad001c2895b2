import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";

/** Two hours, in seconds: older than what a crashed writer may have left. */
const OLD_S = 7200;

/** A folder as someone else has made it, beside a folder with old files that are not ours. */
class Cloned implements AsyncDisposable {
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
    return runTicklake([...args, "--home", ".ticklake"], { cwd: `${this.path}/clone` });
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

const COMMANDS = [
  ["produce", "-n", "10", "--rate", "max"],
  ["consume", "--until-end"],
  ["query", "SELECT count(*) FROM index_quotes"],
  ["verify", "--deep"],
  ["setup-catalog"],
  ["setup-catalog", "--delete"],
  ["status"],
];

/** Links below --home, each to the victim's folder or a file in it. */
const LINKS = ["log.sqlite", "lake", "lake/.writing", "lake/index_quotes", "catalog.sqlite"];

for (const link of LINKS) {
  Deno.test(`no command follows a link ${link} below --home`, async () => {
    await using cloned = new Cloned();
    assert.equal((await cloned.run(["produce", "-n", "10", "--rate", "max"])).code, 0);
    const place = `${cloned.home}/${link}`;
    await Deno.remove(place, { recursive: true }).catch(() => {});
    const file = link.endsWith(".sqlite") ? `/${link}` : "";
    await Deno.symlink(`${cloned.victim}${file}`, place);
    const before = cloned.victims();
    let told = 0;
    for (const args of COMMANDS) {
      const { code, stderr } = await cloned.run(args);
      assert.deepEqual(cloned.victims(), before, `${args} changed the victim's folder\n${stderr}`);
      assert.doesNotMatch(stderr, /defect/);
      if (code !== 0 && /found a link/.test(stderr)) told++;
    }
    assert.ok(told > 0, "no command says that there is a link");
  });
}

Deno.test("--home itself may be a link, as to another disk", async () => {
  await using cloned = new Cloned();
  await Deno.remove(cloned.home, { recursive: true });
  await Deno.symlink(cloned.victim, cloned.home);
  for (const args of COMMANDS.slice(0, 4)) {
    const { code, stderr } = await cloned.run(args);
    assert.equal(code, 0, stderr);
  }
  assert.equal(await Deno.readTextFile(`${cloned.victim}/thesis.tex`), "mine");
});

Deno.test("others can read nothing below --home", async () => {
  await using cloned = new Cloned();
  await Deno.remove(cloned.home, { recursive: true });
  for (const args of COMMANDS.slice(0, 3)) {
    const { code, stderr } = await cloned.run(args);
    assert.equal(code, 0, stderr);
  }
  const walk = (path: string) => {
    const info = Deno.statSync(path);
    assert.equal(info.mode! & 0o077, 0, `${path}: ${info.mode!.toString(8)}`);
    if (info.isDirectory) {
      for (const { name } of Deno.readDirSync(path)) {
        walk(`${path}/${name}`);
      }
    }
  };
  walk(cloned.home);
});
