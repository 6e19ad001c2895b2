import { readFooter } from "../../lake/format/parquet/footer.ts";
import { Failure, messageOf } from "../../failure/failure.ts";
import type { LoadedTable } from "./catalog.ts";
import { fileColumns } from "./file_columns.ts";
import { type LiveEntry, partitionKey } from "./live_entries.ts";
import type { DataFile } from "./manifest.ts";
import { specOf } from "./metadata.ts";
import { namesInFile } from "./names_in_file.ts";
import { currentManifests, entriesOf } from "./snapshot.ts";
import type { TableFiles } from "./table_files.ts";

/** A delete file of the current snapshot. */
interface DeleteFile {
  /** Name below the lake's root. */
  name: string;
  file: DataFile;
  specId: number;
  /** Its data sequence number. */
  sequence: bigint;
}

/** Positions in one data file that a delete file names. */
interface DeletedPositions {
  by: DeleteFile;
  positions: number[];
}

/** Values whose rows a delete file deletes. */
interface DeletedValues {
  /** Ids of the columns that are compared. */
  ids: readonly number[];
  keys: ReadonlySet<string>;
}

/** `content` of a delete file that names positions; others have values. */
const POSITIONS = 1;

/**
 * The rows that other programs have deleted by delete files, which leave the data files as they are. Delete
 * files are read once, when they are first needed.
 * Source: https://iceberg.apache.org/spec/#scan-planning, https://iceberg.apache.org/spec/#delete-formats
 */
export class RowDeletes {
  readonly #base: LoadedTable;
  readonly #files: TableFiles;
  readonly #signal: AbortSignal | undefined;
  readonly #byValue: readonly DeleteFile[];
  readonly #byPosition: readonly DeleteFile[];
  /** Those that are not Parquet: nothing is known of the rows that they delete. */
  readonly #unknown: readonly DeleteFile[];
  /** Data sequence number of the newest delete file: another one as soon as more may be deleted. */
  readonly newest: bigint;
  #positions: Promise<ReadonlyMap<string, DeletedPositions[]>> | undefined;
  readonly #values = new Map<string, Promise<DeletedValues>>();

  private constructor(
    base: LoadedTable,
    files: TableFiles,
    deletes: readonly DeleteFile[],
    signal?: AbortSignal,
  ) {
    this.#base = base;
    this.#files = files;
    this.#signal = signal;
    const isParquet = ({ file }: DeleteFile) => file.file_format.toUpperCase() === "PARQUET";
    const known = deletes.filter(isParquet);
    this.#byPosition = known.filter(({ file }) => file.content === POSITIONS);
    this.#byValue = known.filter(({ file }) => file.content !== POSITIONS);
    this.#unknown = deletes.filter((one) => !isParquet(one));
    this.newest = deletes.reduce((most, { sequence }) => sequence > most ? sequence : most, 0n);
  }

  /** Lists the delete files of the current snapshot. */
  static async open(
    base: LoadedTable,
    files: TableFiles,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<RowDeletes> {
    const { metadata } = base;
    const manifests = (await currentManifests(base, files)).filter(({ content }) => content !== 0);
    const deletes = await Promise.all(
      manifests.map(async (manifest) =>
        (await entriesOf(manifest, base, files)).map((entry): DeleteFile => ({
          name: files.name(entry.data_file.file_path, metadata.location),
          file: entry.data_file,
          specId: manifest.partition_spec_id,
          sequence: entry.sequence_number ?? 0n,
        }))
      ),
    );
    return new RowDeletes(base, files, deletes.flat(), signal);
  }

  /** Number of delete files. */
  get count(): number {
    return this.#byPosition.length + this.#byValue.length + this.#unknown.length;
  }

  /** Whether there are delete files that may concern a data file. */
  mayConcern(entry: LiveEntry): boolean {
    return this.#byPosition.some(({ sequence }) => entry.sequence <= sequence) ||
      this.#byValue.some((one) => isOfValues(one, entry, this.#base)) ||
      this.#unknownOf(entry) !== undefined;
  }

  /** Whether all delete files that may concern a data file can be read here. */
  isReadable(entry: LiveEntry): boolean {
    return this.#unknownOf(entry) === undefined;
  }

  /**
   * Whether a delete file names rows of a data file, or has values that may be in it.
   * @param since only delete files that were added after this sequence number. @default {all}
   * @throws {Failure} kind `failed`, when a delete file cannot be read
   */
  async concern(entry: LiveEntry, since = -1n): Promise<boolean> {
    const isNew = ({ sequence }: DeleteFile) => sequence > since;
    if (this.#unknown.some((one) => isNew(one) && mayApply(one, entry, this.#base))) return true;
    if (this.#byValue.some((one) => isNew(one) && isOfValues(one, entry, this.#base))) return true;
    if (!this.#byPosition.some((one) => isNew(one) && entry.sequence <= one.sequence)) return false;
    return (await this.#positionsOf(entry)).some(({ by }) => isNew(by));
  }

  /**
   * URIs of the delete files that concern none of some data files: they delete nothing.
   * @throws {Failure} kind `failed`, when a delete file cannot be read
   */
  async without(entries: readonly LiveEntry[]): Promise<ReadonlySet<string>> {
    const used = new Set<DeleteFile>();
    for (const entry of entries) {
      if (!this.mayConcern(entry)) continue;
      for (const { by } of await this.#positionsOf(entry)) used.add(by);
      for (const one of this.#byValue) if (isOfValues(one, entry, this.#base)) used.add(one);
      for (const one of this.#unknown) if (mayApply(one, entry, this.#base)) used.add(one);
    }
    const all = [...this.#byPosition, ...this.#byValue, ...this.#unknown];
    return new Set(all.filter((one) => !used.has(one)).map(({ file }) => file.file_path));
  }

  #unknownOf(entry: LiveEntry): DeleteFile | undefined {
    return this.#unknown.find((one) => mayApply(one, entry, this.#base));
  }

  async #positionsOf(entry: LiveEntry): Promise<readonly DeletedPositions[]> {
    const all = await (this.#positions ??= this.#readPositions());
    return (all.get(entry.name) ?? []).filter(({ by }) => entry.sequence <= by.sequence);
  }

  /**
   * The rows of a data file that are deleted, by their positions in it.
   * @param bytes the data file's
   * @throws {Failure} kind `failed`, when a delete file cannot be read
   */
  async of(entry: LiveEntry, bytes: Uint8Array): Promise<ReadonlySet<number>> {
    const gone = new Set<number>();
    if (!this.mayConcern(entry)) return gone;
    const unknown = this.#unknownOf(entry);
    if (unknown !== undefined) throw unreadable(unknown);
    for (const { positions } of await this.#positionsOf(entry)) {
      for (const position of positions) gone.add(position);
    }
    for (const one of this.#byValue) {
      if (!isOfValues(one, entry, this.#base)) continue;
      let values = this.#values.get(one.name);
      if (values === undefined) this.#values.set(one.name, values = this.#readValues(one));
      const { ids, keys } = await values;
      (await this.#keys(bytes, ids)).forEach((key, row) => {
        if (keys.has(key)) gone.add(row);
      });
    }
    return gone;
  }

  async #readPositions(): Promise<ReadonlyMap<string, DeletedPositions[]>> {
    const found = new Map<string, DeletedPositions[]>();
    for (const one of this.#byPosition) {
      const [paths, positions] = await this.#read(
        one,
        (bytes, metadata) => fileColumns(bytes, metadata, ["file_path", "pos"]),
      );
      let uri: unknown;
      let own: DeletedPositions | undefined;
      for (let row = 0; row < paths.length; row++) {
        // They are sorted by file.
        if (own === undefined || paths[row] !== uri) {
          uri = paths[row];
          own = { by: one, positions: [] };
          const name = this.#files.name(String(uri), this.#base.metadata.location);
          found.set(name, [...found.get(name) ?? [], own]);
        }
        own.positions.push(Number(positions[row]));
      }
    }
    return found;
  }

  async #readValues(one: DeleteFile): Promise<DeletedValues> {
    const ids = one.file.equality_ids ?? [];
    const keys = await this.#read(one, (bytes) => this.#keys(bytes, ids));
    return { ids, keys: new Set(keys) };
  }

  /** For each row of a file, its values of some columns as one text. */
  async #keys(bytes: Uint8Array, ids: readonly number[]): Promise<string[]> {
    const metadata = readFooter(bytes);
    const names = namesInFile(
      metadata,
      this.#base.metadata.schemas.flatMap(({ fields }) => fields),
    );
    // A column that the file does not have is null in all of its rows.
    const there = ids.flatMap((id) => names.get(id) ?? []);
    const columns = await fileColumns(bytes, metadata, there);
    return Array.from({ length: Number(metadata.num_rows) }, (_, row) => {
      let column = 0;
      return JSON.stringify(
        ids.map((id) => names.has(id) ? plain(columns[column++][row]) : null),
      );
    });
  }

  async #read<T>(
    { name }: DeleteFile,
    read: (bytes: Uint8Array, metadata: ReturnType<typeof readFooter>) => Promise<T>,
  ): Promise<T> {
    const bytes = await this.#files.store.get(name, { signal: this.#signal });
    try {
      return await read(bytes, readFooter(bytes));
    } catch (cause) {
      throw new Failure("failed", `delete file ${name} cannot be read: ${messageOf(cause)}`, {
        cause,
        fix:
          "Rows that another program has deleted cannot be told from the others. Have that program " +
          "compact the table, or roll it back to a snapshot without the file.",
      });
    }
  }
}

function unreadable({ name, file }: DeleteFile): Failure {
  return new Failure(
    "failed",
    `another program has deleted rows by ${name}, a file of ${file.file_format}; only Parquet can ` +
      "be read here",
    { fix: "Have that program compact the table (OPTIMIZE, rewrite_data_files), then repeat." },
  );
}

/** Whether a delete file may be about rows of a data file, by their sequence numbers and partitions. */
function mayApply(one: DeleteFile, entry: LiveEntry, base: LoadedTable): boolean {
  return one.file.content === POSITIONS
    ? entry.sequence <= one.sequence
    : isOfValues(one, entry, base);
}

/** Whether a delete file of values is about rows of a data file. */
function isOfValues(
  { file, specId, sequence }: DeleteFile,
  entry: LiveEntry,
  base: LoadedTable,
): boolean {
  if (entry.sequence >= sequence) return false;
  // Without partitions it is about all of the table's files.
  if (specOf(base.metadata, specId).fields.length === 0) return true;
  return specId === entry.specId && partitionKey(file) === partitionKey(entry.file);
}

/** A value as text: numbers of any width are one, as are equal bytes. */
function plain(value: unknown): string | boolean | null {
  if (value === undefined || value === null) return null;
  if (value instanceof Uint8Array) return value.toHex();
  if (value instanceof Date) return value.toISOString();
  return typeof value === "boolean" ? value : String(value);
}
