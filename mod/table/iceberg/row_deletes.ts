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
  sequence: bigint;
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
    this.#byPosition = deletes.filter(({ file }) => file.content === POSITIONS);
    this.#byValue = deletes.filter(({ file }) => file.content !== POSITIONS);
    this.newest = deletes.reduce((most, { sequence }) => sequence > most ? sequence : most, 0n);
  }

  /** @throws {Failure} kind `failed`, for delete files that are not Parquet */
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
    const all = deletes.flat();
    const other = all.find(({ file }) => file.file_format.toUpperCase() !== "PARQUET");
    if (other === undefined) return new RowDeletes(base, files, all, signal);
    throw new Failure(
      "failed",
      `another program has deleted rows by ${other.name}, a file of ${other.file.file_format}; ` +
        "only Parquet can be read here",
      { fix: "Have that program compact the table (OPTIMIZE, rewrite_data_files), then repeat." },
    );
  }

  /** Whether there are delete files that may concern a data file. */
  mayConcern(entry: LiveEntry): boolean {
    return this.#byPosition.some(({ sequence }) => entry.sequence <= sequence) ||
      this.#byValue.some((one) => isOfValues(one, entry, this.#base));
  }

  /**
   * The rows of a data file that are deleted, by their positions in it.
   * @param bytes the data file's
   * @throws {Failure} kind `failed`, when a delete file cannot be read
   */
  async of(entry: LiveEntry, bytes: Uint8Array): Promise<ReadonlySet<number>> {
    const gone = new Set<number>();
    if (!this.mayConcern(entry)) return gone;
    this.#positions ??= this.#readPositions();
    for (const { sequence, positions } of (await this.#positions).get(entry.name) ?? []) {
      if (entry.sequence <= sequence) { for (const position of positions) gone.add(position); }
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
          own = { sequence: one.sequence, positions: [] };
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

/** A value as JSON has it: numbers of any width are one, as are equal bytes. */
function plain(value: unknown): string | boolean | null {
  if (value === undefined || value === null) return null;
  if (value instanceof Uint8Array) return value.toHex();
  if (value instanceof Date) return value.toISOString();
  return typeof value === "boolean" ? value : String(value);
}
