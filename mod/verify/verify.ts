import { noSuchTopic } from "../broker/absent_topic.ts";
import type { Broker, CommittedOffset, PartitionOffsets } from "../broker/broker.ts";
import { Failure } from "../failure/failure.ts";
import { AbsentObject } from "../lake/absent_object.ts";
import type { LakeStore } from "../lake/store.ts";
import { currentObjects, supersededObjects } from "../lake/merged_objects.ts";
import { isSetBeyond } from "../sink/beyond_log_end.ts";
import { parseCheckpoint } from "../sink/intent.ts";
import { newestClaim } from "../table/hive/merge_claim.ts";
import type { RecordedLog } from "../table/hive/table_state.ts";
import { expectedOffsets, expectedSince } from "./expected_offsets.ts";
import { isBeginningRecorded, logsToVerify, recordedOf } from "./logs_to_verify.ts";
import { fillFromParts } from "./fill_from_parts.ts";
import { listSteadily } from "./list_steadily.ts";
import { inParallel } from "./in_parallel.ts";
import { ColumnTypes } from "./column_types.ts";
import { type NewestRow, type ObjectOffsets, objectOffsets } from "./object_offsets.ts";
import { addOffset, countOffsets, merged, type OffsetRange, without } from "./offset_range.ts";
import { OffsetSet } from "./offset_set.ts";
import { FurtherRows } from "./row_index.ts";
import { checkTiling, type NamedObject, type Tiling } from "./tiling.ts";

/** Options of {@linkcode verify}. */
export interface VerifyOptions {
  broker: Broker;
  store: LakeStore;
  topic: string;
  group: string;
  /** The lake's table. */
  table: string;
  /** Column with a row's place in its message's array, where messages are several rows. */
  indexColumn?: string;
  /** Read the rows, not only the names. */
  deep: boolean;
  /** First offset to verify, by partition: earlier ones, and former logs, are left out. @default {all} */
  since?: ReadonlyMap<number, number>;
  signal: AbortSignal;
  /** Called with the partitions that have no leader: they are not compared. */
  leaderless?(partitions: number[]): void;
  /** Told how many of the objects have been read. */
  onProgress?(done: number, all: number): void;
}

/** An object that cannot be read, or holds something else, with the offsets of its name. */
export interface UnreadableObject extends OffsetRange {
  object: string;
  /** What is wrong with it. */
  reason: string;
  /** Whether it is not in the lake any more. @default {false} */
  isGone?: boolean;
  /** Offsets of its range that no other object holds, and that may be messages. @default {not known} */
  holes?: OffsetRange[];
}

/** What was found of one partition. */
export interface PartitionVerdict {
  partition: number;
  /** Key of the log in its objects' names; empty for one that release 0.1.0 has begun. */
  log: string;
  /** Whether it is the topic's current log. */
  isCurrent: boolean;
  /** First offset that the table must have. */
  from: number;
  /** Offsets that the topic still has before `from`: the table was begun after them, on record. */
  before: OffsetRange[];
  /**
   * The same, but nothing records that this was meant: the table is of release 0.1.0 and not upgraded. There
   * `--from latest` and a reset cannot be told from messages that 0.1.0 skipped.
   */
  unrecorded: OffsetRange[];
  /** First offset that the group has not committed. */
  committed: number;
  /** Offsets that must be in the lake. */
  expected: number;
  /** Offsets that are, each counted once. */
  found: number;
  missing: OffsetRange[];
  /**
   * Offsets that the group has committed of an Iceberg table that ends before them: it was restored, or made
   * again. The topic has them: the next consume writes them.
   */
  unwritten: OffsetRange[];
  /** The same of offsets that the topic no longer has. */
  lost: OffsetRange[];
  duplicate: OffsetRange[];
  /** Offsets in objects behind what is committed: of another group, or of a topic of the same name. */
  beyond: OffsetRange[];
  /**
   * Offsets in the lake that are not the log's: behind its end, or (deep) of other messages. The topic was
   * recreated or is in another cluster, or the broker has lost what it had.
   */
  foreign: OffsetRange[];
  /**
   * Offsets that the group is set beyond the log's end: the offset is wrong, or the broker has lost what it
   * had. `consume` refuses to start, and nothing is expected of such an offset.
   */
  ahead: OffsetRange[];
  /** Offsets recorded as gaps: removed by retention before they were read, skipped, or unreadable. */
  gaps: OffsetRange[];
  /**
   * Deep: offsets that no row has, and of which the topic can no longer say whether there ever was a
   * message (transactions and compaction leave such offsets).
   */
  unproven: OffsetRange[];
  /**
   * Offsets of an Iceberg table's rows that another program has deleted, as far as its delete files, the
   * files of former snapshots, or the number of rows that were deleted tell. They are neither missing nor unproven.
   */
  deleted: OffsetRange[];
  /**
   * Whether the missing rows may have been deleted by another program, in snapshots of an Iceberg table that
   * have expired. @default {false}
   */
  mayBeDeleted?: boolean;
  /**
   * Offsets in objects that release 0.1.0 has written into a table that a later release had begun: names
   * without a log's key, and no record of such a log. Mostly they are rows of the current log once more.
   * @default {none}
   */
  unclaimed?: OffsetRange[];
  /** Deep: objects that cannot be read; their offsets are not among the missing ones. */
  unreadable: UnreadableObject[];
  /** Objects that hold the partition's offsets. */
  objects: number;
}

/** Retries after objects were merged during a verification. */
const MOST_AGAIN = 5;

/** Objects that are read at the same time. */
const READ_AT_ONCE = 4;

/** What {@linkcode verify} has found. */
export interface TableVerdict {
  partitions: PartitionVerdict[];
  /** Forms of the objects with rows where there is more than one: no engine can read all of them. */
  forms: string[];
  /** Deep: columns that Parquet objects have with different types, each as a sentence. */
  types: string[];
  /** Objects that were merged into others of their folder and are still there: engines count their rows twice. */
  superseded: string[];
  /** Whether a merge is under way, or was cut off: then there may be such objects. */
  isMerging: boolean;
}

/**
 * Compares the lake with the topic's log, and with what the group has committed: every offset from where
 * the table begins must be there exactly once. Of former logs of the topic's name, by the table's record.
 * @throws {Failure} kind `service`, when the broker or the lake cannot be asked, or the topic does not
 * exist
 */
export async function verify(options: VerifyOptions): Promise<TableVerdict> {
  const { store, table, signal } = options;
  for (let again = 0;; again++) {
    const { number } = await newestClaim(store, table, { signal });
    try {
      return await verifyOnce(options);
    } catch (error) {
      // A merge may have removed it.
      const claim = error instanceof AbsentObject
        ? await newestClaim(store, table, { signal })
        : undefined;
      const isMerged = claim !== undefined && (claim.number !== number || claim.merge !== null);
      if (!isMerged || again === MOST_AGAIN) throw error;
    }
  }
}

async function verifyOnce(options: VerifyOptions): Promise<TableVerdict> {
  const { broker, topic, deep, signal } = options;
  const offsets = await broker.topicOffsets(topic, { signal, leaderless: options.leaderless });
  if (offsets === null) {
    throw await noSuchTopic(broker, topic, { signal });
  }
  // Before the lake, for what must be there; and after it, for what may be, while a sink continues.
  const recordedBefore = await recordedOf(options);
  const group = writerOf(recordedBefore.logs, options.group);
  const before = await broker.groupOffsets(group, topic, { signal });
  const listed = await listSteadily(options);
  const objects = currentObjects(listed.objects);
  const after = await broker.groupOffsets(group, topic, { signal });
  const recordedAfter = await recordedOf(options);
  const partitions: PartitionVerdict[] = [];
  const types = new ColumnTypes();
  const logs = await logsToVerify(objects, recordedBefore, options);
  const former = new Set<string | undefined>(
    logs.flatMap(({ key, isCurrent }) => isCurrent ? [] : [key]),
  );
  for (const log of logs) {
    if (options.since !== undefined && !log.isCurrent && !log.isUnclaimed) continue;
    const later = recordedAfter.logs.find(({ key }) => key === log.key);
    const numbers = new Set([
      ...log.isCurrent ? offsets.map(({ partition }) => partition) : [],
      ...log.recorded?.positions.keys() ?? [],
      ...log.objects.map(({ parsed }) => parsed.partition),
    ]);
    const tilings = new Map<PartitionVerdict, Tiling>();
    for (const partition of [...numbers].sort((a, b) => a - b)) {
      const own = log.objects.filter(({ parsed }) => parsed.partition === partition);
      const { low, high } = log.isCurrent
        ? offsets.find((one) => one.partition === partition) ?? { low: 0, high: 0 }
        : { low: 0, high: Infinity };
      const committedOf = (all: typeof before) =>
        log.isCurrent ? all.find((one) => one.partition === partition) : undefined;
      const committed = (all: typeof before) => {
        const group = committedOf(all);
        if (group === undefined || groupAhead(group, high).length > 0) return undefined;
        // The group has committed nothing since the topic was recreated.
        return former.has(parseCheckpoint(group.metadata)?.log) ? undefined : group;
      };
      const whole = expectedOffsets(
        own,
        low,
        { committed: committed(before), position: log.recorded?.positions.get(partition) },
        { committed: committed(after), position: later?.positions.get(partition) },
      );
      const expected = expectedSince(whole, own, options.since?.get(partition));
      const tiling = checkTiling(own, expected);
      const { from, end } = expected;
      const { missing, duplicate, beyond, gaps } = tiling;
      const earlier = log.isCurrent ? offsetsBefore(whole.from, low, options) : [];
      const isRecorded = isBeginningRecorded(log, committed(before));
      const verdict: PartitionVerdict = {
        partition,
        log: log.key,
        isCurrent: log.isCurrent,
        from,
        before: isRecorded ? earlier : [],
        unrecorded: isRecorded ? [] : earlier,
        committed: committedOf(before)?.offset ?? expected.committed,
        expected: end - from,
        found: end - from - countOffsets(missing),
        missing,
        unwritten: [],
        lost: [],
        duplicate,
        beyond,
        foreign: end > high
          ? without([{ first: Math.max(from, high), last: end - 1 }], missing)
          : [],
        ahead: groupAhead(committedOf(before), high),
        gaps,
        unproven: [],
        deleted: [],
        unreadable: [],
        objects: own.length,
        ...log.isUnclaimed && { missing: [], unclaimed: rangesOf(own) },
      };
      partitions.push(verdict);
      // Whose rows they are is not known, so nothing says which ones there should be.
      if (!log.isUnclaimed) tilings.set(verdict, tiling);
    }
    if (!deep) continue;
    await readRows(tilings, offsets, types, options);
    for (const verdict of tilings.keys()) await fillFromParts(verdict, listed.objects, options);
  }
  const superseded = [...supersededObjects(listed.objects).keys()];
  return {
    ...{ partitions, forms: formsOf(objects), types: types.several },
    ...{ superseded, isMerging: listed.isMerging },
  };
}

/** See {@linkcode PartitionVerdict.ahead}. @param high where the log ends */
export function groupAhead(committed: CommittedOffset | undefined, high: number): OffsetRange[] {
  return isSetBeyond(committed, high) ? [{ first: high, last: committed!.offset! - 1 }] : [];
}

/** See {@linkcode PartitionVerdict.before}. @param low first offset of the topic's partition */
export function offsetsBefore(
  from: number,
  low: number,
  { since }: Pick<VerifyOptions, "since">,
): OffsetRange[] {
  return since === undefined && low < from ? [{ first: low, last: from - 1 }] : [];
}

/** Whether nothing is missing, nothing twice, nothing too much, and all of one form. */
export function isProved(verdict: TableVerdict): boolean {
  const { partitions, forms, types, superseded, isMerging } = verdict;
  const isClean = superseded.length === 0 || isMerging;
  const isOneForm = forms.length === 0 && types.length === 0;
  return isOneForm && isClean && partitions.every(isTiled);
}

/** Whether nothing of a partition is missing, nothing twice, nothing too much, and its beginning is on record. */
export function isTiled(verdict: PartitionVerdict): boolean {
  const { missing, unwritten, lost, duplicate, beyond, foreign, ahead } = verdict;
  const { unreadable, unrecorded, unclaimed = [] } = verdict;
  const found = [missing, unwritten, lost, duplicate, beyond, foreign, ahead];
  return [...found, unreadable, unrecorded, unclaimed].every(({ length }) => length === 0);
}

/** The offsets that the objects' names say, in ascending order. */
function rangesOf(objects: readonly NamedObject[]): OffsetRange[] {
  const ranges = objects.map(({ parsed: { first, last } }) => ({ first, last }));
  return merged(ranges.sort((a, b) => a.first - b.first));
}

/** The group that writes the table, if it is recorded; otherwise the given one. */
function writerOf(recorded: readonly RecordedLog[], group: string): string {
  const groups = recorded.flatMap((log) => log.groups);
  return groups.length === 0 || groups.includes(group) ? group : groups[0];
}

function formsOf(objects: readonly NamedObject[]): string[] {
  const forms = new Set<string>();
  for (const { parsed: { kind, extension, partitions } } of objects) {
    if (kind !== "rows") continue;
    const columns = partitions.map(([column]) => column).join() || "none";
    forms.add(`${extension} by ${columns}`);
  }
  return forms.size > 1 ? [...forms] : [];
}

/** What is known of an object's rows. */
type RowsRead =
  & Pick<ObjectOffsets, "timestampMs" | "newest" | "indexes" | "types">
  & { offsets: Iterable<number> };

/** Reads all objects, and corrects the verdicts by their content. */
async function readRows(
  tilings: ReadonlyMap<PartitionVerdict, Tiling>,
  offsets: readonly PartitionOffsets[],
  columnTypes: ColumnTypes,
  options: VerifyOptions,
): Promise<void> {
  const all = [...tilings.values()].reduce(
    (sum, { flushes }) => sum + flushes.reduce((sum, { objects }) => sum + objects.length, 0),
    0,
  );
  let done = 0;
  for (const [verdict, tiling] of tilings) {
    const seen = new OffsetSet();
    const further = new FurtherRows();
    let found = 0;
    const again = new Set<number>();
    const letters = new Set<number>();
    const replayed = new Set<number>();
    const samples = verdict.isCurrent ? new Set(samplesOf(rowsObjects(tiling))) : new Set();
    let newestRow: (NewestRow & OffsetRange) | undefined;
    const jobs = tiling.flushes.flatMap(({ objects, first, last }) =>
      objects.map((object) => async () => {
        const read = offsetsIn(object, verdict.partition, { first, last }, options);
        const { offsets, timestampMs, newest, indexes, types } = await read.catch(
          (error): RowsRead => {
            verdict.unreadable.push({ ...unreadableObject(object.name, error), first, last });
            return { offsets: [] };
          },
        );
        if (types !== undefined) columnTypes.add(types);
        const own = newest?.get(verdict.partition);
        if (own !== undefined && own.offset >= (newestRow?.offset ?? -1)) {
          newestRow = { ...own, first, last };
        }
        let row = 0;
        for (const offset of offsets) {
          const index = indexes?.[row++] ?? 0;
          if (index > 0) further.add(offset, index);
          else if (seen.add(offset)) found++;
          else again.add(offset);
          if (object.parsed.kind === "dead-letters") letters.add(offset);
          if (object.parsed.replay !== undefined) replayed.add(offset);
        }
        if (timestampMs !== undefined && samples.has(object)) {
          const [offset] = offsets;
          const sample = { partition: verdict.partition, offset, timestampMs };
          if (await isOtherMessage(sample, options)) verdict.foreign.push({ first, last });
        }
        options.onProgress?.(++done, all);
      })
    );
    await inParallel(jobs, READ_AT_ONCE);
    if (verdict.isCurrent) await compareNewest(newestRow, verdict, options);
    const { from, expected } = verdict;
    const holes: OffsetRange[] = [];
    const torn = [...further.torn(seen)].filter((offset) => seen.has(offset)).sort((a, b) => a - b);
    for (let offset = from; offset < from + expected; offset++) {
      if (!seen.has(offset)) addOffset(holes, offset);
    }
    verdict.found = found - torn.length;
    for (const offset of further.again) again.add(offset);
    // A replay that was interrupted has written the row, and its dead letter is still there: the row counts.
    for (const offset of replayed) if (letters.has(offset)) again.delete(offset);
    verdict.duplicate = [];
    for (const offset of [...again].sort((a, b) => a - b)) addOffset(verdict.duplicate, offset);
    // Of a former log no message can be asked for.
    const { low } = verdict.isCurrent
      ? offsets.find(({ partition }) => partition === verdict.partition) ?? { low: Infinity }
      : { low: Infinity };
    verdict.unreadable.sort((a, b) => a.first - b.first);
    const explained = await explainHoles(holes, tiling, low, verdict.partition, options);
    for (const object of verdict.unreadable) {
      const range = { first: object.first, last: object.last };
      const open = [...explained.missing, ...explained.unproven];
      object.holes = without([range], without([range], open));
    }
    verdict.unproven = without(explained.unproven, verdict.unreadable);
    const tornRanges: OffsetRange[] = [];
    for (const offset of torn) addOffset(tornRanges, offset);
    verdict.missing = [
      ...without(explained.missing, verdict.unreadable),
      ...without(tornRanges, verdict.unreadable),
    ].sort((a, b) => a.first - b.first);
  }
}

/**
 * What is wrong with an object that was read.
 * @throws the error, unless it is about the object's content
 */
export function unreadableObject(
  object: string,
  error: unknown,
): Pick<UnreadableObject, "object" | "reason"> {
  if (error instanceof Failure && error.kind === "rejected") {
    return { object, reason: error.message };
  }
  throw error;
}

async function offsetsIn(
  object: NamedObject,
  partition: number,
  { first, last }: OffsetRange,
  { store, signal, indexColumn }: VerifyOptions,
): Promise<RowsRead> {
  // The record of a gap stands for its offsets.
  if (object.parsed.kind === "gap") return { offsets: count(first, last) };
  const { name } = object;
  const found = await objectOffsets(object, await store.get(name, { signal }), indexColumn);
  for (const other of found.partitions) {
    if (other === partition) continue;
    throw new Failure("rejected", `object ${name} has rows of partition ${other}`);
  }
  const strange = found.offsets.find((offset) => offset < first || offset > last);
  if (strange === undefined) return found;
  throw new Failure(
    "rejected",
    `object ${name} has offset ${strange}, outside the range in its name`,
  );
}

/**
 * A log that was truncated and continued differs from some offset on, so also at the newest row.
 * @param row the newest, with the range of its flush
 */
async function compareNewest(
  row: (NewestRow & OffsetRange) | undefined,
  { partition, foreign }: PartitionVerdict,
  options: VerifyOptions,
): Promise<void> {
  if (row === undefined) return;
  const { offset, timestampMs, first, last } = row;
  if (foreign.some((range) => range.first === first)) return;
  if (await isOtherMessage({ partition, offset, timestampMs }, options)) {
    foreign.push({ first, last });
  }
}

/** Objects of a partition whose first row is compared with the topic's message. */
const SAMPLES = 32;

/** Some of a partition's objects, evenly spread. */
export function samplesOf<T>(objects: readonly T[]): T[] {
  const step = Math.max(1, Math.floor(objects.length / SAMPLES));
  return objects.filter((_, i) => i % step === 0);
}

function rowsObjects({ flushes }: Tiling): NamedObject[] {
  return flushes.flatMap(({ objects }) => objects.filter(({ parsed }) => parsed.kind === "rows"));
}

/** Whether the topic has another message at a row's offset, by its timestamp; not, where it has none. */
export async function isOtherMessage(
  { partition, offset, timestampMs }: { partition: number; offset: number; timestampMs: number },
  { broker, topic, signal }: VerifyOptions,
): Promise<boolean> {
  // Other programs may write rows without one.
  if (Number.isNaN(timestampMs)) return false;
  for await (const batch of broker.read(topic, partition, offset, offset + 1, { signal })) {
    for (let i = 0; i < batch.count; i++) {
      if (batch.offset(i) === offset) return batch.timestamp(i) !== timestampMs;
    }
  }
  return false;
}

function* count(first: number, last: number): Generator<number> {
  for (let offset = first; offset <= last; offset++) yield offset;
}

/** Offsets between two holes that are read with them. */
const READ_THROUGH = 10_000;

/**
 * Explains offsets without a row. Outside of all flushes an offset is missing. Inside of one there
 * may never have been a message: the topic says so where it still has the offset.
 */
export async function explainHoles(
  holes: readonly OffsetRange[],
  { missing: untold }: Pick<Tiling, "missing">,
  low: number,
  partition: number,
  { broker, topic, signal }: Pick<VerifyOptions, "broker" | "topic" | "signal">,
): Promise<{ missing: OffsetRange[]; unproven: OffsetRange[] }> {
  const messages = new OffsetSet();
  // A request for each of many small holes would take hours.
  for (const { first, last } of merged(holes, READ_THROUGH)) {
    if (last < low) continue;
    const messagesOf = broker.read(topic, partition, Math.max(first, low), last + 1, { signal });
    for await (const batch of messagesOf) {
      for (let i = 0; i < batch.count; i++) messages.add(batch.offset(i));
    }
  }
  const missing: OffsetRange[] = [];
  const unproven: OffsetRange[] = [];
  const told = without(holes, untold);
  for (const { first, last } of told) {
    for (let offset = first; offset <= last; offset++) {
      if (messages.has(offset)) addOffset(missing, offset);
      else if (offset < low) addOffset(unproven, offset);
    }
  }
  const outside = without(holes, told);
  return { missing: merged([...missing, ...outside]), unproven };
}
