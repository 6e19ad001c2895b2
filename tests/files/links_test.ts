import assert from "node:assert/strict";
import { serviceTest } from "../services/services.ts";
import { Cloned, COMMANDS, ICEBERG_COMMANDS } from "./cloned.ts";

/** Links below --home, each to the victim's folder or a file in it. */
const LINKS = [
  ...["log.sqlite", "catalog.sqlite", "lake", "lake/.writing", "lake/index_quotes"],
  "lake/_ticklake",
];

const ICEBERG_LINKS = [
  "lake/index_quotes",
  "lake/index_quotes/metadata",
  "lake/index_quotes/data",
];

const TABLES = [
  { table: "", commands: COMMANDS, links: LINKS },
  { table: " of an Iceberg table", commands: ICEBERG_COMMANDS, links: ICEBERG_LINKS },
];

for (const { table, commands, links } of TABLES) {
  for (const link of links) {
    serviceTest(
      `no command follows a link ${link}${table} below --home`,
      { needs: ["binary"] },
      async () => {
        await using cloned = new Cloned();
        for (const args of commands.slice(0, 2)) {
          const { code, stderr } = await cloned.run(args);
          assert.equal(code, 0, stderr);
        }
        const place = `${cloned.home}/${link}`;
        await Deno.remove(place, { recursive: true }).catch(() => {});
        const file = link.endsWith(".sqlite") ? `/${link}` : "";
        await Deno.symlink(`${cloned.victim}${file}`, place);
        const before = cloned.victims();
        let told = 0;
        for await (const { args, result: { code, stderr } } of cloned.runAll(commands)) {
          const what = `${args} changed the victim's folder\n${stderr}`;
          assert.deepEqual(cloned.victims(), before, what);
          assert.doesNotMatch(stderr, /defect/);
          if (code !== 0 && /found a link/.test(stderr)) told++;
        }
        assert.ok(told > 0, "no command says that there is a link");
      },
    );
  }
}

serviceTest("--home itself may be a link, as to another disk", { needs: ["binary"] }, async () => {
  await using cloned = new Cloned();
  await Deno.remove(cloned.home, { recursive: true });
  await Deno.symlink(cloned.victim, cloned.home);
  for (const args of COMMANDS.slice(0, 4)) {
    const { code, stderr } = await cloned.run(args);
    assert.equal(code, 0, stderr);
  }
  assert.equal(await Deno.readTextFile(`${cloned.victim}/thesis.tex`), "mine");
});

serviceTest("others can read nothing below --home", { needs: ["binary"] }, async () => {
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
