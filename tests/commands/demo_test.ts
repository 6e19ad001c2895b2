import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";

interface Demo {
  home: string;
  rows: number;
  steps: Array<{ command: string; result: unknown }>;
}

/** Close of each index on its last day, from the shipped file itself. */
function latestCloses(): Array<{ index: string; date: string; close: number }> {
  const text = Deno.readTextFileSync(new URL("../../data/indexProcessed.csv", import.meta.url));
  const latest = new Map<string, { index: string; date: string; close: number }>();
  for (const line of text.trimEnd().split("\n").slice(1)) {
    const [index, date, , , , close] = line.split(",");
    const known = latest.get(index);
    if (known === undefined || known.date < date) {
      latest.set(index, { index, date, close: Number(close) });
    }
  }
  return [...latest.values()].sort((a, b) => a.index < b.index ? -1 : 1);
}

Deno.test("demo carries 20,000 rows through all steps and answers from the lake what the file says", async () => {
  const { code, stdout, stderr } = await runTicklake(["demo", "--json"]);
  assert.equal(code, 0, stderr);
  const { home, steps } = JSON.parse(stdout) as Demo;
  try {
    const [produced, consumed, , latest, best, monthly] = steps.map(({ result }) => result);
    assert.equal((produced as { sent: number }).sent, 20_000);
    assert.equal((consumed as { written: number }).written, 20_000);
    assert.deepEqual(latest, latestCloses());
    assert.equal((best as unknown[]).length, 5);
    assert.equal((monthly as unknown[]).length, 6);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("demo prints the commands that a user would type, and they work", async () => {
  const cwd = await Deno.makeTempDir({ prefix: "ticklake-demo-" });
  const { code, stdout, stderr } = await runTicklake(["demo"], {
    cwd,
    // Settings for real services do not lead it astray.
    env: { KAFKA_BOOTSTRAP_SERVERS: "127.0.0.1:1", AWS_S3_BUCKET: "nobody" },
  });
  assert.equal(code, 0, stderr);
  const commands = [...stdout.matchAll(/^\$ ticklake (.+)$/gm)].map(([, words]) => words);
  assert.equal(commands.length, 7, stdout);
  const home = /--home (\S+)/.exec(commands[0])![1];
  try {
    const size = /Everything is in (\S+) \([\d.]+ [KM]iB\)/.exec(stdout);
    assert.deepEqual([size?.[1], stdout.includes(`\n$ rm -r ${home}\n`)], [home, true], stdout);
    const again = await runTicklake(["consume", "--home", home, "--until-end", "--json"]);
    assert.equal(JSON.parse(again.stdout).read, 0);
    const asked = await runTicklake(["query", "--home", home, "--example", "gaps"]);
    assert.equal(asked.code, 0, asked.stderr);
    assert.deepEqual([...Deno.readDirSync(cwd)], [], "the current directory is left alone");
  } finally {
    await Deno.remove(home, { recursive: true });
    await Deno.remove(cwd, { recursive: true });
  }
});
