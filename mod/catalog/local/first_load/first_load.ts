import { Progress } from "../../../terminal/progress.ts";
import { backup, DatabaseSync } from "node:sqlite";
import { getLogger } from "@logtape/logtape";
import { readFooter } from "../../../lake/format/parquet/footer.ts";
import type { LakeStore } from "../../../lake/store.ts";
import type { TableObject } from "../../../lake/table_objects.ts";
import type { RowSchema } from "../../../schema/schema.ts";
import { tableColumns } from "../../lake_table.ts";
import { fetchAhead, listTable, type SyncOptions } from "../lake_sync.ts";
import { LocalCatalog } from "../local_catalog.ts";
import type { StoredColumn } from "./encode_rows.ts";
import type { Leaves } from "./leaf_pages.ts";
import { LoadThreads } from "./load_threads.ts";
import type { LoadedRows } from "./loaded_rows.ts";
import { TableFile } from "./table_file.ts";

/** Bytes of a lake that is loaded row by row before the threads have started. */
const FEW_BYTES = 1024 * 1024;

/** What the names of files in the making begin with, after the catalog's. */
const MARK = ".new-";

/** A file in the making that is older was left by a process that was killed, in milliseconds. */
const LEFT_MS = 3_600_000;

/** Options of {@linkcode firstLoad}. */
export interface FirstLoadOptions extends SyncOptions {
  /** The catalog's file. */
  path: string;
  lake: LakeStore;
  schema: RowSchema;
  /** Whether the file is there, with no rows; otherwise it is not there. */
  exists: boolean;
}

/**
 * Loads a lake into a catalog that has no rows: threads make pages of the table from Parquet objects,
 * and these become a file which takes the catalog's place. A row takes half the time that SQLite's
 * `INSERT` takes, in several threads. Whatever else there is (few rows, JSON lines, values of another
 * type than their column's) is left to {@linkcode syncLake}, which must follow.
 */
export async function firstLoad(options: FirstLoadOptions): Promise<void> {
  try {
    await load(options);
  } catch (error) {
    options.signal.throwIfAborted();
    // What stands in the way of syncLake too is said by it.
    getLogger(["ticklake", "catalog"]).debug("loading row by row: {error}", { error });
  }
}

async function load(options: FirstLoadOptions): Promise<void> {
  const { path, lake, schema, exists, signal } = options;
  const { listed } = await listTable(lake, schema.table, signal);
  const objects = [...listed.values()].filter(({ parsed }) => parsed.extension === "parquet");
  if (objects.reduce((sum, { size }) => sum + size, 0) < FEW_BYTES) return;
  objects.sort((a, b) => a.name < b.name ? -1 : 1);
  await removeLeftFiles(path);
  const file = `${path}${MARK}${crypto.randomUUID()}`;
  try {
    await fill(file, objects, options);
    if (exists) await copyOver(file, path);
    else await linkUnlessThere(file, path);
  } finally {
    await LocalCatalog.remove(file);
  }
}

/** Makes a catalog with the rows of the objects. */
async function fill(
  file: string,
  objects: readonly TableObject[],
  { lake, schema, signal, onProgress }: FirstLoadOptions,
): Promise<void> {
  const empty = await LocalCatalog.open(file, schema);
  empty.addPartitionColumns([
    ...new Set(objects.flatMap(({ parsed }) => parsed.partitions.map(([name]) => name))),
  ]);
  const { columns: stored, rootPage } = empty.storage();
  empty.close();
  const loaded: LoadedRows[] = [];
  const progress = new Progress(
    { progress: onProgress ?? (() => {}), interactive: true },
    "loaded",
    "object",
  );
  {
    using table = new TableFile(file);
    const encoded = encodeObjects(fetchAhead(lake, objects, signal), tableColumns(schema), stored);
    for await (const { leaves, ...rows } of encoded) {
      signal.throwIfAborted();
      table.append(leaves);
      loaded.push(rows);
      progress.update(loaded.length, objects.length);
    }
    table.finish(rootPage);
  }
  const full = await LocalCatalog.open(file, schema);
  try {
    full.record(loaded);
  } finally {
    full.close();
  }
}

/** The objects that could be read, in their order. */
async function* encodeObjects(
  objects: ReturnType<typeof fetchAhead>,
  columns: ReturnType<typeof tableColumns>,
  stored: readonly StoredColumn[],
): AsyncGenerator<LoadedRows & { leaves: Leaves }> {
  const threads = new LoadThreads();
  const pending: Array<LoadedRows & { leaves: Promise<Leaves | undefined> }> = [];
  const finish = async function* () {
    const { leaves, ...rows } = pending.shift()!;
    const done = await leaves;
    if (done !== undefined) yield { ...rows, leaves: done };
  };
  try {
    let firstRow = 1;
    for await (const { object, bytes } of objects) {
      const rows = bytes && rowsOf(bytes);
      if (bytes === undefined || rows === undefined) continue;
      const { name, parsed } = object;
      const leaves = threads.encode({ name, parsed, bytes, columns, stored, firstRow });
      const endRow = firstRow + rows;
      if (pending.push({ object, firstRow, endRow, leaves }) === threads.atOnce) yield* finish();
      firstRow = endRow;
    }
    while (pending.length > 0) yield* finish();
  } finally {
    threads.close();
  }
}

/** @returns `undefined` of a damaged object */
function rowsOf(bytes: Uint8Array): number | undefined {
  try {
    return Number(readFooter(bytes).num_rows);
  } catch {
    return undefined;
  }
}

async function linkUnlessThere(file: string, path: string): Promise<void> {
  try {
    await Deno.link(file, path);
  } catch (error) {
    // Another process has made it meanwhile: what it lacks is loaded by syncLake.
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/** Other processes may have the catalog open: SQLite replaces its content in one transaction. */
async function copyOver(file: string, path: string): Promise<void> {
  const source = new DatabaseSync(file, { readOnly: true });
  try {
    await backup(source, path, { rate: 100_000 });
  } finally {
    source.close();
  }
}

async function removeLeftFiles(path: string): Promise<void> {
  const slash = path.lastIndexOf("/") + 1;
  const [folder, name] = [path.slice(0, slash), path.slice(slash)];
  try {
    for await (const entry of Deno.readDir(folder || ".")) {
      if (!entry.isFile || !entry.name.startsWith(name + MARK)) continue;
      const { mtime } = await Deno.stat(folder + entry.name);
      if (mtime !== null && Date.now() - mtime.getTime() > LEFT_MS) {
        await Deno.remove(folder + entry.name);
      }
    }
  } catch (error) {
    // No folder yet, or another process has removed it.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
