import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openEmbeddedBroker } from "../../mod/broker/embedded/embedded_broker.ts";
import { journalPath } from "../../mod/broker/embedded/log_lock.ts";
import { repairLog } from "../../mod/broker/embedded/salvage/repair_log.ts";
import { Failure } from "../../mod/failure/failure.ts";
import { PROPERTY } from "../property_seed.ts";
import { messages, send } from "./contract.ts";
import { Recorder } from "./recorder.ts";
import { contentOf, DAMAGES, type LogBytes, randomBy, readLogFiles } from "./salvage_damage.ts";

type Content = Awaited<ReturnType<typeof contentOf>>;

/** A log as it was before it was damaged. */
interface Original {
  files: LogBytes;
  content: Content;
  id: { cluster: string; topicId: string | null };
}

const UNTOUCHED = { taken: [], dryRun: false };

async function withDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "ticklake-salvage-" });
  try {
    await run(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A log with what there is: three partitions, small and large messages, nulls, retention, a group. */
async function original(directory: string, withWal: boolean): Promise<Original> {
  const path = `${directory}/original.sqlite`;
  const broker = await openEmbeddedBroker(path);
  await broker.ensureTopic("t", { partitions: 3 });
  const producer = await broker.producer({ topic: "t" });
  for (let round = 0; round < 30; round++) {
    if (round === 20) checkpoint(path);
    await producer.send(Array.from({ length: 40 }, (_, i) => ({
      key: i % 7 === 0 ? null : `key${i % 11}`,
      value: i % 13 === 0 ? null : `${round}/${i} ${"x".repeat(round % 5 * 200)}`,
    })));
    if (round % 10 === 0) {
      await producer.send([{ key: "large", value: `${round} ${"y".repeat(100_000)}` }]);
    }
  }
  await broker.trim("t", 1, 50);
  const recorder = new Recorder({ broker, topic: "t", group: "g" });
  await recorder.owns(0, 1, 2);
  await recorder.partition(0).commit(7, "seven");
  await recorder.stop();
  const content = await contentOf(broker, "t");
  const id = (await broker.log("t"))!;
  // While it is open it has a write-ahead log; closing it leaves none.
  const open = readLogFiles(path);
  await broker.close();
  return { files: withWal ? open : readLogFiles(path), content, id };
}

/** Brings what is in the write-ahead log into the database. */
function checkpoint(path: string): void {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA wal_checkpoint(RESTART)");
  database.close();
}

function put(path: string, files: LogBytes): void {
  for (const [suffix, bytes] of files) Deno.writeFileSync(path + suffix, bytes);
}

/** Key and value alone: only these have a checksum. */
function payload(message: string | undefined): unknown {
  return message === undefined ? undefined : JSON.parse(message).slice(1);
}

/** Checks a repaired log: each offset has its own message, or is on record as lost. */
async function checkRepaired(
  path: string,
  { content, id }: Original,
  areNumbersWhole = true,
): Promise<Content> {
  const broker = await openEmbeddedBroker(path);
  try {
    const found = await contentOf(broker, "t");
    if (!areNumbersWhole) {
      for (const [place, message] of found.messages) {
        const before = content.messages.get(place);
        if (before !== undefined) assert.deepEqual(payload(message), payload(before), place);
      }
      return found;
    }
    for (const [place, message] of found.messages) {
      const [partition, offset] = place.split("/").map(Number);
      // Where the beginning is not known any more, the first block is whole again.
      if (offset < content.ends.get(partition)![0]) continue;
      assert.equal(message, content.messages.get(place), place);
    }
    for (const [partition, [low, high]] of found.ends) {
      for (let offset = low; offset < high; offset++) {
        const place = `${partition}/${offset}`;
        assert.ok(found.messages.has(place) !== found.lost.has(place), place);
      }
      // No offset is given out twice.
      assert.ok(high >= content.ends.get(partition)![1], `${high}`);
    }
    assert.deepEqual(await broker.log("t"), id);
    await send(broker, "t", messages("later", 10));
    return found;
  } finally {
    await broker.close();
  }
}

const taken = ({ id, content }: Original) => [{
  topic: "t",
  ...id,
  ends: new Map([...content.ends].map(([partition, [, high]]) => [partition, high])),
}];

for (const [what, damage] of Object.entries(DAMAGES)) {
  for (const withWal of [false, true]) {
    Deno.test(`a log with ${what} is repaired${withWal ? ", with its write-ahead log" : ""}`, async () => {
      await withDirectory(async (directory) => {
        const made = await original(directory, withWal);
        const runs = Math.ceil(PROPERTY.numRuns / 150);
        for (let run = 0; run < runs; run++) {
          const seed = PROPERTY.seed + run;
          const files = new Map([...made.files].map(([suffix, bytes]) => [suffix, bytes.slice()]));
          damage(files, randomBy(seed));
          const home = `${directory}/${run}`;
          Deno.mkdirSync(home);
          const path = `${home}/log.sqlite`;
          put(path, files);
          try {
            const options = { ...UNTOUCHED, taken: taken(made) };
            const { damage: found, kept } = await repairLog(path, options);
            assert.equal(found === undefined, kept === undefined);
            await checkRepaired(path, made, what !== "single bits");
            if (kept !== undefined) {
              assert.deepEqual(readLogFiles(`${kept}/log.sqlite`), files, "kept as it was");
            }
            assert.equal((await repairLog(path, options)).damage, undefined, "a second time");
          } catch (error) {
            throw new Error(`TEST_SEED=${seed}`, { cause: error });
          }
        }
      });
    });
  }
}

Deno.test("a page that is damaged costs the messages in it, and no others", async () => {
  await withDirectory(async (directory) => {
    const made = await original(directory, false);
    const path = `${directory}/log.sqlite`;
    const pages = made.files.get("")!.length / 16_384;
    for (let page = 1 + PROPERTY.seed % 6; page < pages; page += 6) {
      const bytes = made.files.get("")!.slice();
      bytes.fill(0xa5, page * 16_384, (page + 1) * 16_384);
      Deno.writeFileSync(path, bytes);
      await repairLog(path, { ...UNTOUCHED, taken: taken(made) });
      const { messages, lost } = await checkRepaired(path, made);
      // A leaf of blocks has 16 KiB; a large message is lost with any of its pages.
      assert.ok(lost.size <= 200, `page ${page}: ${lost.size} of ${messages.size} are lost`);
    }
  });
});

Deno.test("what a consumer of a repaired log misses is told once, and the partition continues", async () => {
  await withDirectory(async (directory) => {
    const made = await original(directory, false);
    const path = `${directory}/log.sqlite`;
    put(path, made.files);
    const bytes = Deno.readFileSync(path);
    // Every second page: enough of the blocks are gone.
    for (let at = 16_384 * 6; at < bytes.length; at += 16_384 * 2) bytes.fill(0, at, at + 16_384);
    Deno.writeFileSync(path, bytes);
    await repairLog(path, { ...UNTOUCHED, taken: taken(made) });
    const broker = await openEmbeddedBroker(path);
    const { messages, lost } = await contentOf(broker, "t");
    assert.ok(lost.size > 0 && messages.size > 0);
    const told = new Set<string>();
    const recorder = new Recorder({
      broker,
      topic: "t",
      group: "other",
      before: {
        unreadable(partition, { first, end, reason }) {
          assert.match(reason, /damaged/);
          for (let offset = first; offset < end; offset++) told.add(`${partition}/${offset}`);
          return Promise.resolve();
        },
      },
    });
    await recorder.hasReceived(messages.size);
    await send(broker, "t", [{ key: "key1", value: "later" }]);
    await recorder.hasReceived(messages.size + 1);
    await recorder.stop();
    assert.deepEqual([...told].sort(), [...lost].sort());
    await broker.close();
  });
});

Deno.test("a log without its write-ahead log continues behind what the table has", async () => {
  await withDirectory(async (directory) => {
    const made = await original(directory, true);
    const path = `${directory}/log.sqlite`;
    Deno.writeFileSync(path, made.files.get("")!);
    const { damage } = await repairLog(path, { ...UNTOUCHED, taken: taken(made) });
    assert.notEqual(damage, undefined);
    await checkRepaired(path, made);
  });
});

Deno.test("a truncated log that has its write-ahead log is damaged, not new", async () => {
  await withDirectory(async (directory) => {
    const made = await original(directory, true);
    const path = `${directory}/log.sqlite`;
    put(path, made.files);
    Deno.truncateSync(path, 0);
    await assert.rejects(openEmbeddedBroker(path), isDamaged);
    assert.ok(Deno.statSync(`${path}-wal`).size > 0);
    await repairLog(path, { ...UNTOUCHED, taken: taken(made) });
    await checkRepaired(path, made);
  });
});

Deno.test("ids that the file has lost come from the table", async () => {
  await withDirectory(async (directory) => {
    const made = await original(directory, false);
    const path = `${directory}/log.sqlite`;
    const bytes = made.files.get("")!.slice();
    for (const id of [made.id.cluster, made.id.topicId!]) {
      const at = indexOf(bytes, new TextEncoder().encode(id));
      bytes.fill(0, at - at % 16_384, at - at % 16_384 + 16_384);
    }
    Deno.writeFileSync(path, bytes);
    await repairLog(path, { ...UNTOUCHED, taken: taken(made) });
    await checkRepaired(path, made);
  });
});

Deno.test("a log of release 0.1.0 has no ids to lose; a later one without its ids is another log", async () => {
  await withDirectory(async (directory) => {
    const made = await original(directory, false);
    for (const isOld of [true, false]) {
      const path = `${directory}/${isOld}.sqlite`;
      Deno.writeFileSync(path, made.files.get("")!);
      const database = new DatabaseSync(path);
      // That release has no such table; otherwise its page is as after damage.
      database.exec(isOld ? "DROP TABLE identity" : "DELETE FROM identity");
      database.exec("UPDATE block SET data = zeroblob(10) WHERE rowid = 9");
      database.close();
      const { damage, plan } = await repairLog(path, UNTOUCHED);
      assert.match(damage!, /have wrong checksums/);
      assert.deepEqual(plan.renamed, isOld ? [] : ["t"]);
      const broker = await openEmbeddedBroker(path);
      assert.notEqual((await broker.log("t"))!.topicId, made.id.topicId);
      await broker.close();
    }
  });
});

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  return bytes.findIndex((_, at) => part.every((byte, i) => bytes[at + i] === byte));
}

Deno.test("a log that is open is not repaired, and one that is being repaired is not opened", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/log.sqlite`;
    const broker = await openEmbeddedBroker(path);
    await broker.ensureTopic("t", { partitions: 1 });
    await assert.rejects(
      repairLog(path, UNTOUCHED),
      (error) => error instanceof Failure && error.kind === "usage" && /open/.test(error.message),
    );
    await broker.close();
    const repair = repairLog(path, {
      ...UNTOUCHED,
      taken: [{ topic: "t", ...(await idOf(path)), ends: new Map([[0, 5]]) }],
    });
    await assert.rejects(openEmbeddedBroker(path), /being repaired/);
    assert.match((await repair).damage!, /ends at offset 0/);
  });
});

async function idOf(path: string): Promise<{ cluster: string; topicId: string | null }> {
  const broker = await openEmbeddedBroker(path);
  try {
    return (await broker.log("t"))!;
  } finally {
    await broker.close();
  }
}

Deno.test("a repair that was interrupted anywhere is completed by the next", async () => {
  await withDirectory(async (directory) => {
    const made = await original(directory, true);
    for (const moved of [[], [""], ["", "-wal"], ["", "-wal", "new"]]) {
      const home = `${directory}/${moved.length}`;
      Deno.mkdirSync(home);
      const path = `${home}/log.sqlite`;
      put(path, made.files);
      const folder = "log.damaged-20261126T120000000Z";
      Deno.writeTextFileSync(journalPath(path), folder);
      Deno.mkdirSync(`${home}/${folder}`);
      for (const suffix of moved) {
        if (suffix === "new") Deno.writeFileSync(path, made.files.get("")!);
        else Deno.renameSync(path + suffix, `${home}/${folder}/log.sqlite${suffix}`);
      }
      await assert.rejects(openEmbeddedBroker(path), /partly repaired/);
      const dry = await repairLog(path, { taken: [], dryRun: true });
      assert.equal(dry.plan.partitions.length, 3);
      await repairLog(path, UNTOUCHED);
      await checkRepaired(path, made);
      assert.ok(Deno.statSync(`${home}/${folder}/log.sqlite-wal`).size > 0);
    }
  });
});

Deno.test("a record of a repair that leads elsewhere is refused", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/log.sqlite`;
    await (await openEmbeddedBroker(path)).close();
    for (const name of ["../victim", "/etc", "log.damaged-20261126T120000000Z/.."]) {
      Deno.writeTextFileSync(journalPath(path), name);
      await assert.rejects(repairLog(path, UNTOUCHED), /expected the record of a repair/);
    }
  });
});

Deno.test("a dry run changes nothing, nor does a repair of what is sound, or of another file", async () => {
  await withDirectory(async (directory) => {
    const made = await original(directory, false);
    const path = `${directory}/log.sqlite`;
    put(path, made.files);
    assert.equal((await repairLog(path, UNTOUCHED)).damage, undefined);
    const bytes = made.files.get("")!.slice();
    bytes.fill(0, 16_384 * 8, 16_384 * 9);
    Deno.writeFileSync(path, bytes);
    const { damage } = await repairLog(path, { taken: [], dryRun: true });
    assert.notEqual(damage, undefined);
    assert.deepEqual(Deno.readFileSync(path), bytes);
    Deno.writeTextFileSync(path, "not a log\n".repeat(10_000));
    await assert.rejects(repairLog(path, UNTOUCHED), /no part of an embedded log/);
    assert.deepEqual(
      [...Deno.readDirSync(directory)].map(({ name }) => name).sort(),
      ["log.sqlite", "log.sqlite.lock", "original.sqlite", "original.sqlite.lock"],
    );
  });
});

function isDamaged(error: unknown): boolean {
  return error instanceof Failure && error.kind === "failed" && /damaged/.test(error.message) &&
    /ticklake repair --log/.test(error.fix!);
}
