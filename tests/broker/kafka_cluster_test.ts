import assert from "node:assert/strict";
import type { PartitionStall } from "../../mod/broker/broker.ts";
import { Failure } from "../../mod/failure/failure.ts";
import { clientOptions } from "../../mod/broker/kafka/client.ts";
import { Cluster } from "../../mod/broker/kafka/cluster.ts";
import { openKafkaBroker } from "../../mod/broker/kafka/kafka_broker.ts";
import { type KafkaCluster, startKafkaCluster } from "../services/kafka/kafka_cluster.ts";
import { runTicklake, serviceTest, uniqueName } from "../services/services.ts";
import { messages, send } from "./contract.ts";
import { kafkaAdmin } from "./kafka_admin.ts";
import { kafkaSettings } from "./kafka_settings.ts";
import { Recorder } from "./recorder.ts";
import { until } from "../until.ts";

/** Keys for each of three partitions. */
const KEYS = ["21", "foobar", "abc", "NYA", "N225", "IXIC", "HSI", "GSPTSE", "a", "b", "c", "d"];

/** Creates a topic whose partitions lie on the nodes that are named, the first of each leads. */
async function createTopic(
  { bootstrap }: KafkaCluster,
  topic: string,
  replicas: number[][],
  config: Record<string, string> = {},
): Promise<void> {
  // A node that has just started is not one of the cluster at once.
  await until(
    `${topic} is created`,
    () =>
      kafkaAdmin(bootstrap.split(",")[0], (admin) =>
        admin.createTopics({
          topics: [{
            topic,
            replicaAssignment: replicas.map((replicas, partition) => ({ partition, replicas })),
            configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
          }],
        })).catch(() => false),
  );
}

/** kafkajs's admin client fails where a partition has no leader. */
async function leaderOf(
  { bootstrap }: KafkaCluster,
  topic: string,
  partition: number,
): Promise<number> {
  const cluster = new Cluster(await clientOptions(kafkaSettings(bootstrap)));
  try {
    await cluster.connect();
    return (await cluster.topic(topic))!.partitions[partition].leader;
  } finally {
    cluster.close();
  }
}

serviceTest(
  "in a cluster of three: partitions without a leader, and logs that an unclean election cuts off",
  { needs: ["kafka"] },
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "ticklake-cluster-" });
    const cluster = await startKafkaCluster(folder, {
      "unclean.leader.election.enable": "true",
      "unclean.leader.election.interval.ms": "1000",
    });
    try {
      await leaderlessPartition(cluster);
      await uncleanElection(cluster);
    } finally {
      await cluster.stop();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/** Node 1 stays, so that `kafkaAdmin` can ask it; node 3 is the one that goes. */
async function leaderlessPartition(cluster: KafkaCluster): Promise<void> {
  const topic = uniqueName("leaderless");
  await createTopic(cluster, topic, [[1], [2], [3]]);
  const broker = await openKafkaBroker(kafkaSettings(cluster.bootstrap));
  await send(broker, topic, KEYS.flatMap((key) => messages(key, 10)));
  const ends = (await broker.topicOffsets(topic))!.map(({ high }) => high);
  assert.ok(ends.every((high) => high > 0));

  /** Partitions of which each consumer was told that they stall, and why. */
  const stalls: Record<string, Array<[partition: number, reason: string | undefined]>> = {};
  const recorder = (name: string) => {
    const told: typeof stalls[string] = stalls[name] = [];
    const stalled = (partition: number, stall: PartitionStall | null) =>
      void told.push([partition, stall?.reason]);
    const group = `${topic}-${name}`;
    return new Recorder({ broker, topic, group, stallMs: 700, before: { stalled } });
  };
  const running = recorder("running");
  await running.hasReceived(120);
  await cluster.kill(3);
  await until("it has no leader", async () => await leaderOf(cluster, topic, 2) === -1);
  const leaderless: number[] = [];
  const offsets = await broker.topicOffsets(topic, {
    leaderless: (partitions) => leaderless.push(...partitions),
  });
  assert.deepEqual(offsets!.map(({ partition }) => partition), [0, 1]);
  assert.deepEqual(leaderless, [2]);
  const read = [];
  for await (const batch of broker.read(topic, 0, 0, ends[0])) read.push(batch.count);
  assert.equal(read.reduce((sum, count) => sum + count, 0), ends[0]);

  await commandsGoOn(cluster, topic, ends[0] + ends[1]);

  // One that starts now reads the others, and so does the one that runs.
  const started = recorder("started");
  await started.owns(0, 1);
  await started.hasReceived(ends[0] + ends[1]);
  const before = running.received.length;
  const producer = await broker.producer({ topic });
  const sent = KEYS.map((key) => producer.send(messages(key, 5, 10)));
  await until("the running one goes on", () => running.received.length > before);
  await until("the new one goes on", () => started.received.length > ends[0] + ends[1]);
  for (const [name, told] of Object.entries(stalls)) {
    const isTold = ([partition, reason]: typeof told[number]) =>
      partition === 2 && reason !== undefined;
    await until(`${name}: the stall of partition 2 is told`, () => told.some(isTold));
  }

  await cluster.start(3);
  await Promise.all(sent);
  await producer.close();
  await started.owns(0, 1, 2);
  for (const recorder of [running, started]) {
    const distinct = () =>
      new Set(recorder.received.map(({ partition, offset }) => `${partition} ${offset}`));
    await until("all is read", () => distinct().size === 15 * KEYS.length);
    await recorder.stop();
  }
  await broker.close();
}

/** `consume --until-end`, `verify` and `status` do what they can, and name partition 2. */
async function commandsGoOn(
  cluster: KafkaCluster,
  topic: string,
  readable: number,
): Promise<void> {
  const cwd = await Deno.makeTempDir({ prefix: "ticklake-leaderless-" });
  const env = {
    KAFKA_BOOTSTRAP_SERVERS: cluster.bootstrap,
    KAFKA_TOPIC: topic,
    TICKLAKE_HOME: `${cwd}/home`,
  };
  const run = (...args: string[]) => runTicklake([...args, "--json"], { cwd, env });
  try {
    const consumed = await run("consume", "--until-end");
    assert.equal(consumed.code, 3, consumed.stderr);
    assert.match(consumed.stderr, /partition 2 has no leader and was not read/);
    assert.equal(JSON.parse(consumed.stdout).read, readable);
    const verified = await run("verify", "--deep");
    assert.equal(verified.code, 3, verified.stderr);
    assert.match(verified.stderr, /partition 2 has no leader and was not compared/);
    const { ok, expected, found } = JSON.parse(verified.stdout);
    assert.deepEqual({ ok, expected, found }, { ok: true, expected: readable, found: readable });
    const status = await run("status", "--alert");
    assert.equal(status.code, 4, status.stderr);
    assert.match(status.stderr, /^alert: partition 2 of topic \S+ has no leader/m);
    const { leaderless, partitions } = JSON.parse(status.stdout);
    assert.deepEqual(leaderless, [2]);
    assert.deepEqual(partitions.map(({ lag }: { lag: number }) => lag), [0, 0]);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

async function uncleanElection(cluster: KafkaCluster): Promise<void> {
  const topic = uniqueName("unclean");
  const config = { "unclean.leader.election.enable": "true", "min.insync.replicas": "1" };
  await createTopic(cluster, topic, [[3, 2]], config);
  const broker = await openKafkaBroker(kafkaSettings(cluster.bootstrap));
  await send(broker, topic, messages("a", 100));

  const running = new Recorder({ broker, topic, group: `${topic}-running` });
  const stopped = new Recorder({ broker, topic, group: `${topic}-stopped` });
  await running.hasReceived(100);
  await stopped.hasReceived(100);
  // Node 2 falls behind: what follows is on node 3 alone.
  await cluster.kill(2);
  await send(broker, topic, messages("lost", 50, 100));
  await running.hasReceived(150);
  await stopped.hasReceived(150);
  await stopped.partition(0).commit(150, "");
  await stopped.stop();
  await cluster.kill(3);
  await cluster.start(2);
  await until("node 2 leads", async () => await leaderOf(cluster, topic, 0) === 2);
  // More than was lost: by its length alone the log looks as if nothing had happened.
  await send(broker, topic, messages("other", 80, 200));
  assert.equal((await broker.topicOffsets(topic))![0].high, 180);

  const isExplained = (error: unknown) => {
    assert.ok(error instanceof Failure, String(error));
    assert.match(error.message, /partition 0 was truncated at offset 100\b.*up to 149\b/s);
    assert.equal(error.kind, "failed");
    return true;
  };
  await assert.rejects(running.done, isExplained);
  assert.ok(running.received.every(({ value }) => !value!.startsWith("other")));
  const again = new Recorder({ broker, topic, group: `${topic}-stopped` });
  await assert.rejects(again.done, isExplained);
  assert.equal(again.received.length, 0);
  await cluster.start(3);
  await broker.close();
}
