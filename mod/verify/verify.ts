import type { Broker, CommittedOffset, PartitionOffsets } from "../broker/broker.ts";
import { Failure } from "../failure/failure.ts";
import type { LakeStore } from "../lake/store.ts";
import { type TableObject, tableObjects } from "../lake/table_objects.ts";
import { parseCheckpoint } from "../sink/intent.ts";
import { objectOffsets } from "./object_offsets.ts";
import { addOffset, countOffsets, type OffsetRange } from "./offset_range.ts";
import { OffsetSet } from "./offset_set.ts";
import { checkTiling, type NamedObject, type Tiling } from "./tiling.ts";

/** Options of {@linkcode verify}. */
export interface VerifyOptions {
  broker: Broker;
  store: LakeStore;
  topic: string;
  group: string;
  /** The lake's table. */
  table: string;
  /** Read the rows, not only the names. */
  deep: boolean;
  signal: AbortSignal;
  /** Told how many of the objects have been read. */
  onProgress?(done: number, all: number): void;
}

/** What was found of one partition. */
export interface PartitionVerdict {
  partition: number;
  /** First offset that the group was ever responsible for. */
  from: number;
  /** First offset that the group has not committed. */
  committed: number;
  /** Offsets that must be in the lake. */
  expected: number;
  /** Offsets that are, each counted once. */
  found: number;
  missing: OffsetRange[];
  duplicate: OffsetRange[];
  /** Offsets in objects behind what is committed: of another group, or of a topic of the same name. */
  beyond: OffsetRange[];
  /** Offsets that retention removed before they were read, as recorded in the lake. */
  gaps: OffsetRange[];
  /**
   * Deep: offsets that no row has, and of which the topic can no longer say whether there ever was a
   * message (transactions and compaction leave such offsets).
   */
  unproven: OffsetRange[];
  /** Objects that hold the partition's offsets. */
  objects: number;
}

/** Objects that are read at the same time. */
const READ_AT_ONCE = 4;

/**
 * Compares the lake with what the group has committed: every offset must be there exactly once.
 * @throws {Failure} kind `service`, when the broker or the lake cannot be asked, or the topic does not
 * exist; kind `rejected`, when an object cannot be read
 */
export async function verify(options: VerifyOptions): Promise<PartitionVerdict[]> {
  const { broker, topic, group, deep, signal } = options;
  const offsets = await broker.topicOffsets(topic, { signal });
  if (offsets === null) {
    throw new Failure("service", `topic ${topic} does not exist in ${broker.description}`, {
      fix: "Check --topic and KAFKA_BOOTSTRAP_SERVERS.",
    });
  }
  // Before the lake, for what must be there; and after it, for what may be, while a sink goes on.
  const before = await broker.groupOffsets(group, topic, { signal });
  const objects = await listObjects(options);
  const after = await broker.groupOffsets(group, topic, { signal });
  const verdicts: PartitionVerdict[] = [];
  const tilings = new Map<PartitionVerdict, Tiling>();
  for (const { partition, low } of offsets) {
    const own = objects.get(partition) ?? [];
    const isOwn = (offset: CommittedOffset) => offset.partition === partition;
    const expected = {
      ...standing(before.find(isOwn), low),
      tolerated: standing(after.find(isOwn), low).written,
    };
    const tiling = checkTiling(own, expected);
    const { from, end } = expected;
    const { missing, duplicate, beyond, gaps } = tiling;
    const verdict: PartitionVerdict = {
      partition,
      from,
      committed: expected.committed,
      expected: end - from,
      found: end - from - countOffsets(missing),
      missing,
      duplicate,
      beyond,
      gaps,
      unproven: [],
      objects: own.length,
    };
    verdicts.push(verdict);
    tilings.set(verdict, tiling);
  }
  if (deep) await readRows(tilings, offsets, options);
  return verdicts;
}

/** Whether nothing is missing, nothing twice and nothing too much. */
export function isProved({ missing, duplicate, beyond }: PartitionVerdict): boolean {
  return missing.length + duplicate.length + beyond.length === 0;
}

/** How far a group is with a partition, by what it has committed. */
function standing(
  committed: CommittedOffset | undefined,
  low: number,
): { from: number; end: number; committed: number; written: number } {
  if (committed === undefined || committed.offset === null) {
    return { from: low, end: low, committed: low, written: low };
  }
  const { offset, metadata } = committed;
  const checkpoint = parseCheckpoint(metadata);
  // Between `since` and the committed offset there was no message.
  const end = checkpoint?.since ?? offset;
  return {
    from: checkpoint?.from ?? low,
    end,
    committed: offset,
    written: checkpoint?.intent?.end ?? end,
  };
}

async function listObjects(
  { store, table, topic, signal }: VerifyOptions,
): Promise<Map<number, TableObject[]>> {
  const objects = new Map<number, TableObject[]>();
  for await (const object of tableObjects(store, { table, topic, signal })) {
    const { partition } = object.parsed;
    const own = objects.get(partition);
    if (own === undefined) objects.set(partition, [object]);
    else own.push(object);
  }
  return objects;
}

/** Reads all objects, and corrects the verdicts by what stands in them. */
async function readRows(
  tilings: ReadonlyMap<PartitionVerdict, Tiling>,
  offsets: readonly PartitionOffsets[],
  options: VerifyOptions,
): Promise<void> {
  const all = [...tilings.values()].reduce(
    (sum, { flushes }) => sum + flushes.reduce((sum, { objects }) => sum + objects.length, 0),
    0,
  );
  let done = 0;
  for (const [verdict, tiling] of tilings) {
    const seen = new OffsetSet();
    let found = 0;
    const again = new Set<number>();
    const jobs = tiling.flushes.flatMap(({ objects, first, last }) =>
      objects.map((object) => async () => {
        for (const offset of await offsetsIn(object, verdict.partition, { first, last }, options)) {
          if (seen.add(offset)) found++;
          else again.add(offset);
        }
        options.onProgress?.(++done, all);
      })
    );
    await inParallel(jobs, READ_AT_ONCE);
    const { from, expected } = verdict;
    const holes: OffsetRange[] = [];
    for (let offset = from; offset < from + expected; offset++) {
      if (!seen.has(offset)) addOffset(holes, offset);
    }
    verdict.found = found;
    verdict.duplicate = [];
    for (const offset of [...again].sort((a, b) => a - b)) addOffset(verdict.duplicate, offset);
    const { low } = offsets.find(({ partition }) => partition === verdict.partition)!;
    Object.assign(verdict, await explainHoles(holes, tiling, low, verdict.partition, options));
  }
}

async function offsetsIn(
  object: NamedObject,
  partition: number,
  { first, last }: OffsetRange,
  { store, signal }: VerifyOptions,
): Promise<Iterable<number>> {
  // The record of a gap stands for its offsets.
  if (object.parsed.kind === "gap") return count(first, last);
  const { name } = object;
  const found = await objectOffsets(object, await store.get(name, { signal }));
  for (const other of found.partitions) {
    if (other === partition) continue;
    throw new Failure("rejected", `object ${name} holds rows of partition ${other}`);
  }
  const strange = found.offsets.find((offset) => offset < first || offset > last);
  if (strange === undefined) return found.offsets;
  throw new Failure("rejected", `object ${name} holds offset ${strange}, outside of its name`);
}

function* count(first: number, last: number): Generator<number> {
  for (let offset = first; offset <= last; offset++) yield offset;
}

/**
 * What it means that no row has an offset. Outside of all flushes it is missing. Inside of one there
 * may never have been a message: the topic says so where it still has the offset.
 */
async function explainHoles(
  holes: readonly OffsetRange[],
  { missing: untold }: Tiling,
  low: number,
  partition: number,
  { broker, topic, signal }: VerifyOptions,
): Promise<{ missing: OffsetRange[]; unproven: OffsetRange[] }> {
  const missing: OffsetRange[] = [];
  const unproven: OffsetRange[] = [];
  const isUntold = (offset: number) =>
    untold.some(({ first, last }) => offset >= first && offset <= last);
  for (const { first, last } of holes) {
    const messages = new OffsetSet();
    if (last >= low) {
      const messagesOf = broker.read(topic, partition, Math.max(first, low), last + 1, { signal });
      for await (const batch of messagesOf) {
        for (let i = 0; i < batch.count; i++) messages.add(batch.offset(i));
      }
    }
    for (let offset = first; offset <= last; offset++) {
      if (messages.has(offset) || isUntold(offset)) addOffset(missing, offset);
      else if (offset < low) addOffset(unproven, offset);
    }
  }
  return { missing, unproven };
}

async function inParallel(
  jobs: ReadonlyArray<() => Promise<void>>,
  atOnce: number,
): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < jobs.length) await jobs[next++]();
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
