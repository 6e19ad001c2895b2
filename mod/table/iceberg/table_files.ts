import { Failure } from "../../failure/failure.ts";
import { AbsentObject } from "../../lake/absent_object.ts";
import type { LakeStore } from "../../lake/store.ts";
import { LastManifestList } from "./last_manifest_list.ts";

/** The files of one table in the lake: URIs as its metadata has them, names as the store has them. */
export class TableFiles {
  readonly store: LakeStore;
  /** URI of the lake's root, without a `/` at its end. */
  readonly root: string;
  /** Folder of the table below the root, without a `/` at its end. */
  readonly folder: string;
  readonly manifestLists: LastManifestList = new LastManifestList();

  constructor(store: LakeStore, root: string, folder: string) {
    this.store = store;
    this.root = root.replace(/\/+$/, "");
    this.folder = folder;
  }

  /** The table's location, where this program creates it. */
  get location(): string {
    return this.uri(this.folder);
  }

  /** Whether a table was made elsewhere than where its files lie. @param location the table's own */
  isMoved(location: string): boolean {
    return plain(location).replace(/\/+$/, "") !== plain(this.location);
  }

  /**
   * @param name of an object below the lake's root
   * @param location the table's own; files of a lake that was moved keep the former one
   */
  uri(name: string, location?: string): string {
    const folder = `${this.folder}/`;
    if (location === undefined || !name.startsWith(folder)) return `${this.root}/${name}`;
    return `${location}/${name.slice(folder.length)}`;
  }

  /**
   * Name of a file below the lake's root.
   * @param location the table's own, by its metadata: a lake that was moved keeps the old one
   * @throws {Failure} kind `failed`, for a file that is elsewhere
   */
  name(uri: string, location: string): string {
    const [file, root, table] = [uri, this.root, location].map(plain);
    if (file.startsWith(root + "/")) return file.slice(root.length + 1);
    if (file.startsWith(table + "/")) return this.folder + file.slice(table.length);
    throw new Failure("failed", `${uri} is outside the lake ${this.root}`, {
      fix: "Set AWS_S3_BUCKET and TICKLAKE_PREFIX (or --home) to the table's location.",
    });
  }

  /**
   * Reads a metadata file, a manifest list or a manifest.
   * @throws {Failure} kind `failed`, when it is absent, or the table is in another place than this lake
   */
  async get(uri: string, location: string): Promise<Uint8Array> {
    try {
      return await this.store.get(this.name(uri, location));
    } catch (error) {
      if (!(error instanceof AbsentObject)) throw error;
      throw this.isBelow(uri) ? this.#absent(uri, error) : this.elsewhere(location);
    }
  }

  /** Nothing else says what was in such a file, so none of the advice removes anything. */
  #absent(uri: string, cause: AbsentObject): Failure {
    return new Failure(
      "failed",
      `table ${this.folder} is incomplete: its metadata names ${uri}, which does not exist`,
      {
        cause,
        fix:
          "Restore it, and what else was removed with it, from the bucket's object versions or a backup; " +
          "`repair` cannot rebuild it. Remove nothing meanwhile: the data files may all be there. If there is " +
          "no copy, give the schema another table name and start consume with a new --group: it writes what " +
          "the topic still has into a new table.",
      },
    );
  }

  /** Whether {@linkcode TableFiles.name} knows a file. @param location the table's own */
  has(uri: string, location: string): boolean {
    return this.isBelow(uri) || plain(uri).startsWith(plain(location) + "/");
  }

  /** Whether a file is in the lake by its URI: those of a lake that was moved are not. */
  isBelow(uri: string): boolean {
    return plain(uri).startsWith(plain(this.root) + "/");
  }

  /** The failure for a table whose files are in another place. @param location the table's own */
  elsewhere(location: string): Failure {
    return new Failure(
      "failed",
      this.isBelow(location)
        ? `table ${this.folder} is at ${location}, not at ${this.location}`
        : `table ${this.folder} is at ${location}, not in the lake ${this.root}`,
      {
        fix:
          "Give the schema another table name, or set AWS_S3_BUCKET and TICKLAKE_PREFIX (or --home) to the " +
          "table's location. `ticklake verify --table-of-others` reads a table of another program.",
      },
    );
  }

  put(uri: string, location: string, bytes: Uint8Array): Promise<void> {
    return this.store.put(this.name(uri, location), bytes);
  }
}

/** A URI in one spelling: Hadoop's programs write s3a:// for the same bucket, and a path for a file on this host. */
function plain(uri: string): string {
  return uri.replace(/^s3[an]:/, "s3:").replace(/^(?:file:)?\/+/, "file:///");
}
