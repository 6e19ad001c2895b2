import { Failure } from "../../../failure/failure.ts";
import { existing } from "../../../lake/half_created.ts";
import { getIfThere } from "../../../lake/if_there.ts";
import type { LakeObject } from "../../../lake/store.ts";
import type { LoadedTable, TableCatalog } from "../catalog.ts";
import type { TableMetadata } from "../metadata.ts";
import { formatJson, parseMetadata } from "../metadata_json.ts";
import type { TableFiles } from "../table_files.ts";
import { applyUpdates, type TableUpdate } from "../updates.ts";
import { nextLog } from "../metadata_log.ts";
import { versionUuid } from "./version_uuid.ts";

type Version = TableMetadata | "emptied";

interface FoundVersion {
  version: number;
  metadata: Version;
  /** The version after it, if there is one. */
  next: Version | undefined;
}

/**
 * A catalog that is the table's own folder: metadata files are numbered, and a commit is the creation of
 * the next one, which succeeds for one writer only. Engines know it as a Hadoop catalog:
 * https://iceberg.apache.org/spec/#file-system-tables
 *
 * Old metadata files are truncated, never removed: a writer that missed many commits would otherwise find
 * its next number free and fork the table. A version counts only while the one it is based on is there:
 * the base is looked for again when a table is loaded, and after each commit.
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
    const from = await this.#sinceLast() ?? await this.#find();
    if (from === undefined) return undefined;
    let { version, metadata, next } = from;
    while (next !== undefined) {
      this.#requireSame(metadata, next, version + 1);
      metadata = next;
      version++;
      next = await this.#read(version + 1);
    }
    // The newest is never empty.
    if (metadata === "emptied") {
      this.#forget();
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
    // The commit is done, unless the table was dropped after `base` was loaded. The hint only helps readers.
    const [parent] = await Promise.all([
      this.#uuid(version - 1),
      this.#writeHint(version).catch(() => {}),
    ]);
    if (parent !== "emptied" && parent !== metadata["table-uuid"]) {
      await this.#withdraw(version, metadata);
      return false;
    }
    // Saves storage.
    for (const uri of trimmed) {
      const name = this.#files.name(uri, metadata.location);
      await this.#files.store.put(name, new Uint8Array(0)).catch(() => {});
    }
    return true;
  }

  async drop(): Promise<void> {
    const { store } = this.#files;
    this.#forget();
    const names = await this.#versions();
    const newest = names.at(-1);
    // What is damaged can be dropped too.
    const uuid = newest && await versionUuid(store, newest.name).catch(() => undefined);
    await store.remove(this.#hintName);
    // The newest last, so that an interrupted drop can be repeated.
    for (const { name } of names) await store.remove(name);
    // Commits that were in flight. A later one finds its base gone, and withdraws; others' new table stays.
    for (const { name, size } of await this.#versions()) {
      if (size === 0 || uuid !== undefined && await versionUuid(store, name) === uuid) {
        await store.remove(name);
      }
    }
  }

  close(): void {}

  /** The version that was loaded last, with the one after it; `undefined` if it is not the table's any more. */
  async #sinceLast(): Promise<FoundVersion | undefined> {
    if (this.#loaded === undefined) return undefined;
    const { version, metadata } = this.#loaded;
    const [uuid, next] = await Promise.all([this.#uuid(version), this.#read(version + 1)]);
    if (uuid === metadata["table-uuid"]) return { version, metadata, next };
    // The table was dropped, maybe recreated; or emptied, as many commits followed.
    this.#forget();
  }

  /** A version of the table, with the one after it. */
  async #find(): Promise<FoundVersion | undefined> {
    let version = this.#known || await this.#hint() || 1;
    let metadata = await this.#read(version);
    if (metadata === undefined) {
      // The hint may be ahead of the table, or missing where others or an interrupted drop removed old versions.
      version = await this.#newest();
      metadata = await this.#read(version);
    }
    return metadata && { version, metadata, next: await this.#read(version + 1) };
  }

  /** @throws {Failure} kind `service`, when two versions in a row are of two tables */
  #requireSame(one: Version, next: Version, version: number): void {
    if (one === "emptied" || next === "emptied" || one["table-uuid"] === next["table-uuid"]) return;
    this.#forget();
    throw new Failure(
      "service",
      `${this.#name(version)} is of another table than v${version - 1} (table-uuid ` +
        `${next["table-uuid"]} instead of ${one["table-uuid"]})`,
      {
        fix:
          "A consume that was still writing a dropped table removes such a file at once: try again. If it " +
          "stays, that consume was killed in between. Stop all writers, keep a copy of the table's folder, and " +
          `move v${version}.metadata.json and the higher numbers with its table-uuid out of the folder.`,
      },
    );
  }

  #forget(): void {
    this.#known = 0;
    this.#loaded = undefined;
  }

  #uuid(version: number): Promise<string | undefined> {
    return versionUuid(this.#files.store, this.#name(version));
  }

  /** Takes back the commit to a table that is gone: the version would revive it, or fork the new one. */
  async #withdraw(version: number, metadata: TableMetadata): Promise<void> {
    this.#forget();
    // Those of a new table stay.
    if (await this.#uuid(version) !== metadata["table-uuid"]) return;
    await this.#files.store.remove(this.#name(version));
    // Without it, readers list the folder.
    await this.#files.store.remove(this.#hintName);
  }

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
    const isSame = found !== "emptied" && found["table-uuid"] === metadata["table-uuid"];
    if (isSame) {
      this.#known = version;
      this.#loaded = { version, metadata: found };
    } else {
      this.#forget();
    }
    return false;
  }

  /** @returns `undefined` if there is no such version, or not yet */
  async #read(version: number): Promise<Version | undefined> {
    const name = this.#name(version);
    const bytes = await getIfThere(this.#files.store, name);
    if (bytes === undefined) return undefined;
    return bytes.length === 0 ? "emptied" : parseMetadata(bytes, name);
  }

  async #hint(): Promise<number> {
    const bytes = await getIfThere(this.#files.store, this.#hintName);
    const version = Number(bytes && new TextDecoder().decode(bytes));
    return Number.isSafeInteger(version) && version > 0 ? version : 0;
  }

  async #newest(): Promise<number> {
    return versionOf((await this.#versions()).at(-1)?.name ?? "") || 1;
  }

  /** The metadata files, the oldest first. */
  async #versions(): Promise<LakeObject[]> {
    const found = await Array.fromAsync(this.#files.store.list(`${this.#folder}/v`));
    return found.filter(({ name }) => versionOf(name) > 0)
      .sort((a, b) => versionOf(a.name) - versionOf(b.name));
  }

  async #writeHint(version: number): Promise<void> {
    const text = new TextEncoder().encode(String(version));
    const { store, root } = this.#files;
    await store.put(this.#hintName, text);
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

  get #hintName(): string {
    return `${this.#folder}/version-hint.text`;
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
