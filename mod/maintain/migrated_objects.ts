import { Failure } from "../failure/failure.ts";
import { currentObjects } from "../lake/merged_objects.ts";
import { type TableObject, tableObjects } from "../lake/table_objects.ts";
import { lateObjects } from "../table/hive/late_objects.ts";
import { isMigrated } from "../table/iceberg/migrated.ts";
import { offsetsText } from "../terminal/amount_text.ts";
import { checkTiling } from "../verify/tiling.ts";
import type { MigratedLog, MigrateOptions } from "./migrate_options.ts";

/** Without what former owners have put late. */
function withoutLate(taken: readonly TableObject[]): TableObject[] {
  return [...Map.groupBy(taken, ({ parsed }) => parsed.partition).values()].flatMap((own) => {
    const late = new Set(lateObjects(own, { generation: Infinity, end: Infinity }));
    return own.filter((object) => !late.has(object));
  });
}

/** Whether an object is of a log and before its position. */
function isTaken({ parsed }: TableObject, { topic, key, positions }: MigratedLog): boolean {
  return parsed.topic === topic && (parsed.log ?? "") === key &&
    parsed.last < (positions.get(parsed.partition)?.end ?? 0);
}

/**
 * All objects of the table's rows, dead letters and gaps. What was put and never taken is removed: dead
 * letters would be seen where they are.
 */
export async function objectsToMigrate(
  logs: readonly MigratedLog[],
  options: MigrateOptions,
): Promise<TableObject[]> {
  const { store, schema: { table }, dryRun, signal } = options;
  const all = await Array.fromAsync(tableObjects(store, { table, signal }));
  const objects: TableObject[] = [];
  for (const log of logs) {
    const current = withoutLate(currentObjects(all.filter((object) => isTaken(object, log))));
    for (const [partition, position] of log.positions) {
      const some = current.filter(({ parsed }) => parsed.partition === partition);
      const { missing, duplicate } = checkTiling(some, { ...position, tolerated: position.end });
      const [wrong] = [...missing, ...duplicate];
      if (wrong === undefined) continue;
      throw new Failure(
        "usage",
        `table ${table} has ${offsetsText(wrong)} of partition ${partition} of ${log.topic} ` +
          (missing.length > 0 ? "not at all" : "twice"),
        {
          fix: "`ticklake verify --deep` shows details; `ticklake repair` fixes it. Then migrate.",
        },
      );
    }
    for (const object of current) objects.push(object);
  }
  if (!dryRun) await removeRest(all, new Set(objects), logs, options);
  return objects;
}

/** Removes dead letters and gaps that are in neither table. */
async function removeRest(
  all: readonly TableObject[],
  taken: ReadonlySet<TableObject>,
  logs: readonly MigratedLog[],
  { store, catalog, signal }: MigrateOptions,
): Promise<void> {
  // Another migration was faster, and a consume may have continued since.
  if (isMigrated(await catalog.load())) return;
  for (const object of all) {
    const { kind, topic, log = "" } = object.parsed;
    if (kind === "rows" || taken.has(object)) continue;
    if (logs.some((one) => one.topic === topic && one.key === log)) {
      await store.remove(object.name, { signal });
    }
  }
}
