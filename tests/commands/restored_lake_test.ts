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
