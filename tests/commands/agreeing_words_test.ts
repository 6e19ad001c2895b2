import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";

Deno.test("consume and status name the same last offset of what was written", async () => {
  const home = await Deno.makeTempDir({ prefix: "ticklake-words-" });
  const produce = [
    "produce",
    "--mode",
    "replay",
    "--rate",
    "max",
    "--count",
    "500",
    "--home",
    home,
  ];
  await runTicklake([...produce, "--partitions", "2"]);
  const { stderr } = await runTicklake(["consume", "--until-end", "--home", home]);
  const written = [...stderr.matchAll(/wrote offsets 0 to (\d+) of partition (\d)/g)]
    .map(([, last, partition]) =>
      `partition ${partition}: offsets 0 to ${last}, written to ${last}`
    );
  assert.ok(written.length > 0, stderr);
  const { stdout } = await runTicklake(["status", "--home", home]);
  for (const line of written) assert.ok(stdout.includes(line), `${line}\n${stdout}`);
  await Deno.remove(home, { recursive: true });
});

Deno.test("verify, consume and topic show of a topic that does not exist name produce", async () => {
  const home = await Deno.makeTempDir({ prefix: "ticklake-words-" });
  await runTicklake(["produce", "--count", "1", "--rate", "max", "--home", home]);
  for (const command of ["verify", "consume", "topic show"]) {
    const words = [...command.split(" "), "--topic", "nowhere", "--home", home];
    const { code, stderr } = await runTicklake(words);
    assert.deepEqual([command, code], [command, 3], stderr);
    assert.match(
      stderr,
      /topic nowhere does not exist[^]*\n {2}fix: .*`ticklake produce`/,
      command,
    );
  }
  await Deno.remove(home, { recursive: true });
});

Deno.test("a command whose topic does not exist names those that do, and the one that was probably meant", async () => {
  const home = await Deno.makeTempDir({ prefix: "ticklake-words-" });
  await runTicklake(["produce", "--count", "1", "--rate", "max", "--home", home]);
  for (const command of ["verify", "consume", "topic show", "topic read", "status"]) {
    const of = (topic: string) =>
      runTicklake([...command.split(" "), "--topic", topic, "--home", home]);
    const { stderr: far } = await of("nowhere");
    assert.match(far, /topic nowhere does not exist in [^\n]*, which has index-quotes\n/, command);
    const { stderr: near } = await of("index-quote");
    assert.match(near, /fix: Did you mean --topic index-quotes\?/, command);
  }
  await Deno.remove(home, { recursive: true });
});
