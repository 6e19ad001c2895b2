import assert from "node:assert/strict";
import { Cloned, COMMANDS } from "./cloned.ts";

/** Links below --home, each to the victim's folder or a file in it. */
const LINKS = [
  ...["log.sqlite", "catalog.sqlite", "lake", "lake/.writing", "lake/index_quotes"],
  "lake/_ticklake",
];

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
      const { code, stderr } = await cloned.run([...args]);
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
    const { code, stderr } = await cloned.run([...args]);
    assert.equal(code, 0, stderr);
  }
  assert.equal(await Deno.readTextFile(`${cloned.victim}/thesis.tex`), "mine");
});

Deno.test("others can read nothing below --home", async () => {
  await using cloned = new Cloned();
  await Deno.remove(cloned.home, { recursive: true });
  for (const args of COMMANDS.slice(0, 3)) {
    const { code, stderr } = await cloned.run([...args]);
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
