import { createHash } from "node:crypto";
import { DEAD_LETTER_ROOT, fileStem, parseObjectName } from "../../lake/layout.ts";
import type { LakeObject, LakeStore, StoreOptions } from "../../lake/store.ts";
import type { TableCatalog } from "./catalog.ts";
import { Failure } from "../../failure/failure.ts";
import { liveEntries } from "./live_entries.ts";
import type { TableFiles } from "./table_files.ts";

function deletedByOthers(table: string): Failure {
  return new Failure(
    "failed",
    `another program has deleted rows of table ${table} with delete files, which the local engine does not read`,
    {
      fix:
        "Query it with Trino, Athena, DuckDB or pyiceberg; or have that program compact the table " +
        "(OPTIMIZE, rewrite_data_files), then repeat.",
    },
  );
}

/**
 * An Iceberg table presented as a lake of Hive objects without partitions: it lists the files of the current
 * snapshot, whoever wrote them, under names that readers of the Hive layout accept. A file written by another
 * program counts as one of the topic. Read-only; listing throws a {@linkcode Failure} of kind `failed` where
 * the table has delete files.
 */
export class IcebergLake implements LakeStore {
  readonly description: string;
  readonly #catalog: TableCatalog;
  readonly #files: TableFiles;
  readonly #topic: string;
  readonly #real = new Map<string, string>();

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
    if (base === undefined) return;
    const { entries, hasDeleteFiles } = await liveEntries(base, this.#files);
    // Read as it is, what others have deleted would be there again.
    if (hasDeleteFiles) throw deletedByOthers(this.#files.folder);
    for (const { name, file } of entries) {
      const shown = this.#shownName(name);
      this.#real.set(shown, name);
      // A file is never written again.
      yield { name: shown, size: Number(file.file_size_in_bytes), version: name };
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

  get(
    name: string,
    options?: StoreOptions & { range?: { start: number; end: number } },
  ): Promise<Uint8Array> {
    return this.#files.store.get(this.#real.get(name) ?? name, options);
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
