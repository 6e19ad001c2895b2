import { sleep } from "../../mod/wait/sleep.ts";
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openEmbeddedBroker } from "../../mod/broker/embedded/embedded_broker.ts";
import { Failure } from "../../mod/failure/failure.ts";
import { messages, send } from "./contract.ts";
import { Recorder } from "./recorder.ts";

async function withDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "ticklake-embedded-" });
  try {
    await run(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A failure of a kind whose message names the file and says something. */
function failure(kind: Failure["kind"], path: string, says: string) {
  return (error: unknown) => {
    assert.ok(error instanceof Failure, `${error}`);
    assert.equal(error.kind, kind);
    assert.ok(error.message.includes(path), error.message);
    assert.ok(error.message.includes(says), error.message);
    assert.ok(error.fix, "no fix");
    return true;
  };
}

Deno.test("the file and its directories are created, and reopened with what they hold", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/a/b/log.sqlite`;
    const first = await openEmbeddedBroker(path);
    await first.ensureTopic("t", { partitions: 2 });
    await send(first, "t", messages("a", 3));
    await first.close();
    const second = await openEmbeddedBroker(path);
    assert.equal((await second.topicOffsets("t"))!.reduce((sum, { high }) => sum + high, 0), 3);
    assert.ok(second.description.includes(path));
    await second.close();
  });
});

Deno.test("many that open a new file at once all succeed", async () => {
  await withDirectory(async (directory) => {
    const opening = Array.from({ length: 10 }, () => openEmbeddedBroker(`${directory}/log.sqlite`));
    const brokers = await Promise.all(opening);
    await Promise.all(brokers.map((broker, i) => broker.ensureTopic(`t${i}`, { partitions: 1 })));
    for (let i = 0; i < 10; i++) assert.equal((await brokers[0].topicOffsets(`t${i}`))!.length, 1);
    for (const broker of brokers) await broker.close();
  });
});

Deno.test("a file of another kind is left alone", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/notes.txt`;
    const notes = "not a database\n".repeat(100);
    await Deno.writeTextFile(path, notes);
    await assert.rejects(openEmbeddedBroker(path), failure("failed", path, "another kind of file"));
    assert.equal(await Deno.readTextFile(path), notes);
  });
});

Deno.test("another program's database is left alone", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/other.sqlite`;
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE mine (x); INSERT INTO mine VALUES (1)");
    database.close();
    const before = await Deno.readFile(path);
    await assert.rejects(openEmbeddedBroker(path), failure("failed", path, "another database"));
    assert.deepEqual(await Deno.readFile(path), before);
  });
});

Deno.test("a log of a newer version is left alone", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/log.sqlite`;
    await (await openEmbeddedBroker(path)).close();
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 3");
    database.close();
    await assert.rejects(openEmbeddedBroker(path), failure("failed", path, "found version 3"));
  });
});

Deno.test("a directory in the file's place, and a file in the directory's, are failures", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/log.sqlite`;
    await Deno.mkdir(path);
    await assert.rejects(openEmbeddedBroker(path), failure("failed", path, ""));
    await Deno.writeTextFile(`${directory}/file`, "");
    const below = `${directory}/file/log.sqlite`;
    await assert.rejects(openEmbeddedBroker(below), failure("service", `${directory}/file`, ""));
  });
});

Deno.test("a damaged database is a failure that says so", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/log.sqlite`;
    const broker = await openEmbeddedBroker(path);
    await broker.ensureTopic("t", { partitions: 1 });
    await send(broker, "t", messages("a", 5000));
    await broker.close();
    const size = (await Deno.stat(path)).size;
    const file = await Deno.open(path, { write: true });
    await file.seek(16 * 1024, Deno.SeekMode.Start);
    await file.write(crypto.getRandomValues(new Uint8Array(Math.min(65_536, size - 16 * 1024))));
    file.close();
    const damaged = failure("failed", path, "damaged");
    await assert.rejects(async () => {
      const reopened = await openEmbeddedBroker(path);
      try {
        await reopened.topicOffsets("t");
      } finally {
        await reopened.close();
      }
    }, damaged);
  });
});

Deno.test("a block that is not as it was written ends the reading, before it is delivered", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/log.sqlite`;
    const broker = await openEmbeddedBroker(path);
    await broker.ensureTopic("t", { partitions: 1 });
    await send(broker, "t", messages("a", 3));
    await send(broker, "t", messages("a", 3, 3));
    const database = new DatabaseSync(path);
    const { data } = database.prepare("SELECT data FROM block WHERE first = 3").get()!;
    const bytes = data as Uint8Array;
    bytes[bytes.length - 1] ^= 1;
    database.prepare("UPDATE block SET data = ? WHERE first = 3").run(bytes);
    database.close();
    const recorder = new Recorder({ broker, topic: "t", group: "g" });
    await assert.rejects(
      recorder.done,
      (error) =>
        error instanceof Failure && error.kind === "failed" && error.message.includes("checksum"),
    );
    assert.ok(recorder.received.every(({ offset }) => offset < 3));
    await broker.close();
  });
});

Deno.test("closing ends the consumers and waits for what was sent", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/log.sqlite`;
    const broker = await openEmbeddedBroker(path);
    await broker.ensureTopic("t", { partitions: 1 });
    const recorder = new Recorder({ broker, topic: "t", group: "g" });
    await recorder.owns(0);
    const producer = await broker.producer({ topic: "t" });
    const sent = producer.send(messages("a", 3));
    await Promise.all([broker.close(), broker.close()]);
    assert.equal(await sent, 3);
    await recorder.done;
    await assert.rejects(producer.send(messages("a", 1)));
  });
});

Deno.test("another process's transaction is waited for, without blocking this one", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/log.sqlite`;
    const broker = await openEmbeddedBroker(path);
    await broker.ensureTopic("t", { partitions: 1 });
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    let stored = false;
    const sent = send(broker, "t", messages("a", 3)).then(() => stored = true);
    for (let turn = 0; turn < 20; turn++) await sleep(10);
    assert.equal(stored, false);
    assert.deepEqual(await broker.topicOffsets("t"), [{ partition: 0, low: 0, high: 0 }]);
    other.exec("ROLLBACK");
    other.close();
    await sent;
    assert.deepEqual(await broker.topicOffsets("t"), [{ partition: 0, low: 0, high: 3 }]);
    await broker.close();
  });
});

Deno.test("a file of release 0.1.0 gets ids when it is opened, and keeps them", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/log.sqlite`;
    const made = await openEmbeddedBroker(path);
    await made.ensureTopic("t", { partitions: 1 });
    await send(made, "t", messages("a", 3));
    await made.close();
    // The table is the only difference between the two.
    const database = new DatabaseSync(path);
    database.exec("DROP TABLE identity");
    database.close();
    const opened = await Promise.all([openEmbeddedBroker(path), openEmbeddedBroker(path)]);
    const logs = await Promise.all(opened.map((broker) => broker.log("t")));
    assert.deepEqual(logs[0], logs[1]);
    assert.match(logs[0]!.cluster, /^[0-9a-f]{32}$/);
    assert.match(logs[0]!.topicId!, /^[0-9a-f]{32}$/);
    // As 0.1.0 creates a topic while we have the file open.
    const old = new DatabaseSync(path);
    old.exec("INSERT INTO log (topic, partition) VALUES ('later', 0)");
    old.close();
    const later = await opened[0].log("later");
    assert.deepEqual(await opened[1].log("later"), later);
    assert.notEqual(later!.topicId, logs[0]!.topicId);
    for (const broker of opened) await broker.close();
    const again = await openEmbeddedBroker(path);
    assert.deepEqual(await again.log("t"), logs[0]);
    await again.close();
  });
});

Deno.test("a file that is deleted and made again is another log", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/log.sqlite`;
    const logs = [];
    for (let i = 0; i < 2; i++) {
      const broker = await openEmbeddedBroker(path);
      await broker.ensureTopic("t", { partitions: 1 });
      logs.push((await broker.log("t"))!);
      await broker.close();
      for (const file of Deno.readDirSync(directory)) Deno.removeSync(`${directory}/${file.name}`);
    }
    assert.notEqual(logs[0].cluster, logs[1].cluster);
    assert.notEqual(logs[0].topicId, logs[1].topicId);
  });
});
