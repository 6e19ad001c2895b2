import { Failure } from "../../../failure/failure.ts";
import { existing } from "../../../lake/half_created.ts";
import { getIfThere } from "../../../lake/if_there.ts";
import type { LoadedTable, TableCatalog } from "../catalog.ts";
import type { TableMetadata } from "../metadata.ts";
import { formatJson, parseMetadata } from "../metadata_json.ts";
import type { TableFiles } from "../table_files.ts";
import { applyUpdates, type TableUpdate } from "../updates.ts";
import { nextLog } from "../metadata_log.ts";

/**
 * A catalog that is the table's own folder: metadata files are numbered, and a commit is the creation of
 * the next one, which succeeds for one writer only. Engines know it as a Hadoop catalog:
 * https://iceberg.apache.org/spec/#file-system-tables
 *
 * Old metadata files are truncated, never removed: a writer that missed many commits would otherwise find
 * its next number free and fork the table.
 */
export class DirectoryCatalog implements TableCatalog {
  readonly description: string;
  readonly #files: TableFiles;
  readonly #folder: string;
  readonly #now: () => number;
  /** A version that exists or existed: where looking for the newest begins. */
  #known = 0;
  #loaded: { version: number; metadata: TableMetadata } | undefined;
  #isProved = false;

  constructor(files: TableFiles, now: () => number = Date.now) {
    this.#files = files;
    this.#folder = `${files.folder}/metadata`;
    this.#now = now;
    this.description = `${files.store.description}, with the folder ${files.folder} as the catalog`;
  }

  async load(): Promise<LoadedTable | undefined> {
    let version = this.#known || await this.#hint() || 1;
    let metadata = await this.#read(version);
    if (metadata === undefined) {
      // The hint may be ahead of the table, or missing where others or an interrupted drop removed old versions.
      version = await this.#newest();
      metadata = await this.#read(version);
    }
    if (metadata === undefined) return undefined;
    for (;; version++) {
      const next = await this.#read(version + 1);
      if (next === undefined) break;
      metadata = next;
    }
    // The newest is never empty.
    if (metadata === "emptied") {
      this.#known = 0;
      throw new Failure("failed", `${this.#name(version)} is empty`, {
        fix:
          "Someone has emptied or restored files of the table; restore its newest metadata file.",
      });
    }
    this.#known = version;
    this.#loaded = { version, metadata };
    return {
      metadata,
      metadataFile: this.#files.uri(this.#name(version)),
      version,
    };
  }

  async create(metadata: TableMetadata): Promise<boolean> {
    await this.#prove();
    if (!await this.#createVersion(1, metadata)) return false;
    await this.#writeHint(1);
    return true;
  }

  async commit(base: LoadedTable, updates: readonly TableUpdate[]): Promise<boolean> {
    await this.#prove();
    const version = base.version as number + 1;
    const { log, trimmed } = nextLog(base);
    const metadata = {
      ...applyUpdates(base.metadata, updates, this.#now()),
      "metadata-log": log,
    };
    if (!await this.#createVersion(version, metadata)) return false;
    // The commit is done; the rest helps readers and saves storage.
    await this.#writeHint(version).catch(() => {});
    for (const uri of trimmed) {
      const name = this.#files.name(uri, metadata.location);
      await this.#files.store.put(name, new Uint8Array(0)).catch(() => {});
    }
    return true;
  }

  async drop(): Promise<void> {
    const names = await Array.fromAsync(this.#files.store.list(`${this.#folder}/v`));
    await this.#files.store.remove(`${this.#folder}/version-hint.text`);
    // The newest last, so that an interrupted drop can be repeated.
    names.sort((a, b) => versionOf(a.name) - versionOf(b.name));
    for (const { name } of names) {
      if (versionOf(name) > 0) await this.#files.store.remove(name);
    }
    this.#known = 0;
    this.#loaded = undefined;
  }

  close(): void {}

  /**
   * @returns `false` if another writer has created it
   * @throws {Failure} kind `service`, when the store says both that it exists and that it does not
   */
  async #createVersion(version: number, metadata: TableMetadata): Promise<boolean> {
    const { store } = this.#files;
    const name = this.#name(version);
    if (await store.create(name, encode(metadata))) {
      this.#known = version;
      this.#loaded = { version, metadata };
      return true;
    }
    const found = await existing(store, name, () => this.#read(version));
    if (found !== "emptied") {
      this.#known = version;
      this.#loaded = { version, metadata: found };
    }
    return false;
  }

  /** @returns `undefined` if there is no such version, or not yet */
  async #read(version: number): Promise<TableMetadata | "emptied" | undefined> {
    if (this.#loaded?.version === version) return this.#loaded.metadata;
    const name = this.#name(version);
    const bytes = await getIfThere(this.#files.store, name);
    if (bytes === undefined) return undefined;
    return bytes.length === 0 ? "emptied" : parseMetadata(bytes, name);
  }

  async #hint(): Promise<number> {
    const bytes = await getIfThere(this.#files.store, `${this.#folder}/version-hint.text`);
    const version = Number(bytes && new TextDecoder().decode(bytes));
    return Number.isSafeInteger(version) && version > 0 ? version : 0;
  }

  async #newest(): Promise<number> {
    let newest = 1;
    for await (const { name } of this.#files.store.list(`${this.#folder}/v`)) {
      newest = Math.max(newest, versionOf(name));
    }
    return newest;
  }

  async #writeHint(version: number): Promise<void> {
    const text = new TextEncoder().encode(String(version));
    const { store, root } = this.#files;
    await store.put(`${this.#folder}/version-hint.text`, text);
    // Hadoop, in Spark, keeps a checksum beside each local file that it writes, and refuses another content.
    const checksum = `${this.#folder}/.version-hint.text.crc`;
    if (!root.startsWith("file:") || await getIfThere(store, checksum) === undefined) return;
    await store.remove(checksum);
  }

  /** A store that overwrites on create would silently lose commits. */
  async #prove(): Promise<void> {
    if (this.#isProved) return;
    const { store } = this.#files;
    const name = `${this.#folder}/probe-${crypto.randomUUID()}`;
    await store.create(name, new Uint8Array(1));
    const again = await store.create(name, new Uint8Array(1));
    await store.remove(name);
    if (again) {
      throw new Failure(
        "failed",
        `${store.description} ignores If-None-Match: it cannot be an Iceberg catalog`,
        {
          fix:
            "Use a REST catalog (ICEBERG_REST_URI), Glue, or an S3 server that supports conditional writes.",
        },
      );
    }
    this.#isProved = true;
  }

  #name(version: number): string {
    return `${this.#folder}/v${version}.metadata.json`;
  }
}

function versionOf(name: string): number {
  return Number(/\/v(\d+)\.metadata\.json$/.exec(name)?.[1] ?? 0);
}

function encode(metadata: TableMetadata): Uint8Array {
  return new TextEncoder().encode(formatJson(metadata));
}
