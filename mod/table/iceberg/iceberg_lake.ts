import { createHash } from "node:crypto";
import { DEAD_LETTER_ROOT, fileStem, parseObjectName } from "../../lake/layout.ts";
import type { LakeObject, LakeStore, StoreOptions } from "../../lake/store.ts";
import type { LoadedTable, TableCatalog } from "./catalog.ts";
import { requireNoHive } from "../hive/hive_in_place.ts";
import { liveEntries, type LiveEntry } from "./live_entries.ts";
import { RowDeletes } from "./row_deletes.ts";
import type { TableFiles } from "./table_files.ts";
import { withoutRows } from "./without_rows.ts";

/**
 * An Iceberg table presented as a lake of Hive objects without partitions: it lists the files of the current
 * snapshot, whoever wrote them, under names that readers of the Hive layout accept. A file written by another
 * program counts as one of the topic. Rows that delete files remove are left out. Read-only.
 */
export class IcebergLake implements LakeStore {
  readonly description: string;
  readonly #catalog: TableCatalog;
  readonly #files: TableFiles;
  readonly #topic: string;
  readonly #real = new Map<string, string>();
  /** What is deleted of listed files, by the names shown. */
  readonly #deleted = new Map<
    string,
    { entry: LiveEntry; deletes: RowDeletes; base: LoadedTable }
  >();

  constructor(catalog: TableCatalog, files: TableFiles, topic: string) {
    this.#topic = topic;
    this.#catalog = catalog;
    this.#files = files;
    this.description = `the Iceberg table ${files.folder} in ${catalog.description}`;
  }

  async *list(prefix: string, options?: StoreOptions): AsyncIterable<LakeObject> {
    if (prefix.startsWith(`${DEAD_LETTER_ROOT}/`)) {
      yield* this.#files.store.list(prefix, options);
      return;
    }
    const base = await this.#catalog.load();
    if (base === undefined) {
      return await requireNoHive(this.#files.store, this.#files.folder, options);
    }
    const { entries, hasDeleteFiles } = await liveEntries(base, this.#files);
    const deletes = hasDeleteFiles ? await RowDeletes.open(base, this.#files, options) : undefined;
    for (const entry of entries) {
      const { name, file } = entry;
      const shown = this.#shownName(name);
      this.#real.set(shown, name);
      // A file is never written again; what is deleted of it may grow.
      let version = name;
      if (deletes?.mayConcern(entry)) {
        this.#deleted.set(shown, { entry, deletes, base });
        version = `${name} ${deletes.newest}`;
      } else this.#deleted.delete(shown);
      yield { name: shown, size: Number(file.file_size_in_bytes), version };
    }
  }

  #shownName(name: string): string {
    const { folder } = this.#files;
    const base = name.slice(name.lastIndexOf("/") + 1);
    const parsed = parseObjectName(`${folder}/${base}`) ??
      { topic: this.#topic, partition: 0, first: 0, last: 0 };
    // In place of the log's key: files of one range differ only in their folder.
    const log = createHash("sha256").update(name).digest("hex").slice(0, 12);
    return `${folder}/${fileStem({ ...parsed, log })}.parquet`;
  }

  async get(
    name: string,
    options: StoreOptions & { range?: { start: number; end: number } } = {},
  ): Promise<Uint8Array> {
    const real = this.#real.get(name) ?? name;
    const deleted = this.#deleted.get(name);
    if (deleted === undefined) return await this.#files.store.get(real, options);
    const bytes = await this.#files.store.get(real, { signal: options.signal });
    const gone = await deleted.deletes.of(deleted.entry, bytes);
    const { range } = options;
    const left = gone.size === 0 ? bytes : await withoutRows(bytes, gone, deleted.base);
    return range === undefined ? left : left.subarray(range.start, range.end);
  }

  put(): Promise<void> {
    throw new Error("an Iceberg table is not written object by object");
  }

  create(): Promise<boolean> {
    return this.put() as Promise<never>;
  }

  remove(): Promise<void> {
    return this.put();
  }

  async check(): Promise<void> {
    await this.#catalog.load();
  }

  close(): void {
    this.#catalog.close();
    this.#files.store.close();
  }
}
