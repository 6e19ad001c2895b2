import assert from "node:assert/strict";
import type { Command } from "../../mod/cli/command.ts";
import { COMMANDS as PROGRAM } from "../../mod/commands/table.ts";
import { runTool } from "../services/tools_folder.ts";
import { serviceTest } from "../services/services.ts";
import { Cloned, COMMANDS, ELSEWHERE, ICEBERG_COMMANDS } from "./cloned.ts";

/** Makes what its name says at a path. A device needs the superuser. */
const KINDS: Record<string, (path: string) => Promise<unknown>> = {
  "a pipe": (path) => runTool("mkfifo", [path]),
  "a device": (path) => runTool("mknod", [path, "c", "1", "5"]),
  "a directory": async (path) => {
    await Deno.mkdir(path);
    await Deno.writeTextFile(`${path}/thesis.tex`, "mine");
  },
  "a file of another program": (path) => Deno.writeTextFile(path, "mine, and no database\n"),
};

/** What lies below --home, and which kinds it is not. */
const PLACES: Record<string, string[]> = {
  "log.sqlite": ["a pipe", "a device", "a directory", "a file of another program"],
  "catalog.sqlite": ["a pipe", "a device", "a directory", "a file of another program"],
  "log.sqlite-wal": ["a pipe", "a directory"],
  "lake": ["a pipe", "a file of another program"],
  "lake/index_quotes": ["a pipe"],
};

/** The same of an Iceberg table. */
const ICEBERG_PLACES: Record<string, string[]> = {
  "lake/index_quotes": ["a pipe"],
  "lake/index_quotes/metadata": ["a pipe", "a file of another program"],
  "lake/index_quotes/data": ["a pipe", "a file of another program"],
};

/** Kinds of the short form: what blocks, and what can be read. */
const SHORT: ReadonlySet<string> = new Set(["a pipe", "a file of another program"]);

/** Whether all kinds are tried, as by `./dev hostile`. */
const IS_LONG = Deno.env.get("TEST_HOSTILE") === "1";

const TABLES = [
  { table: "", commands: COMMANDS, places: PLACES },
  { table: " of an Iceberg table", commands: ICEBERG_COMMANDS, places: ICEBERG_PLACES },
];

for (const { table, commands, places } of TABLES) {
  for (const [place, kinds] of Object.entries(places)) {
    for (const kind of IS_LONG ? kinds : kinds.filter((kind) => SHORT.has(kind))) {
      if (kind === "a device" && Deno.uid() !== 0) continue;
      serviceTest(
        `${kind} in place of ${place}${table} is named, kept, and hangs no command`,
        { needs: ["binary"] },
        () => putInPlace(place, kind, commands),
      );
    }
  }
}

async function putInPlace(
  place: string,
  kind: string,
  commands: ReadonlyArray<readonly string[]>,
): Promise<void> {
  await using cloned = new Cloned();
  for (const args of commands.slice(0, 2)) {
    const { code, stderr } = await cloned.run(args);
    assert.equal(code, 0, stderr);
  }
  const path = `${cloned.home}/${place}`;
  await Deno.remove(path, { recursive: true }).catch(() => {});
  await KINDS[kind](path);
  const before = lookOf(path);
  let told = 0;
  for await (const { args, result: { code, signal, stderr } } of cloned.runAll(commands)) {
    const what = `${args.join(" ")}: ${code} ${signal}\n${stderr}`;
    assert.equal(signal, null, what);
    // By `timeout`, which ends what serves.
    assert.ok(code <= 4 || code === 124, what);
    assert.doesNotMatch(stderr, /defect|panicked|Uncaught/, what);
    assert.deepEqual(lookOf(path), before, what);
    // No line is tried in vain.
    assert.doesNotMatch(stderr, /too many arguments|unknown option/, what);
    // Of an Iceberg table doctor reads the metadata, not the data.
    if (args[0] === "doctor" && !place.endsWith("/data")) assert.ok(code === 3, what);
    if (code !== 0 && stderr.includes(path.slice(path.indexOf(".ticklake")))) told++;
  }
  assert.ok(told > 0, `no command names ${place}`);
}

/** What others do to a file of ours while a command runs, each time again. */
const CHANGES: Record<string, (path: string, aside: string) => void> = {
  "grows": (path) => Deno.writeTextFileSync(path, "mine", { append: true, create: false }),
  "is truncated": (path) => Deno.truncateSync(path, 10),
  "vanishes and returns": (path, aside) =>
    isThere(path) ? Deno.renameSync(path, aside) : Deno.renameSync(aside, path),
};

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

for (const [what, change] of Object.entries(CHANGES)) {
  serviceTest(
    `an object of the lake that ${what} meanwhile is no defect, and hangs no command`,
    { needs: ["binary"] },
    async () => {
      await using cloned = new Cloned();
      for (const args of COMMANDS.slice(0, 2)) await cloned.run(args);
      const folder = `${cloned.home}/lake/index_quotes`;
      const [{ name: day }] = [...Deno.readDirSync(folder)].filter(({ isDirectory }) =>
        isDirectory
      );
      const [{ name }] = [...Deno.readDirSync(`${folder}/${day}`)];
      const path = `${folder}/${day}/${name}`;
      const timer = setInterval(() => {
        try {
          change(path, `${cloned.path}/aside`);
        } catch { /* a command has removed it */ }
      }, 15);
      try {
        for await (const { args, result: { code, signal, stderr } } of cloned.runAll(COMMANDS)) {
          const told = `${args.join(" ")}: ${code} ${signal}\n${stderr}`;
          assert.equal(signal, null, told);
          assert.ok(code <= 4 || code === 124, told);
          assert.doesNotMatch(stderr, /defect|panicked|Uncaught/, told);
        }
      } finally {
        clearInterval(timer);
      }
    },
  );
}

Deno.test("every command is among those that are tried, or has nothing to do with --home", () => {
  const known = [...COMMANDS.map((args) => args[0]), ...ELSEWHERE];
  for (const { name, words = [] } of PROGRAM as ReadonlyArray<Command>) {
    assert.ok(known.includes(name), name);
    for (const word of ELSEWHERE.includes(name) ? [] : words) {
      assert.ok(COMMANDS.some((args) => args[0] === name && args[1] === word), `${name} ${word}`);
    }
  }
});

/** What lies at a path: its kind, size, inode and, of a directory, names. */
function lookOf(path: string): unknown {
  const { isFile, isDirectory, isFifo, isCharDevice, size, ino } = Deno.lstatSync(path);
  const names = isDirectory ? [...Deno.readDirSync(path)].map(({ name }) => name).sort() : [];
  return { isFile, isDirectory, isFifo, isCharDevice, size: isFile ? size : 0, ino, names };
}
