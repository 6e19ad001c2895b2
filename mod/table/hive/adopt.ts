import { Failure } from "../../failure/failure.ts";
import { footerType, footerTypesOf } from "../../lake/format/parquet/footer_types.ts";
import { readObject } from "../../lake/format/read_object.ts";
import { currentObjects } from "../../lake/merged_objects.ts";
import { newestGeneration } from "../../lake/object_generation.ts";
import { objectSpan } from "../../lake/object_span.ts";
import { type TableObject, tableObjects } from "../../lake/table_objects.ts";
import type { LakeStore } from "../../lake/store.ts";
import { ORIGIN_COLUMNS, type RowSchema } from "../../schema/schema.ts";
import type { GroupStanding, LogWriter, TableCallOptions, TablePosition } from "../table.ts";

/** What a table without records has of a log: it is of release 0.1.0, or its records are gone. */
export interface OldLog {
  positions: ReadonlyMap<number, TablePosition>;
  /**
   * Offsets `[from, end)` at the beginning of positions that the topic has and release 0.1.0 did not read,
   * without a record of why: for `--from latest`, after a reset of the group, or by a fault.
   */
  unread: ReadonlyMap<number, TablePosition>;
  /** The newest generation of each partition's objects, where it is not the first. */
  generations: ReadonlyMap<number, number>;
  /** Objects of an abandoned flush: to be removed. */
  unfinished: readonly TableObject[];
  /** The newest object with rows of each partition. */
  newest: ReadonlyMap<number, TableObject>;
  objects: number;
}

/** Objects of a log, by the key in their names: empty for those that release 0.1.0 gave. */
export async function objectsOfLog(
  store: LakeStore,
  table: string,
  { topic, key }: { topic: string; key: string },
  { signal }: TableCallOptions,
): Promise<TableObject[]> {
  const objects: TableObject[] = [];
  for await (const object of tableObjects(store, { table, topic, signal })) {
    if ((object.parsed.log ?? "") === key) objects.push(object);
  }
  return currentObjects(objects);
}

/**
 * Derives a table's positions from its objects, since release 0.1.0 kept them only in the group's
 * offsets: the end of the last range, unless the group's intent says that it is unfinished.
 * @param standings what the group has committed; asked after the objects were listed, so that a flush
 * of which objects were seen has its intent, or its end, among them
 */
export async function readOldLog(
  store: LakeStore,
  objects: readonly TableObject[],
  standings: readonly GroupStanding[],
  lows: ReadonlyMap<number, number>,
  options: TableCallOptions,
): Promise<OldLog> {
  const positions = new Map<number, TablePosition>();
  const generations = new Map<number, number>();
  const newest = new Map<number, TableObject>();
  const unfinished: TableObject[] = [];
  const byPartition = Map.groupBy(objects, ({ parsed }) => parsed.partition);
  for (const [partition, own] of byPartition) {
    const generation = newestGeneration(own);
    if (generation > 0) generations.set(partition, generation);
    const standing = standings.find((one) => one.partition === partition);
    const written = standing?.written ?? null;
    const isBegun = ({ parsed: { first, last } }: TableObject) =>
      first === written && last + 1 === standing?.begunEnd;
    const begun = own.filter((object) => !isBegun(object));
    let finished = begun;
    const { last } = objectSpan(begun);
    // The group does not confirm that the last range is finished.
    if ((written === null || written <= last) && last >= 0) {
      const range = begun.filter(({ parsed }) => parsed.last === last);
      const { first } = range[0].parsed;
      // What was merged was in the table.
      const isMerged = range.some(({ parsed }) => parsed.merged);
      const canRepeat = !isMerged && first >= (lows.get(partition) ?? 0);
      if (canRepeat && !await isWhole(store, range, first, last, options)) {
        finished = begun.filter((object) => !range.includes(object));
        unfinished.push(...range);
      }
    }
    if (finished.length === 0) continue;
    const span = objectSpan(finished);
    // If the first objects were removed since, the group still says where the table began.
    const from = Math.min(span.first, standing?.from ?? Infinity);
    positions.set(partition, { from, end: span.last + 1 });
    const rows = finished.filter(({ parsed }) => parsed.kind === "rows");
    if (rows.length === 0) continue;
    newest.set(partition, rows.reduce((a, b) => b.parsed.last > a.parsed.last ? b : a));
  }
  return {
    ...{ positions, unread: new Map(), generations, newest, unfinished },
    objects: objects.length,
  };
}

/**
 * Begins the positions of a log of release 0.1.0 where the topic begins: the offsets before its first ones
 * become {@linkcode OldLog.unread}. Also of a partition that the group began and of which there is no object.
 */
export function withUnread(
  old: OldLog,
  standings: readonly GroupStanding[],
  lows: ReadonlyMap<number, number>,
): OldLog {
  const begun = new Map(
    standings.flatMap(({ partition, from }) => from === undefined ? [] : [[partition, from]]),
  );
  for (const [partition, { from }] of old.positions) begun.set(partition, from);
  const positions = new Map(old.positions);
  const unread = new Map<number, TablePosition>();
  for (const [partition, end] of begun) {
    const from = lows.get(partition) ?? Infinity;
    if (from >= end) continue;
    unread.set(partition, { from, end });
    positions.set(partition, { from, end: positions.get(partition)?.end ?? end });
  }
  return { ...old, positions, unread };
}

/** Whether the objects of a range have each of its offsets. */
async function isWhole(
  store: LakeStore,
  range: readonly TableObject[],
  first: number,
  last: number,
  options: TableCallOptions,
): Promise<boolean> {
  const offsets = new Set<number>();
  for (const object of range) {
    if (object.parsed.kind === "gap") return true;
    for (const [offset] of await origins(store, object, options)) offsets.add(offset);
  }
  return offsets.size === last + 1 - first;
}

/**
 * Whether the log is the one whose rows the table has: it reaches as far, and has the same Kafka
 * timestamps at the offsets of the newest rows, where retention has left them.
 */
export async function isOldLog(
  store: LakeStore,
  { positions, newest }: Pick<OldLog, "positions" | "newest">,
  writer: LogWriter,
  options: TableCallOptions,
): Promise<boolean> {
  const offsets = new Map((await writer.offsets()).map((one) => [one.partition, one]));
  for (const [partition, { end }] of positions) {
    if (end > (offsets.get(partition)?.high ?? 0)) return false;
  }
  for (const [partition, object] of newest) {
    const rows = await origins(store, object, options);
    const last = rows.at(-1);
    if (last === undefined) continue;
    const timestampMs = await writer.timestampAt(partition, last[0]);
    if (timestampMs !== null && timestampMs !== last[1]) return false;
  }
  return true;
}

const COLUMNS = ORIGIN_COLUMNS.filter(({ name }) => name !== "kafka_partition");

/** Offset and Kafka timestamp (milliseconds since 1970) of an object's rows, by offset. */
async function origins(
  store: LakeStore,
  { name, parsed }: TableObject,
  options: TableCallOptions,
): Promise<Array<[offset: number, timestampMs: number]>> {
  const bytes = await store.get(name, options);
  if (parsed.kind === "dead-letters") {
    const lines = new TextDecoder().decode(bytes).trimEnd().split("\n");
    return lines.map((line): [number, number] => {
      const { offset, timestamp } = JSON.parse(line) as { offset: number; timestamp: string };
      return [offset, Date.parse(timestamp)];
    });
  }
  const { batches } = await readObject(name, parsed, bytes, COLUMNS);
  const found: Array<[number, number]> = [];
  for (const { rows, columns } of batches) {
    const [offsets, timestamps] = COLUMNS.map((column) => columns.get(column.name)!);
    for (let row = 0; row < rows; row++) {
      found.push([Number(offsets[row]), Number(timestamps[row])]);
    }
  }
  return found.sort(([a], [b]) => a - b);
}

/**
 * Refuses a format or partitioning that release 0.1.0 did not write the table with.
 * @throws {Failure} kind `usage`
 */
export function requireOldForm(
  table: string,
  objects: readonly TableObject[],
  { extension, columns }: { extension: string; columns: readonly string[] },
): void {
  const forms = new Set<string>();
  for (const { parsed } of objects) {
    if (parsed.kind !== "rows") continue;
    forms.add(formOf(parsed.extension, parsed.partitions.map(([column]) => column)));
  }
  const wanted = formOf(extension, columns);
  if (forms.size === 0 || forms.has(wanted)) return;
  throw new Failure(
    "usage",
    `table ${table} has ${[...forms].join(" and ")}, and would get ${wanted}`,
    {
      fix: "Use the --format and the --partition-by that it was written with, or another table " +
        "(`table` in --schema).",
    },
  );
}

/**
 * Refuses a column type that differs from the newest Parquet object's.
 * @throws {Failure} kind `usage`
 */
export async function requireOldTypes(
  store: LakeStore,
  objects: readonly TableObject[],
  { table, columns }: RowSchema,
  options: TableCallOptions,
): Promise<void> {
  const rows = objects.filter(({ parsed }) =>
    parsed.kind === "rows" && parsed.extension === "parquet"
  );
  if (rows.length === 0) return;
  const newest = rows.reduce((a, b) => b.parsed.last > a.parsed.last ? b : a);
  const found = footerTypesOf(await store.get(newest.name, options));
  for (const { name, type } of columns) {
    const before = found.get(name);
    const wanted = footerType(type);
    if (before === undefined || before === wanted) continue;
    throw new Failure(
      "usage",
      `table ${table} has column ${name} as ${before} in Parquet, and would get it as ${wanted} ` +
        `(${type})`,
      {
        fix: "Give the column the type it was written with in --schema, or another name, or use " +
          "another table (`table` in --schema): no engine can read both.",
      },
    );
  }
}

function formOf(extension: string, columns: readonly string[]): string {
  return `.${extension} objects by ${columns.length === 0 ? "none" : columns.join()}`;
}
