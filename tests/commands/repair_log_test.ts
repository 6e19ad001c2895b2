import assert from "node:assert/strict";
import { runTicklake, spawnTicklake } from "../services/services.ts";

const PAGE = 16 * 1024;

/** A directory with a log of 3,000 quotes, a third of which are in its table. */
class Place implements AsyncDisposable {
  readonly cwd = Deno.makeTempDirSync({ prefix: "ticklake-repair-log-" });
  readonly path = `${this.cwd}/.ticklake/log.sqlite`;

  run(...args: string[]) {
    return runTicklake(args, { cwd: this.cwd });
  }

  async fill(): Promise<this> {
    await this.done("produce", "-n", "1000", "--rate", "max");
    await this.done("consume", "--until-end");
    for (let i = 0; i < 2; i++) await this.done("produce", "-n", "1000", "--rate", "max");
    return this;
  }

  async done(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    assert.equal(code, 0, `${args.join(" ")}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Overwrites pages, the first of which is 0. */
  damage(first: number, count: number): void {
    using file = Deno.openSync(this.path, { write: true });
    file.seekSync(first * PAGE, Deno.SeekMode.Start);
    for (let i = 0; i < count; i++) file.writeSync(crypto.getRandomValues(new Uint8Array(PAGE)));
  }

  get pages(): number {
    return Deno.statSync(this.path).size / PAGE;
  }

  [Symbol.asyncDispose]() {
    return Deno.remove(this.cwd, { recursive: true });
  }
}

/** What meets the log, each with a damaged one. */
const COMMANDS = [
  ["produce", "-n", "10", "--rate", "max"],
  ["consume", "--until-end"],
  ["verify"],
  ["status"],
  ["topic", "list"],
  ["topic", "show"],
  ["topic", "read"],
  ["reset", "--to", "lake"],
  ["repair"],
  ["doctor"],
];

const DAMAGES = [
  { what: "an overwritten header", first: 0, count: 1, commands: COMMANDS.slice(0, 3) },
  { what: "an overwritten table of topics", first: 1, count: 2, commands: COMMANDS },
];

for (const { what, first, count, commands } of DAMAGES) {
  Deno.test(`every command that meets a log with ${what} names its repair`, async () => {
    await using place = await new Place().fill();
    place.damage(first, count);
    for (const args of commands) {
      const { code, stdout, stderr } = await place.run(...args);
      assert.notEqual(code, 0, args.join(" "));
      assert.match(stdout + stderr, /repair --log/, args.join(" "));
    }
  });
}

Deno.test("repair --log saves what can be read, and consume records the rest as a gap", async () => {
  await using place = await new Place().fill();
  const pages = place.pages;
  place.damage(Math.floor(pages / 2), Math.ceil(pages / 8));
  const planned = JSON.parse(await place.done("repair", "--log", "--dry-run", "--json"));
  assert.equal(planned.kept, null);
  const before = Deno.readFileSync(place.path);
  const repaired = JSON.parse(await place.done("repair", "--log", "--json"));
  assert.deepEqual(repaired.partitions, planned.partitions);
  assert.deepEqual(Deno.readFileSync(`${repaired.kept}/log.sqlite`), before);
  type Partition = { low: number; high: number; messages: number; lost: Range[] };
  type Range = { first: number; end: number };
  let [messages, lost, ends] = [0, 0, 0];
  for (const partition of repaired.partitions as Partition[]) {
    messages += partition.messages;
    ends += partition.high;
    for (const { first, end } of partition.lost) lost += end - first;
  }
  assert.equal(messages + lost, 3000);
  assert.equal(ends, 3000);
  assert.ok(lost > 0 && messages > 1000, `${lost} lost`);
  await place.done("produce", "-n", "500", "--rate", "max");
  const { written, lost: gaps } = JSON.parse(await place.done("consume", "--until-end", "--json"));
  assert.ok(written + gaps === 2500, `${written} rows and ${gaps} in gaps`);
  await place.done("verify", "--deep");
  assert.match(await place.done("repair", "--log"), /nothing to repair/);
});

Deno.test("repair --log waits for nobody: while consume runs it is refused", async () => {
  await using place = await new Place().fill();
  await using consume = spawnTicklake(["consume"], { cwd: place.cwd });
  await consume.waitFor(/waiting|messages|flush|committed|partition/i);
  const { code, stderr } = await place.run("repair", "--log");
  assert.equal(code, 2, stderr);
  assert.match(stderr, /another process has it open[^]*fix: Stop all/);
  assert.equal((await consume.stop()).code, 0);
});

Deno.test("repair --log is not for Kafka, nor for a directory without a log", async () => {
  const cwd = Deno.makeTempDirSync();
  const env = { KAFKA_BOOTSTRAP_SERVERS: "127.0.0.1:1" };
  const kafka = await runTicklake(["repair", "--log"], { cwd, env });
  assert.equal(kafka.code, 2);
  assert.match(kafka.stderr, /in Kafka/);
  const none = await runTicklake(["repair", "--log"], { cwd });
  assert.equal(none.code, 1);
  assert.match(none.stderr, /there is no embedded log/);
  assert.deepEqual([...Deno.readDirSync(cwd)], []);
  Deno.removeSync(cwd);
});

Deno.test("every command that meets a repair that was interrupted says how to complete it", async () => {
  await using place = new Place();
  await place.done("produce", "-n", "10", "--rate", "max");
  const folder = "log.damaged-20261126T120000000Z";
  Deno.mkdirSync(`${place.cwd}/.ticklake/${folder}`);
  Deno.renameSync(place.path, `${place.cwd}/.ticklake/${folder}/log.sqlite`);
  Deno.writeTextFileSync(`${place.path}.repair`, folder);
  for (const args of COMMANDS) {
    const { code, stdout, stderr } = await place.run(...args);
    assert.notEqual(code, 0, args.join(" "));
    assert.match(stdout + stderr, /repair --log` to complete/, args.join(" "));
  }
  await place.done("repair", "--log");
  assert.equal(JSON.parse(await place.done("consume", "--until-end", "--json")).written, 10);
});
