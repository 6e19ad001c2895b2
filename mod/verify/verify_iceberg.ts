import { noSuchTopic } from "../broker/absent_topic.ts";
import type { PartitionOffsets } from "../broker/broker.ts";
import { Failure } from "../failure/failure.ts";
import { AbsentObject } from "../lake/absent_object.ts";
import { type TableObject, tableObjects } from "../lake/table_objects.ts";
import { requireNoHive } from "../table/hive/hive_in_place.ts";
import { absentTable, type LoadedTable, type TableCatalog } from "../table/iceberg/catalog.ts";
import { deletionsOf } from "../table/iceberg/deletions.ts";
import { logOfName, parseDataFile } from "../table/iceberg/file_origin.ts";
import { liveEntries, type LiveEntry } from "../table/iceberg/live_entries.ts";
import { logId, logsOf, positionsOf, replayProperty } from "../table/iceberg/position.ts";
import { isReplayed, type ReplayedRanges, replayRecords } from "../table/iceberg/replay_record.ts";
import { RowDeletes } from "../table/iceberg/row_deletes.ts";
import type { TableFiles } from "../table/iceberg/table_files.ts";
import { requireOurRows } from "../table/iceberg/whose_table.ts";
import { logKey } from "../table/log_key.ts";
import type { TablePosition } from "../table/table.ts";
import { attributeHoles } from "./attribute_holes.ts";
import { rowsDeletedBefore } from "./deleted_rows.ts";
import { groupBeyondTable } from "./group_beyond_table.ts";
import { inParallel } from "./in_parallel.ts";
import { objectOffsets } from "./object_offsets.ts";
import { ForeignRows } from "./foreign_rows.ts";
import { addOffset, countOffsets, type OffsetRange, without } from "./offset_range.ts";
import { OffsetSet } from "./offset_set.ts";
import { PerPartition } from "./per_partition.ts";
import { FurtherRows } from "./row_index.ts";
import { sinceVerdict } from "./since_verdict.ts";
import { checkTiling, type NamedObject, type Tiling } from "./tiling.ts";
import {
  explainHoles,
  groupAhead,
  offsetsBefore,
  type PartitionVerdict,
  type UnreadableObject,
  unreadableObject,
  type VerifyOptions,
} from "./verify.ts";

/** Options of {@linkcode verifyIceberg}. */
export interface VerifyIcebergOptions extends VerifyOptions {
  catalog: TableCatalog;
  files: TableFiles;
}

/** Files that are read at the same time. */
const READ_AT_ONCE = 4;

/** All that the current snapshot and the folders beside it hold. */
interface Content {
  base: LoadedTable;
  live: LiveEntry[];
  /** What is deleted of the files by delete files; absent if there are none. */
  deletes?: RowDeletes;
  /** Dead letters and gaps, of all logs. */
  beside: TableObject[];
  /** Offsets that are rows already, by the object of dead letters in which they still are. */
  replayed: ReadonlyMap<string, ReplayedRanges>;
}

/**
 * Compares an Iceberg table with its own positions, and these with what the group has committed of it: every
 * offset of `[from, end)` must be there exactly once, as a row, a dead letter or a gap. By the files' names where all are ours; by reading the rows with
 * `deep`, and wherever another program has rewritten files or deleted rows.
 * @throws {Failure} kind `service`, when the broker, the catalog or the lake cannot be asked
 */
export async function verifyIceberg(options: VerifyIcebergOptions): Promise<PartitionVerdict[]> {
  const { broker, store, topic, catalog, table, signal } = options;
  const identity = await broker.log(topic, { signal });
  if (identity === null) {
    throw await noSuchTopic(broker, topic, { signal });
  }
  const key = await logKey({ topic, ...identity });
  // Before the table's position, which must not be behind it.
  const committed = await broker.groupOffsets(options.group, topic, { signal });
  const base = await catalog.load();
  if (base === undefined) {
    await requireNoHive(store, table, { signal });
    throw absentTable(catalog, table);
  }
  requireOurRows(base, { catalog, table });
  const { entries: live, hasDeleteFiles } = await liveEntries(base, options.files);
  const content = {
    base,
    live,
    deletes: hasDeleteFiles ? await RowDeletes.open(base, options.files, { signal }) : undefined,
    beside: await beside(options),
    replayed: await replayedLetters(base, options),
  };
  const id = logId(key, topic);
  // After the table's position, which must not be ahead of it.
  const { leaderless } = options;
  const offsets = await broker.topicOffsets(topic, { signal, leaderless }) ?? [];
  const areOurs = content.live.every(({ origin }) => origin?.range !== undefined);
  const deletions = deletionsOf(base.metadata);
  const isDeleted = deletions.rows > 0 || !deletions.isExact;
  const named = options.deep || !areOurs || hasDeleteFiles ? undefined : byNames(content, id);
  // Another program may have deleted all rows of some files.
  const isTold = named !== undefined &&
    !(isDeleted && named.some(({ missing }) => missing.length > 0));
  const verdicts = isTold
    ? named
    : attributeHoles(await byRows(content, id, offsets, options), deletions);
  for (const verdict of verdicts) if (verdict.isCurrent) compareEnds(verdict, offsets, options);
  for (const one of committed) {
    const { partition } = one;
    const high = offsets.find((there) => there.partition === partition)?.high ?? Infinity;
    const ahead = groupAhead(one, high);
    if (ahead.length > 0) currentVerdict(verdicts, partition, 0, id).ahead = ahead;
  }
  const { since } = options;
  const objects = namedObjects(content, id);
  const asked = since === undefined
    ? verdicts
    : verdicts.filter(({ isCurrent }) => isCurrent).map((verdict) => {
      const { partition } = verdict;
      const own = objects.filter(({ parsed }) => parsed.partition === partition);
      return sinceVerdict(verdict, own, since.get(partition) ?? 0);
    });
  const group = { metadata: base.metadata, id, key, committed, offsets };
  for (const { partition, from, ...ranges } of groupBeyondTable(group, options)) {
    const verdict = currentVerdict(asked, partition, from, id);
    Object.assign(verdict, ranges);
    verdict.expected += countOffsets([...ranges.unwritten, ...ranges.lost]);
  }
  return asked;
}

async function beside({ store, table, signal }: VerifyIcebergOptions): Promise<TableObject[]> {
  const kinds = ["dead-letters", "gap"] as const;
  return await Array.fromAsync(tableObjects(store, { table, kinds, signal }));
}

/** Dead letters that an interrupted or running replay has already written as rows. */
async function replayedLetters(
  { metadata }: LoadedTable,
  { store, table, signal }: VerifyIcebergOptions,
): Promise<ReadonlyMap<string, ReplayedRanges>> {
  const records = await replayRecords(store, table, { signal });
  return new Map(
    records.filter(({ id, log }) => metadata.properties?.[replayProperty(log)] === id)
      .flatMap(({ objects }) => objects.map(({ name, rows }) => [name, rows] as const)),
  );
}

/** The objects of a log whose names say their offsets. */
function namedObjects({ base, live, beside }: Content, id: string): NamedObject[] {
  return [
    ...live.filter(({ origin }) => origin?.log === id && origin.range !== undefined)
      .map(({ name }) => ({ name, parsed: parseDataFile(name)! })),
    ...beside.filter(({ parsed }) => logOfName(base.metadata, parsed) === id),
  ];
}

/** How the names of a partition's objects tile its range. */
function tilingOf(
  objects: readonly NamedObject[],
  partition: number,
  { from, end }: TablePosition,
): Tiling {
  const own = objects.filter(({ parsed }) =>
    // Dead letters of a range that is being committed lie there already.
    parsed.partition === partition && (parsed.kind === "rows" || parsed.first < end)
  );
  return checkTiling(own, { from, end, tolerated: end });
}

function byNames(content: Content, id: string): PartitionVerdict[] {
  const objects = namedObjects(content, id);
  const positions = positionsOf(content.base.metadata, id);
  return [...positions].sort(([a], [b]) => a - b).map(([partition, position]) => {
    const { from, end } = position;
    const { missing, duplicate, beyond, gaps } = tilingOf(objects, partition, position);
    return {
      ...emptyVerdict(partition, position, id),
      found: end - from - countOffsets(missing),
      missing,
      duplicate,
      beyond,
      gaps,
      objects: objects.filter(({ parsed }) => parsed.partition === partition).length,
    };
  });
}

/** Where the topic begins and ends, beside the table. */
function compareEnds(
  verdict: PartitionVerdict,
  offsets: readonly PartitionOffsets[],
  options: VerifyOptions,
): void {
  const { from, partition, committed: end } = verdict;
  const there = offsets.find((one) => one.partition === partition);
  // Without a leader it was not asked.
  if (there === undefined) return;
  const { low, high } = there;
  verdict.before = offsetsBefore(from, low, options);
  if (end <= high) return;
  verdict.foreign.push(
    ...without([{ first: Math.max(from, high), last: end - 1 }], verdict.missing),
  );
}

/** The verdict of a partition of the current log; one without offsets is added where the table has nothing of it. */
function currentVerdict(
  verdicts: PartitionVerdict[],
  partition: number,
  from: number,
  id: string,
): PartitionVerdict {
  const known = verdicts.find((one) => one.isCurrent && one.partition === partition);
  if (known !== undefined) return known;
  const added = emptyVerdict(partition, { from, end: from }, id);
  verdicts.push(added);
  return added;
}

function emptyVerdict(
  partition: number,
  { from, end }: TablePosition,
  log: string,
): PartitionVerdict {
  return {
    partition,
    log,
    isCurrent: true,
    from,
    before: [],
    unrecorded: [],
    committed: end,
    expected: end - from,
    found: 0,
    missing: [],
    unwritten: [],
    lost: [],
    duplicate: [],
    beyond: [],
    foreign: [],
    ahead: [],
    gaps: [],
    unproven: [],
    deleted: [],
    unreadable: [],
    objects: 0,
  };
}

/** Offsets of one piece of {@linkcode Counts}. */
const PIECE = 65_536;

/** Offsets of one piece of the set of those deleted. */
const DELETED_PIECE = 4096;

/** How often each offset of a partition was seen. */
class Counts {
  readonly #pieces = new Map<number, Uint8Array>();
  /** Rows behind the first ones of their messages, all logs together. */
  readonly further = new FurtherRows();
  /** Offsets with a row that another program has deleted. */
  readonly deleted = new OffsetSet(DELETED_PIECE);
  min = Infinity;
  max = -1;

  add(offset: number): void {
    const number = Math.floor(offset / PIECE);
    let piece = this.#pieces.get(number);
    if (piece === undefined) this.#pieces.set(number, piece = new Uint8Array(PIECE));
    if (piece[offset % PIECE] < 255) piece[offset % PIECE]++;
    this.min = Math.min(this.min, offset);
    this.max = Math.max(this.max, offset);
  }

  has(offset: number): boolean {
    return this.of(offset) > 0;
  }

  of(offset: number): number {
    return this.#pieces.get(Math.floor(offset / PIECE))?.[offset % PIECE] ?? 0;
  }
}

/** Offsets that were seen. */
type Seen = PerPartition<Counts>;

/** All logs of a table, where rows do not say to which they belong. */
const ANY_LOG = "";

/**
 * By the rows themselves. They do not say which log they are of, their files' names do. Where another program
 * has written files of a table of several logs, the logs are taken together: of offsets that several have,
 * there must be as many rows.
 */
async function byRows(
  content: Content,
  current: string,
  offsets: readonly PartitionOffsets[],
  options: VerifyIcebergOptions,
): Promise<PartitionVerdict[]> {
  const { base: { metadata }, live } = content;
  const ids = [...new Set([...logsOf(metadata).keys(), current])];
  const isTold = ids.length === 1 || live.every(({ origin }) => origin !== undefined);
  const groups = isTold ? ids.map((id) => ({ id, logs: [id] })) : [{ id: current, logs: ids }];
  const groupOf = (log: string | undefined) =>
    isTold && ids.length > 1 ? log ?? ANY_LOG : groups[0].id;
  const unreadable: UnreadableObject[] = [];
  const ownFiles = live.filter(({ origin }) => isTold && groupOf(origin?.log) === current);
  const foreign = new ForeignRows(options.deep ? ownFiles : [], options);
  const seen = await countRows(content, groupOf, unreadable, foreign, options);
  const history = new DeletedBefore(content.base, groupOf, options);
  const verdicts: PartitionVerdict[] = [];
  for (const { id, logs } of groups) {
    const own = live.filter(({ origin }) => groupOf(origin?.log) === id);
    const damaged = unreadable.filter(({ object }) => own.some(({ name }) => name === object));
    const letters = unreadable.filter(({ object }) => {
      const found = content.beside.find(({ name }) => name === object);
      return found !== undefined && groupOf(logOfName(metadata, found.parsed)) === id;
    });
    const group = { id, logs, live: own, unreadable: [...damaged, ...letters] };
    verdicts.push(
      ...await groupVerdicts(
        group,
        seen,
        { ...content, history, foreign },
        current,
        offsets,
        options,
      ),
    );
  }
  return verdicts;
}

/** Logs that are verified together. */
interface Group {
  id: string;
  logs: readonly string[];
  live: readonly LiveEntry[];
  unreadable: readonly UnreadableObject[];
}

async function groupVerdicts(
  { id, logs, live, unreadable }: Group,
  seen: Seen,
  content: Content & { history: DeletedBefore; foreign: ForeignRows },
  current: string,
  topicOffsets: readonly PartitionOffsets[],
  options: VerifyIcebergOptions,
): Promise<PartitionVerdict[]> {
  const { base: { metadata }, beside } = content;
  const all = logs.map((log) => positionsOf(metadata, log));
  const partitions = new Set(all.flatMap((positions) => [...positions.keys()]));
  const isCurrent = id === current;
  const objects = namedObjects(content, id);
  const areNamed = logs.length === 1 && live.every(({ origin }) => origin?.range !== undefined);
  const verdicts: PartitionVerdict[] = [];
  for (const partition of [...partitions].sort((a, b) => a - b)) {
    const ranges = all.flatMap((positions) => positions.get(partition) ?? []);
    const from = Math.min(...ranges.map((range) => range.from));
    const end = Math.max(...ranges.map((range) => range.end));
    const verdict = { ...emptyVerdict(partition, { from, end }, id), isCurrent };
    verdict.expected = ranges.reduce((sum, range) => sum + range.end - range.from, 0);
    // Files without a range in their names hold rows of all partitions: they are counted once.
    const isFirst = verdicts.length === 0;
    const isOfPartition = (name: string) =>
      (parseDataFile(name)?.partition ?? (isFirst ? partition : -1)) === partition;
    verdict.objects = live.filter(({ name }) => isOfPartition(name)).length;
    const counts = seen.of(id, partition);
    const holes: OffsetRange[] = [];
    const torn = counts.further.torn(counts);
    const last = Math.max(end - 1, counts.max);
    for (let offset = Math.min(from, counts.min); offset <= last; offset++) {
      const wanted = ranges.filter((range) => offset >= range.from && offset < range.end).length;
      const isTorn = torn.has(offset);
      const found = counts.of(offset) - (isTorn ? 1 : 0);
      verdict.found += Math.min(found, wanted);
      if (found < wanted) addOffset(holes, offset);
      // Logs with the same offsets have each such rows.
      else if (found === wanted && wanted === 1 && counts.further.again.has(offset)) {
        addOffset(verdict.duplicate, offset);
      } else if (found > wanted) {
        addOffset(
          wanted === 0 ? verdict.beyond : verdict.duplicate,
          offset,
        );
      }
    }
    const low = isCurrent
      ? topicOffsets.find((one) => one.partition === partition)?.low ?? Infinity
      : Infinity;
    // What no file's name covers is missing, whatever the topic still has.
    const untold = areNamed ? tilingOf(objects, partition, { from, end }).missing : [];
    const told = { missing: untold };
    const { deleted, rest } = await content.history.of(holes, id, partition, counts);
    verdict.deleted = deleted;
    const { missing, unproven } = await explainHoles(rest, told, low, partition, options);
    verdict.unreadable = unreadable.filter(({ object }) => isOfPartition(object));
    verdict.missing = without(missing, verdict.unreadable);
    verdict.unproven = without(unproven, verdict.unreadable);
    for (const { parsed: { kind, first, last, partition: of, ...name } } of beside) {
      if (kind !== "gap" || of !== partition) continue;
      if (logs.includes(logOfName(metadata, name))) verdict.gaps.push({ first, last });
    }
    if (isCurrent) verdict.foreign.push(...await content.foreign.of(partition));
    verdicts.push(verdict);
  }
  return verdicts;
}

/** What others have deleted in the table's history, which is read once something is not there. */
class DeletedBefore {
  readonly #find: () => Promise<PerPartition<OffsetSet>>;
  #found: Promise<PerPartition<OffsetSet>> | undefined;

  constructor(
    base: LoadedTable,
    groupOf: (log: string | undefined) => string,
    { files, signal }: VerifyIcebergOptions,
  ) {
    this.#find = async () => {
      const found = new PerPartition(() => new OffsetSet(DELETED_PIECE));
      const onRow = (log: string | undefined, partition: number, offset: number) =>
        void found.of(groupOf(log), partition).add(offset);
      await rowsDeletedBefore(base, files, { signal, onRow });
      return found;
    };
  }

  /** Separates offsets whose rows other programs have deleted from other offsets without a row. */
  async of(
    holes: readonly OffsetRange[],
    group: string,
    partition: number,
    { deleted: now }: Counts,
  ): Promise<{ deleted: OffsetRange[]; rest: OffsetRange[] }> {
    const areKnown = holes.every(({ first, last }) => {
      for (let offset = first; offset <= last; offset++) if (!now.has(offset)) return false;
      return true;
    });
    const before = areKnown ? now : (await (this.#found ??= this.#find())).of(group, partition);
    const deleted: OffsetRange[] = [];
    const rest: OffsetRange[] = [];
    for (const { first, last } of holes) {
      for (let offset = first; offset <= last; offset++) {
        addOffset(now.has(offset) || before.has(offset) ? deleted : rest, offset);
      }
    }
    return { deleted, rest };
  }
}

async function countRows(
  { base: { metadata }, live, deletes, beside, replayed }: Content,
  groupOf: (log: string | undefined) => string,
  unreadable: UnreadableObject[],
  foreign: ForeignRows,
  { store, signal, onProgress, indexColumn }: VerifyIcebergOptions,
): Promise<Seen> {
  const seen: Seen = new PerPartition(() => new Counts());
  const countsOf = (log: string | undefined, partition: number) => seen.of(groupOf(log), partition);
  const add = (log: string | undefined, partition: number, offset: number, index = 0) => {
    const counts = countsOf(log, partition);
    if (index === 0) counts.add(offset);
    else counts.further.add(offset, index);
  };
  /** A file and its rows' offsets; `undefined` if it cannot be read. */
  const bytesOf = async (name: string, parsed: NamedObject["parsed"]) => {
    try {
      const bytes = await store.get(name, { signal });
      return { bytes, found: await objectOffsets({ name, parsed }, bytes, indexColumn) };
    } catch (error) {
      if (error instanceof Failure && error.kind === "service") throw error;
      // A file that another program has rewritten does not name its offsets.
      const { first = 0, last = -1 } = parseDataFile(name) ?? parsed as Partial<typeof parsed>;
      // Also one that someone has removed: a snapshot's files are never written again.
      const found = error instanceof AbsentObject
        ? { object: name, reason: error.message, isGone: true }
        : unreadableObject(name, error);
      unreadable.push({ ...found, first, last });
    }
  };
  const replayedAlready: Array<{ counts: Counts; offset: number }> = [];
  let done = 0;
  const count = async (
    name: string,
    parsed: NamedObject["parsed"],
    log: string | undefined,
    entry?: LiveEntry,
  ) => {
    const skipped = replayed.get(name) ?? [];
    const read = await bytesOf(name, parsed);
    // Not among the files that cannot be read: a delete file that cannot says nothing of the rows.
    const gone = read && entry && await deletes?.of(entry, read.bytes);
    read?.found.offsets.forEach((offset, row) => {
      const { partitionOf, indexes } = read.found;
      if (isReplayed(skipped, offset)) {
        replayedAlready.push({ counts: countsOf(log, partitionOf[row]), offset });
        return;
      }
      if (gone?.has(row)) countsOf(log, partitionOf[row]).deleted.add(offset);
      else add(log, partitionOf[row], offset, indexes?.[row]);
    });
    if (read !== undefined && entry !== undefined) await foreign.add(entry, read.found);
    onProgress?.(++done, live.length + beside.length);
  };
  const rows = { kind: "rows", extension: "parquet" } as NamedObject["parsed"];
  await inParallel([
    ...live.map((entry) => () => count(entry.name, rows, entry.origin?.log, entry)),
    ...beside.map(({ name, parsed }) => async () => {
      const log = logOfName(metadata, parsed);
      const { kind, partition, first, last } = parsed;
      // Of a range that is being committed.
      if (first >= (positionsOf(metadata, log).get(partition)?.end ?? 0)) return;
      if (kind === "dead-letters") return await count(name, parsed, log);
      for (let offset = first; offset <= last; offset++) add(log, partition, offset);
    }),
  ], READ_AT_ONCE);
  // Where the row's file cannot be read, its dead letter is what there is.
  for (const { counts, offset } of replayedAlready) {
    if (counts.of(offset) === 0 && !counts.deleted.has(offset)) counts.add(offset);
  }
  return seen;
}
