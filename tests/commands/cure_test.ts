import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";
import { type ConsumePlace, quotes, withEmbedded } from "./consume_place.ts";

/** Runs what `verify` says puts it right, and verifies again. */
async function cured(place: ConsumePlace): Promise<void> {
  const { cwd, env } = place;
  const before = await runTicklake(["verify", "--deep"], { cwd, env });
  assert.equal(before.code, 4, before.stdout + before.stderr);
  const [, command] = /fix: `ticklake (reset [^`]+)`, then `ticklake consume`/.exec(before.stderr)!;
  const reset = await runTicklake(command.split(" "), { cwd, env });
  assert.equal(reset.code, 0, reset.stderr);
  await place.toEnd("--flush-rows", "60");
  const after = await runTicklake(["verify", "--deep"], { cwd, env });
  assert.equal(after.code, 0, after.stdout + after.stderr);
}

Deno.test("verify names a cure that works: an object is gone", async () => {
  await withEmbedded(async (place) => {
    await place.send(quotes(300));
    await place.toEnd("--flush-rows", "100");
    const name = (await place.objects()).find((name) => name.includes("-0000000000000100-"))!;
    await Deno.remove(`${place.cwd}/.ticklake/lake/${name}`);
    await cured(place);
  });
});

Deno.test("verify names a cure that works: rows are there twice", async () => {
  await withEmbedded(async (place) => {
    await place.send(quotes(300));
    await place.toEnd("--flush-rows", "100");
    const name = (await place.objects()).find((name) => name.includes("-0000000000000100-"))!;
    const lake = `${place.cwd}/.ticklake/lake`;
    const twice = name.replace("-0000000000000100-", "-0000000000000099-");
    await Deno.copyFile(`${lake}/${name}`, `${lake}/${twice}`);
    await cured(place);
  });
});
