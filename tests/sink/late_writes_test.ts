/**
 * A paused process has a request to the store on its way; another owner removes what it began, or a reset
 * takes ranges back, and the offsets are written again. Then the request arrives.
 */
import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import { parseObjectName } from "../../mod/lake/layout.ts";
import { STATE_ROOT } from "../../mod/table/hive/state_names.ts";
import { killedSink } from "./killed_sink.ts";
import { lakeOffsets, offsetsFrom } from "./lake_offsets.ts";
import { MemoryLake } from "./memory_lake.ts";
import { assertProved } from "./proved.ts";
import { rewrite } from "./rewrite.ts";
import { rows, sink } from "./run_sink.ts";
import { ScriptedLog } from "./scripted_log.ts";

/** Sizes of the ranges that the offsets are written in again: the former ones', and others. */
const OTHER_SIZE = 7;
const SIZES = [10, OTHER_SIZE];

const ROWS = 30;

function policy(size: number) {
  return { policy: { rows: size, bytes: 2 ** 20, intervalMs: 60_000 } };
}

/** What is done with the offsets of an interrupted flush before they are written again. */
const WAYS: Record<string, (log: ScriptedLog, lake: MemoryLake) => void | Promise<void>> = {
  "the group's offsets are deleted": (log) => log.committed.clear(),
  "the group's offsets are moved back": (log) => {
    log.committed.set(0, { partition: 0, offset: 5, metadata: "" });
  },
  "a program with other rules takes over": (log) => {
    const { offset, metadata } = log.committed.get(0)!;
    const other = JSON.stringify({ ...JSON.parse(metadata), rules: 1 });
    log.committed.set(0, { partition: 0, offset, metadata: other });
  },
  "the table is rewritten from its beginning": (log, lake) => rewrite(log, lake, 0),
  "the table is rewritten from the middle, twice": async (log, lake) => {
    await rewrite(log, lake, 10);
    await sink(log, lake, policy(4));
    await rewrite(log, lake, 0);
  },
};

/** Consumes until a write that matches would be made, which is kept back; the consumer does no more. */
async function keepBack(
  log: ScriptedLog,
  lake: MemoryLake,
  isWanted: (name: string) => boolean,
): Promise<() => void> {
  const put = lake.put.bind(lake);
  let late: [string, Uint8Array] | undefined;
  lake.put = async (name, bytes, options) => {
    if (late === undefined && isWanted(name)) late = [name, bytes.slice()];
    if (late !== undefined) throw new Failure("failed", "paused for good");
    await put(name, bytes, options);
  };
  await assert.rejects(sink(log, lake, policy(10)), { message: "paused for good" });
  lake.put = put;
  const [name, bytes] = late!;
  return () => (name.startsWith(STATE_ROOT) ? lake.state : lake.objects).set(name, bytes);
}

async function assertWhole(log: ScriptedLog, lake: MemoryLake): Promise<void> {
  assert.deepEqual((await lakeOffsets(lake)).rows, offsetsFrom(0, ROWS));
  await assertProved(log, lake);
}

/** Ways, and where the interrupted flush begins. */
const CASES = [
  ...Object.entries(WAYS).map(([way, act]) => ({ way, act, first: 10 })),
  ...["the group's offsets are deleted", "a program with other rules takes over"]
    .map((way) => ({ way: `${way} during the first flush`, act: WAYS[way], first: 0 })),
];

for (const { way, act, first } of CASES) {
  for (const size of SIZES) {
    Deno.test(`${way}: an object of before that arrives late goes at the next assignment (ranges of ${size})`, async () => {
      const lake = new MemoryLake();
      const log = new ScriptedLog([rows(ROWS)]);
      const land = await keepBack(log, lake, (name) => parseObjectName(name)?.first === first);
      await act(log, lake);
      await sink(log, lake, policy(size));
      await assertWhole(log, lake);
      land();
      await sink(log, lake, policy(size));
      await assertWhole(log, lake);
    });

    if (size !== OTHER_SIZE) continue;

    Deno.test(`${way}: an object of before that arrives before what is written again (ranges of ${size})`, async () => {
      const lake = new MemoryLake();
      const log = new ScriptedLog([rows(ROWS)]);
      const land = await keepBack(log, lake, (name) => parseObjectName(name)?.first === first);
      await act(log, lake);
      // Some of it is written again, then that process is killed.
      let left = 1;
      lake.beforePut = () => {
        if (left-- <= 0) throw new Failure("failed", "killed");
      };
      await sink(log, lake, policy(size)).catch(({ message }) => assert.equal(message, "killed"));
      lake.beforePut = () => {};
      land();
      await sink(log, lake, policy(size));
      await sink(log, lake, policy(size));
      await assertWhole(log, lake);
    });

    Deno.test(`${way}: a position of before that arrives late takes nothing away (ranges of ${size})`, async () => {
      const isPosition = (name: string) =>
        new RegExp(`position-0-\\d+-0-${first + 10}\\b`).test(name);
      for (const steps of [0, 9]) {
        const lake = new MemoryLake();
        const log = new ScriptedLog([rows(ROWS)]);
        // The objects are all there; that the table has them is on its way.
        const land = await keepBack(log, lake, isPosition);
        await act(log, lake);
        // Who takes over is killed anywhere.
        await killedSink(log, lake, steps, policy(size));
        land();
        await sink(log, lake, policy(size));
        await sink(log, lake, policy(size));
        await assertWhole(log, lake);
      }
    });
  }
}

Deno.test("late objects are looked for beside the reading, however long the listing takes", async () => {
  const lake = new MemoryLake();
  const log = new ScriptedLog([rows(ROWS)]);
  const land = await keepBack(log, lake, (name) => parseObjectName(name)?.first === 10);
  await rewrite(log, lake, 0);
  await sink(log, lake, policy(OTHER_SIZE));
  land();
  log.partitions[0].push(...rows(10));
  const { promise: written, resolve } = Promise.withResolvers<void>();
  lake.afterPut = () => resolve();
  const list = lake.list.bind(lake);
  lake.list = async function* (prefix, ...rest) {
    if (!prefix.startsWith(STATE_ROOT)) await written;
    yield* list(prefix, ...rest);
  };
  await sink(log, lake, policy(OTHER_SIZE));
  assert.deepEqual((await lakeOffsets(lake)).rows, offsetsFrom(0, ROWS + 10));
  await assertProved(log, lake);
});
