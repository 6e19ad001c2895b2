import assert from "node:assert/strict";
import { runTool } from "../services/tools_folder.ts";
import { Cloned, COMMANDS } from "./cloned.ts";

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

for (const [place, kinds] of Object.entries(PLACES)) {
  for (const kind of kinds) {
    Deno.test({
      name: `${kind} in place of ${place} is named, kept, and hangs no command`,
      ignore: kind === "a device" && Deno.uid() !== 0,
      async fn() {
        await using cloned = new Cloned();
        for (const args of COMMANDS.slice(0, 2)) {
          assert.equal((await cloned.run([...args])).code, 0);
        }
        const path = `${cloned.home}/${place}`;
        await Deno.remove(path, { recursive: true }).catch(() => {});
        await KINDS[kind](path);
        const before = lookOf(path);
        let told = 0;
        for (const args of COMMANDS) {
          const { code, signal, stderr } = await cloned.run([...args]);
          const what = `${args.join(" ")}: ${code} ${signal}\n${stderr}`;
          assert.equal(signal, null, what);
          assert.doesNotMatch(stderr, /defect|panicked|Uncaught/, what);
          assert.deepEqual(lookOf(path), before, what);
          if (code !== 0 && stderr.includes(path.slice(path.indexOf(".ticklake")))) told++;
        }
        assert.ok(told > 0, `no command names ${place}`);
      },
    });
  }
}

/** What lies at a path: its kind, size, inode and, of a directory, names. */
function lookOf(path: string): unknown {
  const { isFile, isDirectory, isFifo, isCharDevice, size, ino } = Deno.lstatSync(path);
  const names = isDirectory ? [...Deno.readDirSync(path)].map(({ name }) => name).sort() : [];
  return { isFile, isDirectory, isFifo, isCharDevice, size: isFile ? size : 0, ino, names };
}
