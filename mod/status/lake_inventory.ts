import type { LakeStore } from "../lake/store.ts";
import { tableObjects } from "../lake/table_objects.ts";

/** What lies in the lake of one table, by its objects' names and sizes. */
export interface LakeInventory {
  /** Objects with rows. */
  objects: number;
  /** Bytes of those. */
  bytes: number;
  /** Offsets that flushes have written, those of dead letters among them. */
  offsets: number;
  /** Rows: offsets that are no dead letters; `null` where those are too many to count. */
  rows: number | null;
  /** Objects with dead letters. */
  deadLetterObjects: number;
  /** Bytes of those. */
  deadLetterBytes: number;
  /** Messages among the dead letters; `null` where there are too many objects to count. */
  rejected: number | null;
  /** Offsets that retention removed before they were read. */
  lost: number;
  /** Objects that tell of those. */
  gapObjects: number;
  /** Days (`dt`) that have objects; 0 where the lake is not partitioned by day. */
  days: number;
}

/** Objects of dead letters that are read to count the messages. */
const MOST_READ = 200;

const NEWLINE = 0x0a;

/** Takes stock of a table's objects of one topic. @throws {Failure} kind `service` */
export async function takeInventory(
  store: LakeStore,
  table: string,
  topic: string,
  signal: AbortSignal,
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
  const ranges = new Set<string>();
  const days = new Set<string>();
  const deadLetters: string[] = [];
  for await (const { name, size, parsed } of tableObjects(store, { table, topic, signal })) {
    const { kind, partition, first, last, partitions } = parsed;
    if (kind === "gap") {
      inventory.lost += last + 1 - first;
      inventory.gapObjects++;
      continue;
    }
    // The objects of one flush share its range.
    const range = `${partition} ${first}`;
    if (!ranges.has(range)) inventory.offsets += last + 1 - first;
    ranges.add(range);
    if (kind === "dead-letters") {
      inventory.deadLetterObjects++;
      inventory.deadLetterBytes += size;
      deadLetters.push(name);
      continue;
    }
    inventory.objects++;
    inventory.bytes += size;
    for (const [column, value] of partitions) if (column === "dt") days.add(value);
  }
  inventory.days = days.size;
  inventory.rejected = deadLetters.length > MOST_READ
    ? null
    : await countLines(store, deadLetters, signal);
  inventory.rows = inventory.rejected === null ? null : inventory.offsets - inventory.rejected;
  return inventory;
}

async function countLines(
  store: LakeStore,
  names: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  let lines = 0;
  for (const name of names) {
    for (const byte of await store.get(name, { signal })) if (byte === NEWLINE) lines++;
  }
  return lines;
}
