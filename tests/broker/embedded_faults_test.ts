import { sleep } from "../../mod/wait/sleep.ts";
import assert from "node:assert/strict";
import {
  type EmbeddedBroker,
  openEmbeddedBroker,
} from "../../mod/broker/embedded/embedded_broker.ts";
import { Failure } from "../../mod/failure/failure.ts";
import { smallDiskTest } from "../small_disk.ts";
import { Child } from "./child.ts";
import { messages, send } from "./contract.ts";
import { Recorder } from "./recorder.ts";
import { until } from "../until.ts";

const LEASE_MS = 1500;

async function withLog(
  run: (broker: EmbeddedBroker, path: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "ticklake-embedded-" });
  const path = `${directory}/log.sqlite`;
  const broker = await openEmbeddedBroker(path, { leaseMs: LEASE_MS });
  try {
    await run(broker, path);
  } finally {
    await broker.close();
    await Deno.remove(directory, { recursive: true });
  }
}

async function readAll(broker: EmbeddedBroker, topic: string): Promise<Recorder> {
  const offsets = (await broker.topicOffsets(topic))!;
  const recorder = new Recorder({ broker, topic, group: crypto.randomUUID() });
  await recorder.hasReceived(offsets.reduce((sum, { low, high }) => sum + high - low, 0));
  await recorder.stop();
  return recorder;
}

/** Numbers that a writer said were acknowledged. */
function acknowledged({ lines }: Child): number[] {
  return lines.flatMap((line) => {
    const [first, last] = line.split(" ").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

Deno.test("SIGKILL of writers loses nothing that was acknowledged and doubles nothing", async () => {
  await withLog(async (broker, path) => {
    await broker.ensureTopic("t", { partitions: 3 });
    const writers: Child[] = [];
    for (let round = 0; round < 6; round++) {
      const pair = [0, 1].map((n) =>
        new Child("embedded_writer.ts", path, "t", `writer${2 * round + n}`, `${[10, 2000][n]}`)
      );
      await until("both have written", () => pair.every(({ lines }) => lines.length >= 3));
      await sleep(Math.random() * 50);
      await Promise.all(pair.map((writer) => writer.kill()));
      writers.push(...pair);
    }
    const { received } = await readAll(broker, "t");
    const found = new Set(received.map(({ value }) => value));
    assert.equal(found.size, received.length, "doubled");
    for (const [i, writer] of writers.entries()) {
      for (const number of acknowledged(writer)) {
        assert.ok(found.has(`writer${i} ${number}`), `writer${i} ${number} is lost`);
      }
    }
    for (const { partition, high } of (await broker.topicOffsets("t"))!) {
      const offsets = received.filter((each) => each.partition === partition)
        .map(({ offset }) => offset);
      assert.deepEqual(offsets, [...Array(high).keys()]);
    }
  });
});

interface Said {
  assigned?: Array<[partition: number, start: number]>;
  nextOffset?: number;
  committed?: number;
  refused?: string;
}

Deno.test("a member that is killed loses its partitions after its lease", async () => {
  await withLog(async (broker, path) => {
    await broker.ensureTopic("t", { partitions: 1 });
    await send(broker, "t", messages("a", 10));
    const child = new Child("embedded_member.ts", path, "t", "g", `${LEASE_MS}`);
    await child.says<Said>("it has read", ({ nextOffset }) => nextOffset === 10);
    await child.tell("0 4 four");
    await child.says<Said>("it has committed", ({ committed }) => committed === 4);
    const recorder = new Recorder({ broker, topic: "t", group: "g" });
    await until("the second has joined", () => recorder.assignments.length > 0);
    await child.kill();
    await recorder.hasReceived(6);
    assert.deepEqual(recorder.partition(0).committed, {
      partition: 0,
      offset: 4,
      metadata: "four",
    });
    assert.deepEqual(recorder.received.map(({ offset }) => offset), [4, 5, 6, 7, 8, 9]);
    await recorder.stop();
  });
});

Deno.test("a member that was stopped past its lease is refused and joins again", async () => {
  await withLog(async (broker, path) => {
    await broker.ensureTopic("t", { partitions: 1 });
    await send(broker, "t", messages("a", 10));
    const zombie = new Child("embedded_member.ts", path, "t", "g", `${LEASE_MS}`);
    await zombie.says<Said>("it has read", ({ nextOffset }) => nextOffset === 10);
    zombie.signal("SIGSTOP");
    // What it will do first when it wakes: it does not know yet that it is too late.
    await zombie.tell("0 10 zombie");
    const recorder = new Recorder({ broker, topic: "t", group: "g" });
    await recorder.owns(0);
    await recorder.hasReceived(10);
    await recorder.partition(0).commit(3, "living");
    zombie.signal("SIGCONT");
    const { refused } = await zombie.says<Said>(
      "it has an answer",
      ({ refused, committed }) => (refused ?? committed) !== undefined,
    );
    assert.equal(refused, "FencedError");
    assert.deepEqual(await broker.groupOffsets("g", "t"), [
      { partition: 0, offset: 3, metadata: "living" },
    ]);
    await until("it has joined again", () => recorder.assignments.length > 1);
    await recorder.stop();
    await zombie.says<Said>(
      "it has taken over",
      ({ assigned }) => assigned?.[0]?.[1] === 3,
    );
    await zombie.kill();
  });
});

Deno.test("a member that was stopped past its lease alone continues as if nothing was", async () => {
  await withLog(async (broker, path) => {
    await broker.ensureTopic("t", { partitions: 1 });
    await send(broker, "t", messages("a", 10));
    const child = new Child("embedded_member.ts", path, "t", "g", `${LEASE_MS}`);
    await child.says<Said>("it has read", ({ nextOffset }) => nextOffset === 10);
    child.signal("SIGSTOP");
    await sleep(2 * LEASE_MS);
    child.signal("SIGCONT");
    await child.tell("0 10 mine");
    await child.says<Said>("it has committed", ({ committed }) => committed === 10);
    await child.kill();
    assert.equal(child.lines.filter((line) => line.includes("assigned")).length, 1);
  });
});

Deno.test("leases that lie in the future, after the clock was set back, count as run out", async () => {
  await withLog(async (broker, path) => {
    await broker.ensureTopic("t", { partitions: 1 });
    const child = new Child("embedded_member.ts", path, "t", "g", `${LEASE_MS}`);
    await child.says<Said>("it is assigned", ({ assigned }) => assigned?.length === 1);
    await child.kill();
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(path);
    database.exec("UPDATE member SET renewed = renewed + 3600000");
    database.close();
    const recorder = new Recorder({ broker, topic: "t", group: "g" });
    await recorder.owns(0);
    await recorder.stop();
  });
});

const isDiskFull = (error: unknown) =>
  error instanceof Failure && error.kind === "service" && error.message.includes("disk is full") &&
  error.fix!.includes("Free space");

smallDiskTest("a full disk refuses; nothing is lost or doubled", 2 * 2 ** 20, async (disk) => {
  const broker = await openEmbeddedBroker(`${disk.path}/log.sqlite`, { leaseMs: LEASE_MS });
  await broker.ensureTopic("t", { partitions: 2 });
  const reader = new Recorder({ broker, topic: "t", group: "g" });
  await reader.owns(0, 1);
  const producer = await broker.producer({ topic: "t" });
  const sent: string[] = [];
  const sendSome = async () => {
    const values = Array.from({ length: 100 }, (_, i) => `${sent.length + i} ${"x".repeat(200)}`);
    await producer.send(values.map((value, i) => ({ key: `${i % 5}`, value })));
    sent.push(...values);
  };
  await assert.rejects(async () => {
    for (;;) await sendSome();
  }, isDiskFull);
  assert.ok(sent.length > 0);
  await assert.rejects(sendSome(), isDiskFull);
  await assert.rejects(async () => {
    for (;;) await reader.partition(0).commit(1, "x".repeat(4096));
  }, isDiskFull);
  await reader.hasReceived(sent.length);

  // The lease cannot be renewed either; nobody else can take the partitions.
  await sleep(2 * LEASE_MS);
  disk.resize(16 * 2 ** 20);
  await sendSome();
  await reader.partition(0).commit(1, "space again");
  await reader.hasReceived(sent.length);
  await reader.stop();
  assert.equal(reader.assignments.length, 1);
  assert.deepEqual(reader.received.map(({ value }) => value!).sort(), sent.sort());
  await broker.close();

  const reopened = await openEmbeddedBroker(`${disk.path}/log.sqlite`);
  const { received } = await readAll(reopened, "t");
  assert.deepEqual(received.map(({ value }) => value!).sort(), sent);
  assert.equal((await reopened.groupOffsets("g", "t"))[0].metadata, "space again");
  await reopened.close();
});

smallDiskTest("a read-only file system is a failure that says so", 2 ** 20, async (disk) => {
  disk.setReadOnly(true);
  await assert.rejects(openEmbeddedBroker(`${disk.path}/new.sqlite`), isUnwritable);
  await assert.rejects(openEmbeddedBroker(`${disk.path}/new/log.sqlite`), isUnwritable);
  disk.setReadOnly(false);
  await (await openEmbeddedBroker(`${disk.path}/log.sqlite`)).close();
  disk.setReadOnly(true);
  await assert.rejects(openEmbeddedBroker(`${disk.path}/log.sqlite`), isUnwritable);
});

const isUnwritable = (error: unknown) =>
  error instanceof Failure && error.kind === "service" && error.fix!.includes("writable");
