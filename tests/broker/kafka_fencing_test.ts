import { sleep } from "../../mod/wait/sleep.ts";
import assert from "node:assert/strict";
import { type AssignedPartition, FencedError } from "../../mod/broker/broker.ts";
import { openKafkaBroker } from "../../mod/broker/kafka/kafka_broker.ts";
import { PROPERTY } from "../property_seed.ts";
import { kafka, serviceTest, uniqueName } from "../services/services.ts";
import { Child } from "./child.ts";
import { messages, send } from "./contract.ts";
import { kafkaSettings } from "./kafka_settings.ts";
import { Recorder } from "./recorder.ts";
import { until } from "../until.ts";

serviceTest("a process that was stopped past its session cannot commit any more", {
  needs: ["kafka"],
}, async () => {
  const broker = await openKafkaBroker(kafkaSettings(kafka()!));
  const [topic, group] = [uniqueName("zombie"), uniqueName("group")];
  await broker.ensureTopic(topic, { partitions: 1 });
  await send(broker, topic, messages("a", 10));
  const zombie = new Child("kafka_member.ts", kafka()!, topic, group);
  type Said = { assigned?: unknown[]; committed?: number; refused?: string; lost?: boolean };
  await zombie.says<Said>("it is assigned", ({ assigned }) => assigned?.length === 1);
  await zombie.tell("0 3");
  await zombie.says<Said>("it commits", ({ committed }) => committed === 3);
  zombie.signal("SIGSTOP");
  const heir = new Recorder({ broker, topic, group });
  await heir.owns(0);
  assert.equal(heir.partition(0).start, 3);
  await heir.partition(0).commit(7, "heir");
  // Two at once: one may come before the zombie has learned anything, and is refused by the broker.
  await zombie.tell("0 5\n0 6");
  zombie.signal("SIGCONT");
  await until(
    "both are answered",
    () => zombie.lines.filter((line) => line.includes("refused")).length === 2,
  );
  const answers = zombie.lines.map((line) => JSON.parse(line) as Said);
  assert.deepEqual(answers.filter(({ refused }) => refused !== undefined), [
    { refused: "FencedError", lost: true },
    { refused: "FencedError", lost: true },
  ]);
  assert.deepEqual(await broker.groupOffsets(group, topic), [
    { partition: 0, offset: 7, metadata: "heir" },
  ]);
  // It is a member again, without a partition or with it, by the newest commit.
  await until(
    "it joined again",
    () => zombie.lines.filter((line) => line.includes("assigned")).length >= 2,
  );
  await zombie.kill();
  await heir.stop();
  await broker.close();
});

serviceTest("before a rebalance takes partitions away, what was read may be committed", {
  needs: ["kafka"],
}, async () => {
  const broker = await openKafkaBroker(kafkaSettings(kafka()!));
  const [topic, group] = [uniqueName("revoked"), uniqueName("group")];
  await broker.ensureTopic(topic, { partitions: 2 });
  const keys = Array.from({ length: 20 }, (_, i) => `key ${i}`);
  await send(broker, topic, keys.flatMap((key) => messages(key, 1)));
  let revoked = 0;
  const first: Recorder = new Recorder({
    broker,
    topic,
    group,
    before: {
      async revoking() {
        revoked++;
        for (const { partition, commit, lost } of first.assigned) {
          assert.ok(!lost.aborted);
          const read = first.valuesOf(partition).length;
          await commit.call(first.partition(partition), read, "in time");
        }
      },
    },
  });
  await first.hasReceived(20);
  const second = new Recorder({ broker, topic, group });
  await until(
    "each has a partition",
    () => first.owned.length === 1 && second.owned.length === 1,
  );
  assert.equal(revoked, 1);
  for (const member of [first, second]) {
    for (const { partition, committed, start } of member.assigned) {
      assert.equal(committed.metadata, "in time");
      assert.equal(start, first.valuesOf(partition).length);
    }
  }
  assert.equal(first.received.length, 20);
  assert.equal(second.received.length, 0);
  await Promise.all([first.stop(), second.stop()]);
  await broker.close();
});

/** A member that commits after each batch, and notes what it has committed. */
class Tiler {
  readonly done: Promise<void>;
  readonly #stop = new AbortController();
  #owned: AssignedPartition[] = [];
  #positions = new Map<number, number>();

  constructor(
    server: string,
    topic: string,
    group: string,
    note: (partition: number, from: number, to: number) => void,
  ) {
    this.done = (async () => {
      const broker = await openKafkaBroker(kafkaSettings(server));
      await broker.consume({
        topic,
        group,
        from: "earliest",
        signal: this.#stop.signal,
        maxFetchBytes: 4000,
        handler: {
          assigned: async (partitions) => {
            this.#owned = partitions;
            this.#positions = new Map(partitions.map(({ partition, start }) => [partition, start]));
          },
          batch: async ({ partition, nextOffset }) => {
            const owned = this.#owned.find((owned) => owned.partition === partition)!;
            const from = this.#positions.get(partition)!;
            // Works until after it may have lost the partition.
            await sleep(Math.random() * 30);
            try {
              await owned.commit(nextOffset, "");
            } catch (error) {
              if (error instanceof FencedError) return;
              throw error;
            }
            this.#positions.set(partition, nextOffset);
            note(partition, from, nextOffset);
          },
          gap: () => Promise.reject(new Error("a gap")),
        },
      });
      await broker.close();
    })();
  }

  stop(): Promise<void> {
    this.#stop.abort();
    return this.done;
  }
}

serviceTest("members that come and go commit every offset once", {
  needs: ["kafka"],
}, async () => {
  let state = PROPERTY.seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  const broker = await openKafkaBroker(kafkaSettings(kafka()!));
  const [topic, group] = [uniqueName("storm"), uniqueName("group")];
  await broker.ensureTopic(topic, { partitions: 4 });
  const producer = await broker.producer({ topic });
  const ranges: Array<[partition: number, from: number, to: number]> = [];
  const join = () => new Tiler(kafka()!, topic, group, (...range) => ranges.push(range));
  const members = [join(), join()];
  let sent = 0;
  for (let round = 0; round < 12; round++) {
    for (let i = 0; i < 20; i++) {
      sent += await producer.send(
        Array.from({ length: 40 }, (_, n) => ({ key: `${n}`, value: "x".repeat(100) })),
      );
      await sleep(40);
    }
    if (members.length > 1 && (members.length === 4 || random(2) === 0)) {
      await members.splice(random(members.length), 1)[0].stop();
    } else {
      members.push(join());
    }
  }
  await producer.close();
  const offsets = (await broker.topicOffsets(topic))!;
  assert.equal(offsets.reduce((sum, { high }) => sum + high, 0), sent);
  await until("everything is committed", async () => {
    const committed = await broker.groupOffsets(group, topic);
    return offsets.every(({ partition, high }) => committed[partition]?.offset === high);
  });
  await Promise.all(members.map((member) => member.stop()));
  for (const { partition, high } of offsets) {
    const tiles = ranges.filter((range) => range[0] === partition).sort((a, b) => a[1] - b[1]);
    let at = 0;
    for (const [, from, to] of tiles) {
      assert.equal(from, at, `partition ${partition}: ${JSON.stringify(tiles)}`);
      at = to;
    }
    assert.equal(at, high);
  }
  await broker.close();
});
