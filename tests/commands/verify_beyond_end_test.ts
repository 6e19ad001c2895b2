import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";
import { quotes, withEmbedded } from "./consume_place.ts";
import { setGroup } from "./set_group.ts";

for (const format of ["hive", "iceberg"]) {
  Deno.test(`verify tells once that the group is beyond the log's end, and its fix makes it ok (${format})`, () =>
    withEmbedded(async (place) => {
      const run = (...args: string[]) =>
        runTicklake([...args, "--table-format", format], { cwd: place.cwd, env: place.env });
      await place.send(quotes(40));
      await place.toEnd("--table-format", format);
      // What the group is beyond is not in the table either.
      await place.send(quotes(10));
      await setGroup(place, 900);
      for (const deep of [[], ["--deep"]]) {
        const { code, stdout, stderr } = await run("verify", "--json", ...deep);
        assert.equal(code, 4, stderr);
        assert.deepEqual(stderr.match(/^error: .*/gm), [
          "error: partition 0, offsets 50 to 899: committed by the group, but not in the log: " +
          "another program has set the offset, or the broker has lost messages",
        ]);
        assert.deepEqual(stderr.match(/fix: .*/g)?.length, 1, stderr);
        assert.match(
          stderr,
          /fix: `ticklake reset --to lake` sets the group to where the table ends/,
        );
        const { ok, ahead, missing, foreign, expected, found } = JSON.parse(stdout);
        assert.deepEqual(
          { ok, ahead, missing, foreign, expected, found },
          { ok: false, ahead: 850, missing: 0, foreign: 0, expected: 40, found: 40 },
        );
      }
      const repair = await run("repair");
      assert.equal(repair.code, 4);
      assert.match(repair.stdout, /nothing can be done: .*`ticklake reset --to lake`/);
      assert.doesNotMatch(repair.stdout, /do not belong to the log|is written again/);
      const reset = await runTicklake(["reset", "--to", "lake", "--table-format", format], place);
      assert.equal(reset.code, 0, reset.stderr);
      assert.equal((await run("verify")).code, 0);
      const { summary } = await place.toEnd("--table-format", format);
      assert.equal(summary.written, 10);
      assert.equal((await run("verify", "--deep")).code, 0);
    }));
}

Deno.test("verify of a group that is beyond the end of a log of which nothing is in the lake says so too", () =>
  withEmbedded(async (place) => {
    await place.send(quotes(5));
    await setGroup(place, 90);
    const { code, stderr } = await runTicklake(["verify"], place);
    assert.equal(code, 4);
    assert.deepEqual(stderr.match(/^error: .*/gm)?.length, 1, stderr);
    assert.equal((await runTicklake(["reset", "--to", "lake"], place)).code, 0);
    assert.equal((await place.toEnd()).summary.written, 5);
    assert.equal((await runTicklake(["verify"], place)).code, 0);
  }));
