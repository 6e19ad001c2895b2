import assert from "node:assert/strict";
import { copyFolder } from "../verify/copy_folder.ts";
import { runTicklake } from "../services/services.ts";
import { type ConsumePlace, quotes, withEmbedded } from "./consume_place.ts";

const FORMATS = {
  hive: ["--table-format", "hive"],
  iceberg: ["--table-format", "iceberg", "--iceberg-catalog", "directory"],
};

async function json({ cwd, env }: ConsumePlace, ...args: string[]) {
  const { code, stdout, stderr } = await runTicklake([...args, "--json"], { cwd, env });
  return { code, stderr, found: JSON.parse(stdout) };
}

async function lag(place: ConsumePlace, ...args: string[]): Promise<number> {
  const { found: { partitions } } = await json(place, "status", ...args);
  return partitions.reduce((sum: number, one: { lag: number }) => sum + one.lag, 0);
}

/** Replaces the lake by a copy; without one, by nothing. */
async function restore({ cwd }: ConsumePlace, copy?: string): Promise<void> {
  const lake = `${cwd}/.ticklake/lake`;
  await Deno.remove(lake, { recursive: true });
  if (copy !== undefined) await copyFolder(copy, lake);
}

for (const [format, args] of Object.entries(FORMATS)) {
  Deno.test(`${format}: status counts the lag of an older lake, and of one that was removed`, () =>
    withEmbedded(async (place) => {
      await place.send(quotes(30), 2);
      await place.toEnd(...args);
      const copy = `${place.cwd}/copy`;
      await copyFolder(`${place.cwd}/.ticklake/lake`, copy);
      await place.send(quotes(25, 30));
      await place.toEnd(...args);
      assert.equal(await lag(place, ...args), 0);
      await restore(place, copy);
      assert.equal(await lag(place, ...args), 25);
      await restore(place);
      assert.equal(await lag(place, ...args), 55);
      assert.equal((await place.toEnd(...args)).summary.written, 55);
      assert.equal(await lag(place, ...args), 0);
    }));
}

Deno.test("verify of an Iceberg table counts what the group has committed to it, until it is written", () =>
  withEmbedded(async (place) => {
    const args = FORMATS.iceberg;
    const verify = async (...more: string[]) => {
      const { code, stderr, found } = await json(place, "verify", ...args, ...more);
      const { expected, missing, unwritten, lost } = found;
      return { code, stderr, counts: [expected, missing, unwritten, lost] };
    };
    await place.send(quotes(30), 2);
    assert.equal((await place.toEnd(...args)).summary.written, 30);
    const copy = `${place.cwd}/copy`;
    await copyFolder(`${place.cwd}/.ticklake/lake`, copy);
    await place.send(quotes(25, 30));
    await place.toEnd(...args);
    assert.deepEqual((await verify()).counts, [55, 0, 0, 0]);
    await restore(place, copy);
    for (const more of [[], ["--deep"]]) {
      const { code, stderr, counts } = await verify(...more);
      assert.deepEqual([code, ...counts], [4, 55, 25, 25, 0]);
      assert.match(stderr, /comparing .* with the table's own positions and what group/);
      assert.match(stderr, /: committed by the group, but not in the table, which ends before/);
      assert.match(stderr, /fix: the next `ticklake consume` writes what the topic has/);
    }
    // A group that has not written the table does not know of it.
    assert.deepEqual((await verify("--group", "another")).counts, [30, 0, 0, 0]);
    assert.equal((await place.toEnd(...args)).summary.written, 25);
    assert.deepEqual((await verify()).counts, [55, 0, 0, 0]);

    const removed = await runTicklake(["setup-catalog", "--delete", ...args], place);
    assert.equal(removed.code, 0, removed.stderr);
    await runTicklake(["setup-catalog", ...args], place);
    const anew = await verify();
    assert.deepEqual([anew.code, ...anew.counts], [4, 55, 55, 55, 0]);
    const repaired = await json(place, "repair", ...args);
    assert.deepEqual([repaired.code, repaired.found.written], [0, 55], repaired.stderr);
    assert.deepEqual((await verify("--deep")).counts, [55, 0, 0, 0]);
  }));
