import assert from "node:assert/strict";
import fc from "fast-check";
import { isProved } from "../../mod/verify/verify.ts";
import { PROPERTY } from "../property_seed.ts";
import { quote, quotes } from "../sink/run_sink.ts";
import type { Entry } from "../sink/scripted_log.ts";
import { CuredHive } from "./cured_hive.ts";
import { CuredIceberg } from "./cured_iceberg.ts";
import { type CuredPlace, DAMAGES } from "./cured_place.ts";
import { closeAtMost } from "./dear_quotes.ts";

const DAY_MS = 86_400_000;

/** By it the dear quotes are dead letters; by the shipped schema they are rows. */
const strict = closeAtMost(1000);

const CHEAP = 100;
const DEAR = 5000;

const day = fc.integer({ min: 0, max: 3 });
const entry = fc.oneof(
  { weight: 6, arbitrary: day.map((day) => quote(CHEAP, day * DAY_MS)) },
  { weight: 3, arbitrary: day.map((day) => quote(DEAR, day * DAY_MS)) },
  { weight: 1, arbitrary: fc.constantFrom<Entry>({ value: "{" }, { value: null }) },
  { weight: 1, arbitrary: fc.constant<Entry>("hole") },
);

/** A command, and what happens before it. */
const step = fc.record({
  command: fc.constantFrom("consume", "reset", "replay", "repair", "maintain"),
  /** The change before which the process is killed; 0: it is not. */
  kill: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 60 })),
  /** Whether it is run again afterwards, to its end. */
  again: fc.boolean(),
  isStrict: fc.boolean(),
  flushRows: fc.integer({ min: 1, max: 8 }),
  /** Of `reset`: how far back. */
  share: fc.constantFrom(0, 0.3, 0.5, 0.8, 1),
  /** Of `repair`: what there is to be repaired, besides what kills have left. */
  damage: fc.option(fc.record({ how: fc.constantFrom(...DAMAGES), choice: fc.nat(50) })),
  /** Messages that come before it. */
  arriving: fc.array(entry, { maxLength: 12 }),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function run(place: CuredPlace, { command, isStrict, flushRows, share }: Step) {
  const schema = isStrict ? strict : quotes;
  switch (command) {
    case "consume":
      return await place.consume(schema, flushRows);
    case "reset":
      return await place.reset(share);
    case "replay":
      return await place.replay(schema);
    case "repair":
      return await place.repair(schema, flushRows);
    case "maintain":
      return await place.maintain();
  }
}

/** Runs a command that is killed at the step's change; of a damaged table it may say that, and do nothing. */
async function attempted(
  place: CuredPlace,
  step: Step,
  { kill, isDamaged }: { kill: number; isDamaged: boolean },
): Promise<void> {
  Object.assign(place.lake, { at: kill, changes: 0 });
  try {
    await run(place, step);
  } catch (error) {
    const isExpected = kill > 0 && /killed/.test(String(error)) ||
      isDamaged && step.command !== "repair" &&
        /cannot be read|no such object|does not exist/.test(String(error));
    if (!isExpected) throw error;
  } finally {
    Object.assign(place.lake, { at: 0 });
  }
}

async function takesAll(place: CuredPlace, steps: readonly Step[]): Promise<void> {
  // A kill while the table is made is the sink's own property.
  place.log.partitions[0].push(quote(CHEAP), quote(DEAR));
  await place.consume(strict, 5);
  let isDamaged = false;
  for (const step of steps) {
    const { arriving, command, damage, again, kill } = step;
    arriving.forEach((entry, i) => place.log.partitions[i % 3 === 0 ? 1 : 0].push(entry));
    if (command === "repair" && damage !== null) {
      await place.damage(damage.how, damage.choice);
      isDamaged = true;
    }
    await attempted(place, step, { kill, isDamaged });
    if (again) {
      await attempted(place, step, { kill: 0, isDamaged });
      if (command === "repair") isDamaged = false;
    }
    if (!isDamaged) await assertNoneTwice(place);
  }
  await place.repair(quotes, 5);
  await place.maintain();
  await place.consume(quotes, 5);
  await place.replay(quotes);
  await assertOnce(place);
  assert.ok(isProved(await place.verify()), JSON.stringify(await place.verify()));
}

/** At no time does a reader see a row twice. */
async function assertNoneTwice(place: CuredPlace): Promise<void> {
  for (const partition of place.log.partitions.keys()) {
    const { rows } = await place.offsets(partition);
    assert.deepEqual(rows, [...new Set(rows)], `partition ${partition}`);
  }
}

/** At the end each offset is there as what it is by the shipped schema, once. */
async function assertOnce(place: CuredPlace): Promise<void> {
  for (const [partition, entries] of place.log.partitions.entries()) {
    const at = (wanted: (entry: Entry) => boolean) =>
      entries.flatMap((entry, offset) => wanted(entry) ? [offset] : []);
    const isRow = (entry: Entry) => typeof entry === "object" && String(entry.value).length > 5;
    assert.deepEqual(await place.offsets(partition), {
      rows: at(isRow),
      deadLetters: at((entry) => entry !== "hole" && !isRow(entry)),
      gaps: [],
    }, `partition ${partition}`);
  }
}

const steps = fc.array(step, { minLength: 2, maxLength: 6 });

Deno.test("consume, reset --rewrite, replay, repair and merge of Hive folders, each killed at any change: each offset is there once", async () => {
  const form = fc.constantFrom(
    ["dt", "parquet"] as const,
    ["none", "parquet"] as const,
    ["index", "jsonl"] as const,
  );
  await fc.assert(
    fc.asyncProperty(
      form,
      steps,
      ([partitionBy, format], steps) => takesAll(new CuredHive(partitionBy, format), steps),
    ),
    { ...PROPERTY, numRuns: Math.ceil(PROPERTY.numRuns / 4) },
  );
});

Deno.test("consume, reset --rewrite, replay, repair and merge of an Iceberg table, each killed at any change: each offset is there once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("dt", "none", "index"),
      steps,
      (partitionBy, steps) => takesAll(new CuredIceberg(partitionBy), steps),
    ),
    { ...PROPERTY, numRuns: Math.ceil(PROPERTY.numRuns / 10) },
  );
});
