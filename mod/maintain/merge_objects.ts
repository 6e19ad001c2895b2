import { Failure, messageOf } from "../failure/failure.ts";
import type { Encoder } from "../lake/format/encoder.ts";
import { mergedRows } from "../lake/format/merge_rows.ts";
import { getIfThere, isThere } from "../lake/if_there.ts";
import { objectName, parseObjectName } from "../lake/layout.ts";
import type { LakeStore } from "../lake/store.ts";
import type { FolderMerge, Merge } from "../table/hive/merge_claim.ts";
import { inParallel } from "../verify/in_parallel.ts";
import { objectOffsets } from "../verify/object_offsets.ts";
import { offsetOfKey, rowKey } from "../verify/row_index.ts";

/** Options of {@linkcode mergeObjects}. */
export interface MergeOptions {
  store: LakeStore;
  table: string;
  encoder: Encoder;
  /** Column with a row's place in its message's array, where messages are several rows. */
  indexColumn?: string;
  signal: AbortSignal;
}

/** Result of a merge. */
export interface MergeOutcome {
  /** Number of objects that were merged, and of objects that replaced them. */
  parts: number;
  objects: number;
}

/** Requests to the store at the same time. */
const AT_ONCE = 8;

/**
 * Executes a merge: puts the merged object of each folder and, once all are there, removes their parts. It may
 * be repeated, and executed by several processes at once. A merged object that is damaged is put again while all
 * of its parts are there.
 * @returns `undefined` when a part is gone of which there is no merged object: nothing is removed then
 * @throws {Failure} kind `rejected`, when an object cannot be merged as it is
 */
export async function mergeObjects(
  merge: Merge,
  options: MergeOptions,
): Promise<MergeOutcome | undefined> {
  const { store, table, signal } = options;
  for (const folder of merge.folders) {
    const name = mergedName(table, merge, folder);
    const wasThere = await isThere(store, name, { signal });
    const lacking = wasThere ? await lackOf(name, folder.parts, options) : undefined;
    if (wasThere && lacking === undefined) continue;
    const content = await mergedBytes(merge, folder, options);
    if (content !== undefined) await store.put(name, content, { signal });
    else if (lacking !== undefined) throw lacking;
    else if (!await isThere(store, name, { signal })) return undefined;
    else await requireHeld(name, folder.parts, options);
  }
  const parts = merge.folders.flatMap(({ parts }) => parts);
  await inParallel(parts.map((name) => () => store.remove(name, { signal })), AT_ONCE);
  return { parts: parts.length, objects: merge.folders.length };
}

/** Name of the object that a folder's parts are merged into. */
export function mergedName(
  table: string,
  { topic, log, partition, first, last, generation }: Merge,
  { partitions, extension }: FolderMerge,
): string {
  const place = { table, kind: "rows", partitions, topic, log, partition } as const;
  return objectName({ ...place, first, last, generation, merged: true, extension });
}

/** The merged object's bytes; `undefined` when a part is gone. */
async function mergedBytes(
  { first, last }: Merge,
  { parts, extension }: FolderMerge,
  { store, encoder, indexColumn, signal }: MergeOptions,
): Promise<Uint8Array | undefined> {
  const contents: Uint8Array[] = [];
  await inParallel(
    parts.map((name, i) => async () => {
      const bytes = await getIfThere(store, name, { signal });
      if (bytes !== undefined) contents[i] = bytes;
    }),
    AT_ONCE,
  );
  if (Object.keys(contents).length < parts.length) return undefined;
  let rows: number[] = [];
  for (const [i, name] of parts.entries()) {
    rows = rows.concat(await rowsOf(name, contents[i], indexColumn));
  }
  const bytes = parts.length === 1
    ? contents[0]
    : await encoded(extension, parts, contents, encoder);
  // The encoded bytes are checked, since the parts are removed afterwards.
  const merged = await rowsOf(parts[0], bytes, indexColumn);
  const isWhole = merged.length === rows.length &&
    merged.every((row, i) =>
      row === rows[i] && offsetOfKey(row) >= first && offsetOfKey(row) <= last &&
      (i === 0 || isAfter(row, merged[i - 1]))
    );
  if (isWhole) return bytes;
  throw new Failure(
    "rejected",
    `objects from ${parts[0]} to ${
      parts.at(-1)
    } are not merged: their offsets overlap or leave holes`,
    { fix: "`ticklake verify --deep` shows what is wrong and how to fix it." },
  );
}

async function encoded(
  extension: string,
  parts: readonly string[],
  contents: readonly Uint8Array[],
  encoder: Encoder,
): Promise<Uint8Array> {
  try {
    const [{ bytes }] = await encoder.encode(await mergedRows(extension, contents));
    return bytes;
  } catch (cause) {
    throw new Failure(
      "rejected",
      `objects from ${parts[0]} to ${parts.at(-1)} are not merged: ${messageOf(cause)}`,
      { cause, fix: "They stay as they are. `ticklake verify --deep` reads each of them." },
    );
  }
}

/** @throws {Failure} kind `rejected`, when an object does not have all offsets of the parts that are there */
export async function requireHeld(
  name: string,
  parts: readonly string[],
  options: ReadOptions,
): Promise<void> {
  const lacking = await lackOf(name, parts, options);
  if (lacking !== undefined) throw lacking;
}

type ReadOptions = Pick<MergeOptions, "store" | "indexColumn" | "signal">;

/** Why a merged object cannot replace those of its parts that are there; `undefined` if it can. */
async function lackOf(
  name: string,
  parts: readonly string[],
  { store, indexColumn, signal }: ReadOptions,
): Promise<Failure | undefined> {
  const bytes = await store.get(name, { signal });
  let held: ReadonlySet<number>;
  try {
    held = new Set(await rowsOf(name, bytes, indexColumn));
  } catch (error) {
    if (error instanceof Failure && error.kind === "rejected") return error;
    throw error;
  }
  for (const part of parts) {
    const bytes = await getIfThere(store, part, { signal });
    if (bytes === undefined) continue;
    if ((await rowsOf(part, bytes, indexColumn)).every((row) => held.has(row))) continue;
    return new Failure("rejected", `${name} lacks rows of ${part}: neither is removed`, {
      fix:
        "`ticklake verify --deep` shows which offsets are where, and `ticklake repair` fixes it.",
    });
  }
  return undefined;
}

/** The rows of an object, by {@linkcode rowKey}. */
async function rowsOf(
  name: string,
  bytes: Uint8Array,
  indexColumn: string | undefined,
): Promise<number[]> {
  const parsed = parseObjectName(name)!;
  const { offsets, indexes } = await objectOffsets({ name, parsed }, bytes, indexColumn);
  return offsets.map((offset, row) => rowKey(offset, indexes?.[row] ?? 0));
}

/** Whether a row is behind another one of the log. Of one message the keys fall. */
function isAfter(row: number, before: number): boolean {
  const [offset, last] = [offsetOfKey(row), offsetOfKey(before)];
  return offset > last || (offset === last && row < before);
}
