import { Failure } from "../failure/failure.ts";
import { countRows } from "../lake/format/count_rows.ts";
import { coveredOffsets, currentObjects } from "../lake/merged_objects.ts";
import type { LakeStore } from "../lake/store.ts";
import { type TableObject, tableObjects } from "../lake/table_objects.ts";

/** What the lake holds of one table, by its objects' names and sizes. */
export interface LakeInventory {
  /** Objects with rows. */
  objects: number;
  /** Bytes of those. */
  bytes: number;
  /** Offsets that flushes have written, those of dead letters among them. */
  offsets: number;
  /**
   * Rows, as counted in the objects: a range may have offsets without a message. `null` if there
   * are too many objects to ask, or one of them cannot be read.
   */
  rows: number | null;
  /** Objects with dead letters. */
  deadLetterObjects: number;
  /** Bytes of those. */
  deadLetterBytes: number;
  /** Messages among the dead letters; `null` if there are too many objects to count. */
  rejected: number | null;
  /** Offsets in recorded gaps: removed by retention before they were read, skipped, unreadable or lost. */
  lost: number;
  /** Objects that record those. */
  gapObjects: number;
  /** Days (`dt`) that have objects; 0 if the lake is not partitioned by day. */
  days: number;
}

/** Objects that are asked how many rows they have: of a Parquet file the footer, 16 KiB. */
const MOST_OBJECTS = 2000;

/** Bytes of objects that are read whole for that, as JSON lines and dead letters are. */
const MOST_BYTES = 64 * 2 ** 20;

/** Objects that are asked at the same time: most of it is the way to the store. */
const AT_ONCE = 16;

/**
 * Takes stock of a table's objects of one topic.
 * @param byDay gets the number of objects with rows of each day (`dt`)
 * @throws {Failure} kind `service`
 */
export async function takeInventory(
  store: LakeStore,
  table: string,
  topic: string,
  signal: AbortSignal,
  byDay: Map<string, number> = new Map(),
): Promise<LakeInventory> {
  const inventory: LakeInventory = {
    objects: 0,
    bytes: 0,
    offsets: 0,
    rows: 0,
    deadLetterObjects: 0,
    deadLetterBytes: 0,
    rejected: 0,
    lost: 0,
    gapObjects: 0,
    days: 0,
  };
  const found: Record<"rows" | "dead-letters", TableObject[]> = { "rows": [], "dead-letters": [] };
  const objects = currentObjects(
    await Array.fromAsync(tableObjects(store, { table, topic, signal })),
  );
  for (const object of objects) {
    const { size, parsed: { kind, first, last, partitions } } = object;
    if (kind === "gap") {
      inventory.lost += last + 1 - first;
      inventory.gapObjects++;
      continue;
    }
    found[kind].push(object);
    if (kind === "dead-letters") {
      inventory.deadLetterObjects++;
      inventory.deadLetterBytes += size;
      continue;
    }
    inventory.objects++;
    inventory.bytes += size;
    const day = partitions.find(([column]) => column === "dt")?.[1];
    if (day !== undefined) byDay.set(day, (byDay.get(day) ?? 0) + 1);
  }
  inventory.offsets = coveredOffsets(objects.filter(({ parsed }) => parsed.kind !== "gap"));
  inventory.days = byDay.size;
  inventory.rows = await countAll(store, found.rows, signal);
  inventory.rejected = await countAll(store, found["dead-letters"], signal);
  return inventory;
}

/** Rows of all objects together; `null` if they are too many or too large, or one is damaged. */
async function countAll(
  store: LakeStore,
  objects: readonly TableObject[],
  signal: AbortSignal,
): Promise<number | null> {
  const whole = objects.filter(({ parsed }) => parsed.extension !== "parquet")
    .reduce((sum, { size }) => sum + size, 0);
  if (objects.length > MOST_OBJECTS || whole > MOST_BYTES) return null;
  let rows = 0;
  let next = 0;
  const count = async () => {
    while (next < objects.length) {
      const counted = await countRows(objects[next++], store, { signal });
      rows += counted;
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, count));
  } catch (error) {
    if (error instanceof Failure && error.kind === "rejected") return null;
    throw error;
  }
  return rows;
}
