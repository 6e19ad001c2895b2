import { sleep } from "../../mod/wait/sleep.ts";
import assert from "node:assert/strict";
import { FencedError } from "../../mod/broker/broker.ts";
import { openEmbeddedBroker } from "../../mod/broker/embedded/embedded_broker.ts";
import { PROPERTY } from "../property_seed.ts";
import { messages, send } from "./contract.ts";
import { until } from "../until.ts";

const PARTITIONS = 5;
const MESSAGES = 20_000;

/** A step of a consumer that the broker has accepted: a member moved the group's offset. */
interface Step {
  partition: number;
  from: number;
  to: number;
}

/** Random numbers that `TEST_SEED` repeats (mulberry32). */
function seededRandom(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

Deno.test("members that come and go move the group over every offset exactly once", async () => {
  const random = seededRandom(PROPERTY.seed);
  const directory = await Deno.makeTempDir({ prefix: "ticklake-embedded-" });
  const path = `${directory}/log.sqlite`;
  const watcher = await openEmbeddedBroker(path);
  await watcher.ensureTopic("t", { partitions: PARTITIONS });
  const steps: Step[] = [];
  let fenced = 0;
  let assignments = 0;

  /** One life of a member: joins, works for a while, leaves. */
  async function live(): Promise<void> {
    const broker = await openEmbeddedBroker(path, { leaseMs: 500 });
    const positions = new Map<number, number>();
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20 + random() * 300);
    const commits = new Map<number, (offset: number) => Promise<void>>();
    await broker.consume({
      topic: "t",
      group: "g",
      from: "earliest",
      maxFetchBytes: 20_000,
      signal: stop.signal,
      handler: {
        assigned: async (partitions) => {
          assignments++;
          commits.clear();
          for (const each of partitions) {
            positions.set(each.partition, each.start);
            commits.set(each.partition, (offset) => each.commit(offset, ""));
          }
        },
        batch: async ({ partition, nextOffset }) => {
          const from = positions.get(partition)!;
          await sleep(random() * 10);
          try {
            await commits.get(partition)!(nextOffset);
          } catch (error) {
            if (error instanceof FencedError) fenced++;
            throw error;
          }
          steps.push({ partition, from, to: nextOffset });
          positions.set(partition, nextOffset);
        },
        gap: async () => {},
      },
    });
    await broker.close();
  }

  const done = new AbortController();
  const lives = Array.from({ length: 4 }, async () => {
    while (!done.signal.aborted) await live();
  });
  for (let i = 0; i < MESSAGES / 100; i++) {
    await send(
      watcher,
      "t",
      Array.from({ length: 10 }, (_, n) => messages(`${i} ${n}`, 10)).flat(),
    );
    await sleep(random() * 20);
  }
  await until("the group has read everything", async () => {
    const committed = await watcher.groupOffsets("g", "t");
    return committed.reduce((sum, { offset }) => sum + (offset ?? 0), 0) === MESSAGES;
  });
  done.abort();
  await Promise.all(lives);

  for (const { partition, high } of (await watcher.topicOffsets("t"))!) {
    let position = 0;
    const own = steps.filter((step) => step.partition === partition);
    for (const { from, to } of own.sort((a, b) => a.from - b.from)) {
      assert.equal(from, position, `partition ${partition}`);
      position = to;
    }
    assert.equal(position, high);
  }
  assert.ok(assignments > 10, `${assignments} assignments`);
  console.log(`${assignments} assignments, ${fenced} refused commits, ${steps.length} steps`);
  await watcher.close();
  await Deno.remove(directory, { recursive: true });
});
