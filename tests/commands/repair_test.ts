import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";
import { trim } from "../../mod/broker/embedded/topics.ts";
import { LogFile } from "../../mod/broker/embedded/log_file.ts";
import { kafkaAdmin } from "../broker/kafka_admin.ts";
import { type ConsumePlace, placeTest, quotes } from "./consume_place.ts";

async function run({ cwd, env }: ConsumePlace, ...args: string[]) {
  return await runTicklake(args, { cwd, env });
}

/** A table of 300 rows in three objects. */
async function filled(place: ConsumePlace): Promise<void> {
  await place.send(quotes(300));
  await place.toEnd("--flush-rows", "100");
}

async function objectFrom(place: ConsumePlace, first: number): Promise<string> {
  const found = (await place.parsedObjects()).findIndex((parsed) => parsed.first === first);
  return (await place.objects())[found];
}

/** Has a wrong table repaired: seen, planned, repaired, and then nothing to repair. */
async function repaired(place: ConsumePlace, gaps = 0): Promise<{ written: number }> {
  const before = await place.objects();
  const found = await run(place, "verify", "--deep");
  assert.equal(found.code, 4, found.stdout + found.stderr);
  assert.match(found.stderr, /fix: .*`ticklake repair`/);
  const dry = await run(place, "repair", "--dry-run");
  assert.equal(dry.code, 0, dry.stderr);
  assert.match(dry.stdout, /^partition 0: /m);
  assert.deepEqual(await place.objects(), before, "--dry-run changes nothing");
  const { code, stdout, stderr } = await run(place, "repair", "--json", "--flush-rows", "60");
  assert.equal(code, 0, stdout + stderr);
  const proved = await run(place, "verify", "--deep", "--json");
  assert.equal(proved.code, 0, proved.stdout + proved.stderr);
  assert.equal(JSON.parse(proved.stdout).gaps, gaps);
  const { rows, duplicate } = await place.count();
  assert.deepEqual([rows, duplicate], [300 - gaps, 0]);
  assert.match((await run(place, "repair")).stdout, /^ok: nothing to repair/m);
  return JSON.parse(stdout);
}

placeTest(
  "repair writes objects that are gone or cut off again from the topic",
  async (place) => {
    await filled(place);
    await place.remove(await objectFrom(place, 100));
    const name = await objectFrom(place, 200);
    await place.put(name, (await place.bytes(name)).slice(0, 300));
    assert.equal((await repaired(place)).written, 200);
  },
);

placeTest("repair removes a copied object, and writes nothing again", async (place) => {
  await filled(place);
  const name = await objectFrom(place, 100);
  const copy = name.replace("-0000000000000100-", "-0000000000000099-");
  await place.put(copy, await place.bytes(name));
  assert.equal((await repaired(place)).written, 0);
  assert.ok(!(await place.objects()).includes(copy));
});

/** Has the topic forget its messages before an offset. */
async function forget({ env, cwd, topic }: ConsumePlace, before: number): Promise<void> {
  const server = env.KAFKA_BOOTSTRAP_SERVERS;
  if (server !== undefined) {
    const partitions = [{ partition: 0, offset: String(before) }];
    return await kafkaAdmin(server, async (admin) => {
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions });
    });
  }
  const file = await LogFile.open(`${cwd}/.ticklake/log.sqlite`);
  try {
    await file.write(() => trim(file, topic, 0, before));
  } finally {
    file.close();
  }
}

placeTest("repair records as a gap what neither the lake nor the topic has", async (place) => {
  await filled(place);
  await forget(place, 150);
  await place.remove(await objectFrom(place, 100));
  const cut = await objectFrom(place, 0);
  await place.put(cut, (await place.bytes(cut)).slice(0, 300));
  assert.equal((await repaired(place, 150)).written, 150);
});

placeTest("repair is refused while the group is consumed in", async (place) => {
  await filled(place);
  await place.remove(await objectFrom(place, 0));
  await using consume = place.start("--flush-interval", "200ms");
  await place.send(quotes(1, 300));
  await consume.waitFor(/consuming topic/);
  for (let tries = 0; tries < 100; tries++) {
    if ((await place.committed())[0]?.offset === 301) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const refused = await run(place, "repair");
  assert.equal(refused.code, 2, refused.stderr);
  assert.match(refused.stderr, /has members.*\n +fix: Stop every consume/);
});
