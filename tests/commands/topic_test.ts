import assert from "node:assert/strict";
import { kafka, runTicklake, serviceTest, uniqueName } from "../services/services.ts";

/** A broker for the command, by what it needs in the environment. */
interface Place {
  name: string;
  needs: readonly ["kafka"] | readonly [];
  env(): Record<string, string>;
}

const PLACES: readonly Place[] = [
  { name: "the embedded log", needs: [], env: () => ({}) },
  { name: "Kafka", needs: ["kafka"], env: () => ({ KAFKA_BOOTSTRAP_SERVERS: kafka()! }) },
];

/** Runs with a topic and a home of its own; must end with 0. */
async function open({ env }: Place) {
  const topic = uniqueName("looked-at");
  const home = await Deno.makeTempDir({ prefix: "ticklake-topic-" });
  const all = { ...env(), KAFKA_TOPIC: topic, TICKLAKE_HOME: home, TICKLAKE_PARTITIONS: "2" };
  return {
    topic,
    async run(...args: string[]) {
      const { code, stdout, stderr } = await runTicklake(args, { env: all });
      assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
      return { stdout, stderr };
    },
    fail: (...args: string[]) => runTicklake(args, { env: all }),
    [Symbol.asyncDispose]: () => Deno.remove(home, { recursive: true }),
  };
}

const lines = (text: string) => text.trim().split("\n").map((line) => JSON.parse(line));

for (const place of PLACES) {
  serviceTest(`topic read shows messages, and what would become of them: ${place.name}`, {
    needs: place.needs,
  }, async () => {
    await using world = await open(place);
    await world.run("produce", "--mode", "replay", "--rate", "max", "--count", "100");
    const last = lines((await world.run("topic", "read", "--json")).stdout);
    assert.equal(last.length, 10);
    assert.ok(last.every(({ row, reason }) => row && reason === undefined));
    const all = lines(
      (await world.run("topic", "read", "--from", "earliest", "-n", "1000", "--json")).stdout,
    );
    assert.equal(all.length, 100);
    const { partition, offset, key, timestamp } = all[42];
    const [one] = lines(
      (await world.run(
        ...["topic", "read", world.topic, "--partition", String(partition)],
        ...["--from", String(offset), "-n", "1", "--json"],
      )).stdout,
    );
    assert.deepEqual(one, all[42]);
    const some = lines(
      (await world.run(
        ...["topic", "read", "--from", "earliest", "--where", `Index=${key}`, "-n", "7", "--json"],
      )).stdout,
    );
    assert.ok(some.length > 0 && some.every((message) => message.key === key));
    // Without --from a condition looks at all of them.
    const anywhere = lines(
      (await world.run("topic", "read", "--where", `Index=${all[0].key}`, "-n", "1", "--json"))
        .stdout,
    );
    assert.equal(anywhere[0].offset, all[0].offset);
    const since = lines(
      (await world.run("topic", "read", "--from", timestamp, "-n", "1000", "--json")).stdout,
    );
    assert.ok(since.some((message) => message.offset === offset));
    const future = await world.run("topic", "read", "--from", "2199-01-01", "--json");
    assert.equal(future.stdout, "");
    const raw = await world.run("topic", "read", "-n", "1", "--format", "raw");
    assert.ok(JSON.parse(raw.stdout).Index);
  });

  serviceTest(
    `topic show has partitions and the groups' lag, and list has the topic: ${place.name}`,
    {
      needs: place.needs,
    },
    async () => {
      await using world = await open(place);
      await world.run("produce", "--mode", "replay", "--rate", "max", "--count", "50");
      await world.run("consume", "--until-end", "--group", `${world.topic}-g`);
      await world.run("produce", "--mode", "replay", "--rate", "max", "--count", "20");
      const [shown] = lines((await world.run("topic", "show", "--json")).stdout);
      assert.equal(shown.partitions.length, 2);
      const messages = shown.partitions.reduce(
        (sum: number, { low, high }: { low: number; high: number }) => sum + high - low,
        0,
      );
      assert.equal(messages, 70);
      assert.ok(shown.partitions.every(({ bytes }: { bytes: number }) => bytes >= 0));
      assert.ok(typeof shown.cluster === "string" && typeof shown.topicId === "string");
      const group = shown.groups.find(({ group }: { group: string }) =>
        group === `${world.topic}-g`
      );
      const lag = group.partitions.reduce((sum: number, { lag }: { lag: number }) => sum + lag, 0);
      assert.equal(lag, 20);
      const people = (await world.run("topic", "show", world.topic)).stdout;
      assert.match(people, /partition +leader +in sync +first +next +messages +size/);
      assert.match(people, new RegExp(`group ${world.topic}-g: .*lag 20`));
      const [topics] = lines((await world.run("topic", "list", "--json")).stdout);
      const found = topics.find(({ topic }: { topic: string }) => topic === world.topic);
      assert.deepEqual(found, { topic: world.topic, partitions: 2 });
    },
  );

  serviceTest(`a topic that does not exist is named, and nothing is made: ${place.name}`, {
    needs: place.needs,
  }, async () => {
    await using world = await open(place);
    for (const action of ["show", "read"]) {
      const { code, stderr } = await world.fail("topic", action);
      assert.equal(code, 3, stderr);
      assert.match(stderr, /fix: .*ticklake (topic list|produce)/);
    }
    const { code, stderr } = await world.fail("topic", "delete");
    assert.equal(code, 2);
    assert.match(stderr, /expected one of list, show, read; found "delete"/);
  });
}

Deno.test("a message that would be no row is shown with the reason, and cannot disturb a terminal", async () => {
  const home = await Deno.makeTempDir({ prefix: "ticklake-topic-" });
  try {
    const { openEmbeddedBroker } = await import("../../mod/broker/embedded/embedded_broker.ts");
    const broker = await openEmbeddedBroker(`${home}/log.sqlite`);
    await broker.ensureTopic("index-quotes", { partitions: 1 });
    const producer = await broker.producer({ topic: "index-quotes" });
    await producer.send([
      { key: "a\u001b[2J", value: '{"Index":"\u202eA"}' },
      { key: null, value: null },
      { key: "k", value: new Uint8Array([0xff, 0xfe]) },
    ]);
    await producer.close();
    await broker.close();
    const { code, stdout } = await runTicklake(["topic", "read"], {
      env: { TICKLAKE_HOME: home },
    });
    assert.equal(code, 0);
    assert.ok(!stdout.includes("\x1b") && !stdout.includes("\u202e"));
    assert.match(stdout, /key a\\u001b\[2J/);
    assert.match(stdout, /no row: .*Date/);
    assert.match(stdout, /no value \(a tombstone\)/);
    assert.match(stdout, /base64:\/\/4=/);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
