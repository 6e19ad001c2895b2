import { newestGeneration } from "../lake/object_generation.ts";
import type { TableObject } from "../lake/table_objects.ts";
import type { FolderMerge, Merge } from "../table/hive/merge_claim.ts";
import type { RecordedLog } from "../table/hive/table_state.ts";

/** The fields of an object that are used here. */
export type PlannedObject = Pick<TableObject, "name" | "size" | "parsed">;

/** Limits of {@linkcode planMerges}. */
export interface MergeLimits {
  /** The first day, `YYYY-MM-DD`, that is not closed. */
  today: string;
  /** Size up to which objects are put together. Larger than half of it an object stays as it is. */
  targetBytes: number;
  /**
   * For a table without days in its paths: whether the range of these objects is of a closed day.
   * @default {none is}
   */
  isClosed?(objects: readonly PlannedObject[]): boolean;
}

/** Maximum offsets in one merged object, since its rows are held in memory. */
const MOST_OFFSETS = 2 ** 20;

/** Objects with rows of one range `[first, last]`. */
interface Range {
  first: number;
  last: number;
  rows: PlannedObject[];
  /** Days and form of its objects: only ranges of the same go together. */
  key: string;
  /** Whether it may be merged with those beside it. */
  isFree: boolean;
  /** Objects within it that an interrupted merge has left in other folders. */
  left: PlannedObject[];
}

/**
 * Which objects of a table are to be merged: the small ones of closed days, of ranges that follow one
 * another without a gap. A range is merged in all its folders at once, so that the names continue telling
 * which offsets the table has. Dead letters, gaps and replayed rows stay as they are.
 * @param objects those that no merged object supersedes
 */
export function planMerges(
  objects: readonly PlannedObject[],
  logs: readonly RecordedLog[],
  limits: MergeLimits,
): Merge[] {
  return logs.flatMap(({ topic, key, positions }) => {
    const own = objects.filter(({ parsed }) =>
      parsed.topic === topic && (parsed.log ?? "") === key
    );
    const byPartition = Map.groupBy(own, ({ parsed }) => parsed.partition);
    return [...byPartition].flatMap(([partition, own]) => {
      const end = positions.get(partition)?.end ?? 0;
      const ranges = rangesOf(own, limits).filter(({ last }) => last < end);
      return [...ranges.flatMap(completed), ...groups(ranges, limits)]
        .map((merge) => ({ topic, log: key, partition, ...merge }));
    });
  });
}

/** The ranges, in order; ranges nested in a merged one belong to it. */
function rangesOf(objects: readonly PlannedObject[], limits: MergeLimits): Range[] {
  const ranges: Range[] = [];
  const byRange = Map.groupBy(objects, ({ parsed }) => `${parsed.first}-${parsed.last}`);
  const sorted = [...byRange.values()].sort(([a], [b]) =>
    a.parsed.first - b.parsed.first || b.parsed.last - a.parsed.last
  );
  for (const own of sorted) {
    const { first, last } = own[0].parsed;
    const rows = own.filter(({ parsed }) => parsed.kind === "rows" && parsed.replay === undefined);
    const isGap = own.some(({ parsed }) => parsed.kind === "gap");
    const before = ranges.at(-1);
    if (before !== undefined && first <= before.last) {
      const isPart = last <= before.last && before.rows.some(({ parsed }) => parsed.merged);
      if (isPart && !isGap) before.left.push(...rows);
      else before.isFree = false;
      // A range that overlaps another is a duplicate, which `repair` resolves.
      if (!isPart) ranges.push({ ...newRange(first, last, rows, limits), isFree: false });
      continue;
    }
    const range = newRange(first, last, rows, limits);
    ranges.push({ ...range, isFree: range.isFree && !isGap });
  }
  return ranges;
}

function newRange(
  first: number,
  last: number,
  rows: PlannedObject[],
  { targetBytes, today, isClosed }: MergeLimits,
): Range {
  const days = new Set<string>();
  const forms = new Set<string>();
  for (const { parsed: { partitions, extension } } of rows) {
    forms.add(`${extension} ${partitions.map(([column]) => column).join()}`);
    const day = partitions.find(([column]) => column === "dt")?.[1];
    if (day !== undefined) days.add(day);
  }
  const isOver = days.size > 0 ? [...days].every((day) => day < today) : isClosed?.(rows) ?? false;
  const isSmall = rows.every(({ size }) => size <= targetBytes / 2);
  const key = [...days].sort().join() + [...forms].join("|");
  const isFree = rows.length === 0 || isOver && isSmall && forms.size === 1;
  return { first, last, rows, key, isFree, left: [] };
}

/** The merge that completes an interrupted one. */
function completed(
  { first, last, rows, left }: Range,
): Array<Omit<Merge, "topic" | "log" | "partition">> {
  if (left.length === 0) return [];
  return [{ first, last, ...generationOfMerge(rows), folders: foldersOf(left) }];
}

function groups(
  ranges: readonly Range[],
  { targetBytes }: MergeLimits,
): Array<Omit<Merge, "topic" | "log" | "partition">> {
  const merges: Array<Omit<Merge, "topic" | "log" | "partition">> = [];
  let group: Range[] = [];
  let bytes = new Map<string, number>();
  const close = () => {
    while (group.at(-1)?.rows.length === 0) group.pop();
    const rows = group.flatMap(({ rows }) => rows);
    const folders = foldersOf(rows);
    if (folders.some(({ parts }) => parts.length > 1)) {
      const [first, last] = [group[0].first, group.at(-1)!.last];
      merges.push({ first, last, ...generationOfMerge(rows), folders });
    }
    group = [];
    bytes = new Map();
  };
  for (const range of ranges) {
    const key = group.find(({ rows }) => rows.length > 0)?.key;
    const follows = group.length > 0 && group.at(-1)!.last + 1 === range.first &&
      (range.rows.length === 0 || key === range.key) &&
      range.last - group[0].first < MOST_OFFSETS &&
      range.rows.every(({ name, size }) => (bytes.get(folder(name)) ?? 0) + size <= targetBytes);
    const isFree = range.isFree && range.left.length === 0;
    if (!isFree || !follows) close();
    if (!isFree || group.length === 0 && range.rows.length === 0) continue;
    group.push(range);
    for (const { name, size } of range.rows) {
      bytes.set(folder(name), (bytes.get(folder(name)) ?? 0) + size);
    }
  }
  close();
  return merges;
}

/** A merge's generation, where its objects ever had another than the first. */
function generationOfMerge(rows: readonly PlannedObject[]): Pick<Merge, "generation"> {
  const generation = newestGeneration(rows);
  return generation === 0 ? {} : { generation };
}

function foldersOf(objects: readonly PlannedObject[]): FolderMerge[] {
  const byFolder = Map.groupBy(objects, ({ name }) => folder(name));
  return [...byFolder.values()].map((own) => {
    const [{ parsed: { partitions, extension } }] = own;
    const parts = own.toSorted((a, b) => a.parsed.first - b.parsed.first).map(({ name }) => name);
    return { partitions, extension, parts };
  });
}

function folder(name: string): string {
  return name.slice(0, name.lastIndexOf("/"));
}
