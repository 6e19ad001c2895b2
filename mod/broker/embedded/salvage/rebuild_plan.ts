import { Failure } from "../../../failure/failure.ts";
import type { FoundBlock, FoundLog, Salvage } from "./salvage.ts";

/** Offsets that a table already has: they are never given to other messages. */
export interface TakenOffsets {
  topic: string;
  /** The log of these offsets, as the table names it. */
  cluster: string;
  topicId: string | null;
  /** The first offset that the table does not have, by partition. */
  ends: ReadonlyMap<number, number>;
}

/** A range of offsets, `end` not included. */
export interface Range {
  first: number;
  end: number;
}

/** What becomes of a partition. */
export interface PartitionRebuild extends Range {
  log: number;
  topic: string;
  partition: number;
  /** In the order of their offsets, none overlapping. */
  blocks: FoundBlock[];
  /** Messages that cannot be read. */
  lost: Range[];
}

/** What becomes of a log. */
export interface RebuildPlan {
  /** Ids of the topics, as far as they are known; the file's own under the empty name. */
  ids: ReadonlyMap<string, string>;
  /** Topics whose id is lost: they get a new one. Those of release 0.1.0 have none to lose. */
  renamed: string[];
  partitions: PartitionRebuild[];
}

/**
 * Decides what the repaired log has. A block's place is not covered by its checksum, so it must not contradict
 * the index, nor the blocks around it. A partition ends behind everything that is known of it, so that no
 * offset is given out twice: what is missing before that is lost.
 * @throws {Failure} kind `failed`, where there is nothing of a log, or it cannot be told whose messages are whose
 */
export function planRebuild(found: Salvage, taken: readonly TakenOffsets[]): RebuildPlan {
  if (found.logs.size === 0 && found.blocks.length === 0) {
    throw new Failure("failed", "no part of an embedded log was found in it", {
      fix:
        "It is another kind of file, or damaged beyond repair. Restore it from a backup, or move it away; the lake keeps its rows.",
    });
  }
  const byLog = Map.groupBy(found.blocks, ({ log }) => log);
  const logs = namedLogs(found, byLog);
  const indexed = new Map<number, number>();
  for (const { log, first } of found.index.values()) {
    indexed.set(log, Math.max(first + 1, indexed.get(log) ?? 0));
  }
  const ids = knownIds(found, taken);
  const partitions = [...logs].map(([log, known]) => {
    const { topic, partition } = known;
    const offsets = taken.filter((one) =>
      one.topic === topic && one.cluster === ids.get("") && one.topicId === ids.get(topic)
    ).map(({ ends }) => ends.get(partition) ?? 0);
    // The partition's own row is newer than any commit.
    const committed = found.commits.filter((one) =>
      known.high === undefined && one.topic === topic && one.partition === partition
    ).map(({ offset }) => offset);
    offsets.push(...committed, indexed.get(log) ?? 0);
    return rebuild(log, known, byLog.get(log) ?? [], found.index, offsets);
  });
  const order = (a: PartitionRebuild, b: PartitionRebuild) =>
    a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition;
  const isOfOldRelease = found.tables.has("log") && !found.tables.has("identity");
  const renamed = new Set(
    partitions.map(({ topic }) => topic).filter((topic) =>
      !isOfOldRelease && !(ids.has("") && ids.has(topic))
    ),
  );
  return { ids, renamed: [...renamed], partitions: partitions.sort(order) };
}

/** Ids that the file no longer says, from the table that has the topic's rows. */
function knownIds(found: Salvage, taken: readonly TakenOffsets[]): Map<string, string> {
  const ids = new Map(found.ids);
  const clusters = new Set(taken.map(({ cluster }) => cluster));
  if (!ids.has("") && clusters.size === 1) ids.set("", [...clusters][0]);
  const own = taken.filter(({ cluster }) => cluster === ids.get(""));
  for (const [topic, logs] of Map.groupBy(own, ({ topic }) => topic)) {
    const [log] = logs;
    if (logs.length === 1 && log.topicId !== null && !ids.has(topic)) ids.set(topic, log.topicId);
  }
  return ids;
}

/** The partitions, also those of which only blocks are left. */
function namedLogs(
  found: Salvage,
  byLog: ReadonlyMap<number, FoundBlock[]>,
): Map<number, FoundLog> {
  const logs = new Map(found.logs);
  const most = Math.max(...byLog.keys(), ...found.logs.keys());
  const unnamed = [...byLog.keys()].filter((log) => !logs.has(log));
  const topics = new Set([
    ...[...logs.values()].map(({ topic }) => topic),
    ...[...found.ids.keys()].filter((topic) => topic !== ""),
    ...found.partitions.keys(),
    ...found.commits.map(({ topic }) => topic),
  ]);
  if (unnamed.length === 0) return logs;
  if (topics.size !== 1) {
    throw new Failure(
      "failed",
      "its table of topics is lost, so it is unknown which topic the messages belong to",
      { fix: "Restore the file from a backup, or move it away; the lake keeps its rows." },
    );
  }
  // Partitions are numbered in the order in which they were made.
  const [topic] = topics;
  const partitions = Math.max(most, found.partitions.get(topic) ?? 0);
  for (let log = 1; log <= partitions; log++) {
    if (!logs.has(log)) logs.set(log, { topic, partition: log - 1 });
  }
  return logs;
}

function rebuild(
  log: number,
  { topic, partition, low, high }: FoundLog,
  candidates: readonly FoundBlock[],
  index: Salvage["index"],
  offsets: readonly number[],
): PartitionRebuild {
  const oldest = candidates.reduce(
    (least, block) => block.isFree ? least : Math.min(least, block.first),
    Math.max(0, high ?? 0, ...offsets),
  );
  const first = low ?? oldest;
  const blocks = placed(candidates, index, first, low !== undefined);
  const last = blocks.at(-1);
  const end = Math.max(
    first,
    high ?? 0,
    last === undefined ? 0 : last.first + last.count,
    ...offsets,
  );
  const lost: Range[] = [];
  let next = first;
  for (const block of blocks) {
    if (block.first > next) lost.push({ first: next, end: block.first });
    next = Math.max(next, block.first + block.count);
  }
  if (next < end) lost.push({ first: next, end });
  return { log, topic, partition, first, end, blocks, lost };
}

/** The blocks that are kept, in their order. @param withFree whether those in pages out of use may fill holes */
function placed(
  candidates: readonly FoundBlock[],
  index: Salvage["index"],
  low: number,
  withFree: boolean,
): FoundBlock[] {
  const rank = (block: FoundBlock) => {
    if (block.isFree) return withFree ? 1 : 0;
    const entry = index.get(block.rowid);
    if (entry === undefined) return 2;
    return entry.log === block.log && entry.first === block.first ? 3 : 0;
  };
  const ranked = candidates
    .map((block) => ({ block, rank: rank(block) }))
    .filter(({ block, rank }) => rank > 0 && block.first + block.count > low)
    .sort((a, b) => b.rank - a.rank || a.block.rowid - b.block.rowid);
  const kept: FoundBlock[] = [];
  for (const { block, rank } of ranked) {
    const at = indexBefore(kept, block.first);
    const before = kept[at - 1];
    const after = kept[at];
    if (before !== undefined && before.first + before.count > block.first) continue;
    if (after !== undefined && block.first + block.count > after.first) continue;
    // Rows are numbered in the order of the appends.
    const isInOrder = (before?.rowid ?? 0) < block.rowid &&
      block.rowid < (after?.rowid ?? Infinity);
    if (rank === 2 && !isInOrder) continue;
    kept.splice(at, 0, block);
  }
  return kept;
}

/** Number of blocks that begin before an offset. */
function indexBefore(blocks: readonly FoundBlock[], offset: number): number {
  let [from, to] = [0, blocks.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (blocks[middle].first < offset) from = middle + 1;
    else to = middle;
  }
  return from;
}
