import { AbsentObject } from "../lake/absent_object.ts";
import { Failure } from "../failure/failure.ts";
import { type ObjectName, parseObjectName } from "../lake/layout.ts";
import type { ReplayRecord } from "../table/iceberg/replay_record.ts";
import type { LogReplays } from "../table/table.ts";
import { type ObjectOffsets, objectOffsets } from "../verify/object_offsets.ts";
import type { ReplayOptions } from "./replay_options.ts";

/**
 * The offsets of a replay that was committed of which no file that can be read has the rows, by object of dead
 * letters: the file was damaged since, or a repair has taken it out, and the dead letters are the only copy.
 */
export async function lettersWithoutRows(
  { objects }: ReplayRecord,
  replays: LogReplays,
  options: ReplayOptions,
): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
  const found = new Map<string, ReadonlySet<number>>();
  const filesOf = await replays.filesNow(options);
  const read = new Map<string, Promise<ObjectOffsets | undefined>>();
  for (const { name, rows } of objects) {
    const place = parseObjectName(name);
    if (place === null || rows.length === 0) continue;
    const offsets = new Set<number>();
    for (const [from, to] of rows) {
      for (let offset = from; offset <= to; offset++) offsets.add(offset);
    }
    for (const file of filesOf(place)) {
      if (!read.has(file)) read.set(file, offsetsOf(file, options));
      const found = await read.get(file);
      found?.offsets.forEach((offset, row) => {
        if (found.partitionOf[row] === place.partition) offsets.delete(offset);
      });
    }
    if (offsets.size > 0) found.set(name, offsets);
  }
  return found;
}

/** Offsets of a file's rows; `undefined` if its content cannot be read, or it is gone. */
async function offsetsOf(
  name: string,
  { store, signal }: ReplayOptions,
): Promise<ObjectOffsets | undefined> {
  const parsed = { kind: "rows", extension: "parquet" } as ObjectName;
  try {
    return await objectOffsets({ name, parsed }, await store.get(name, { signal }));
  } catch (error) {
    if (error instanceof AbsentObject) return undefined;
    if (error instanceof Failure && error.kind === "rejected") return undefined;
    throw error;
  }
}
