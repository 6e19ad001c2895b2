import { getLogger } from "@logtape/logtape";
import { getIfThere } from "../../lake/if_there.ts";
import { tableFolder } from "../../lake/layout.ts";
import type { LakeObject, LakeStore } from "../../lake/store.ts";
import { currentObjects } from "../../lake/merged_objects.ts";
import { type TableObject, tableObjects } from "../../lake/table_objects.ts";
import { Progress } from "../../terminal/progress.ts";
import type { RowSchema } from "../../schema/schema.ts";
import { tableColumns } from "../lake_table.ts";
import type { LocalCatalog } from "./local_catalog.ts";
import { readObject } from "../../lake/format/read_object.ts";

/** Objects that are fetched ahead while one is loaded: hides S3's latency of about 20 ms each. */
const FETCH_AHEAD = 8;

/** Bytes that may be fetched ahead, unless one object alone has more. */
const FETCH_AHEAD_BYTES = 64 * 2 ** 20;

/** Options of {@linkcode syncLake}. */
export interface SyncOptions {
  signal: AbortSignal;
  /** Told now and then how far the loading is. */
  onProgress?(text: string): void;
}

/** What {@linkcode syncLake} has done. */
export interface SyncSummary {
  /** Objects of the table in the lake. */
  objects: number;
  /** Their size in bytes. */
  bytes: number;
  /** Objects that were loaded now. */
  loaded: number;
  /** Objects that were here and are no longer in the lake. */
  removed: number;
}

/**
 * Brings the catalog's copy of the table to what the lake holds: loads new objects, replaces those
 * whose version is another, removes the rows of vanished ones. Safe at any time, beside `consume` and
 * beside other processes that do the same: what is read is the objects that were listed, or newer ones.
 */
export async function syncLake(
  catalog: LocalCatalog,
  lake: LakeStore,
  schema: RowSchema,
  options: SyncOptions,
): Promise<SyncSummary> {
  // Read before the lake is listed: an object that is known and not listed is then gone for certain,
  // not one that another process has found since.
  const known = catalog.objects();
  const { listed, foreign } = await listTable(lake, schema.table, options.signal);
  if (foreign > 0) {
    getLogger(["ticklake", "catalog"]).warn(
      "{foreign} objects below {folder} are not ticklake's: the local engine ignores them",
      { foreign, folder: tableFolder(schema.table) },
    );
  }
  const vanished = [...known].filter(([name]) => !listed.has(name));
  for (const [, object] of vanished) catalog.remove(object);
  const wanted = [...listed.values()].filter(({ name, version }) =>
    known.get(name)?.version !== version
  );
  wanted.sort((a, b) => a.name < b.name ? -1 : 1);
  const columns = tableColumns(schema);
  let loaded = 0;
  const progress = new Progress(
    { progress: options.onProgress ?? (() => {}), interactive: true },
    "loaded",
    "object",
  );
  for await (const { object, bytes } of fetchAhead(lake, wanted, options.signal)) {
    options.signal.throwIfAborted();
    loaded++;
    progress.update(loaded, wanted.length);
    if (bytes === undefined) continue;
    catalog.load(
      await readObject(object.name, object.parsed, bytes, columns),
      object.version,
      known.get(object.name),
    );
  }
  return {
    objects: listed.size,
    bytes: [...listed.values()].reduce((sum, { size }) => sum + size, 0),
    loaded,
    removed: vanished.length,
  };
}

/** The table's objects in the lake by name, and how many others there are in its folder. */
export async function listTable(
  lake: LakeStore,
  table: string,
  signal: AbortSignal,
): Promise<{ listed: Map<string, TableObject>; foreign: number }> {
  const objects: TableObject[] = [];
  let foreign = 0;
  const onForeign = ({ size }: LakeObject) => foreign += size > 0 ? 1 : 0;
  for await (const object of tableObjects(lake, { table, kinds: ["rows"], signal, onForeign })) {
    objects.push(object);
  }
  return {
    listed: new Map(currentObjects(objects).map((object) => [object.name, object])),
    foreign,
  };
}

/** The objects' bytes in their order; `undefined` for one that has vanished since it was listed. */
export async function* fetchAhead(
  lake: LakeStore,
  objects: readonly TableObject[],
  signal: AbortSignal,
): AsyncGenerator<{ object: TableObject; bytes: Uint8Array | undefined }> {
  const fetches: Array<{ object: TableObject; bytes: Promise<Uint8Array | undefined> }> = [];
  let next = 0;
  let ahead = 0;
  while (next < objects.length || fetches.length > 0) {
    while (
      next < objects.length && fetches.length < FETCH_AHEAD &&
      (fetches.length === 0 || ahead + objects[next].size <= FETCH_AHEAD_BYTES)
    ) {
      const object = objects[next++];
      ahead += object.size;
      const bytes = getIfThere(lake, object.name, { signal });
      // Its failure is thrown where it is awaited; until then it must not count as unhandled.
      bytes.catch(() => {});
      fetches.push({ object, bytes });
    }
    const { object, bytes } = fetches.shift()!;
    yield { object, bytes: await bytes };
    ahead -= object.size;
  }
}
