import { Failure } from "../../failure/failure.ts";
import type { TableMetadata } from "./metadata.ts";
import type { TableUpdate } from "./updates.ts";

/** A table as it was at one moment. */
export interface LoadedTable {
  metadata: TableMetadata;
  /** URI of the metadata file. */
  metadataFile: string;
  /** The catalog's own version of that moment, for its compare-and-set. */
  version: unknown;
}

/** The port to a catalog: it holds the current metadata of one table, and changes it by compare-and-set. */
export interface TableCatalog {
  /** For people, such as `the REST catalog at https://…`. */
  readonly description: string;
  /**
   * The table as it is now; `undefined` if there is none.
   * @throws {Failure} kind `service`, when the catalog cannot be reached
   */
  load(): Promise<LoadedTable | undefined>;
  /**
   * URI of the current metadata file, without reading it; `undefined` if there is no table. Only of a catalog that
   * does not hold the metadata itself.
   * @throws {Failure} as {@linkcode TableCatalog.load}
   */
  metadataFile?(): Promise<string | undefined>;
  /**
   * Creates the table.
   * @returns `false` if it exists already
   * @throws {Failure} kind `service`: whether it was created is not known
   */
  create(metadata: TableMetadata): Promise<boolean>;
  /**
   * Changes the table atomically, if its current snapshot is still that of `base`.
   * @returns `false` if it is not: this call has changed nothing, and will not
   * @throws {Failure} kind `service`: whether it was changed is **not known**. Any other kind: refused,
   * nothing was changed.
   */
  commit(base: LoadedTable, updates: readonly TableUpdate[]): Promise<boolean>;
  /** Removes the table from the catalog; its files stay. A table that does not exist is not an error. */
  drop(): Promise<void>;
  close(): void;
}

/** The failure for a table that is to be there and is not. */
export function absentTable({ description }: TableCatalog, table: string): Failure {
  return new Failure("failed", `table ${table} is not in ${description}`, {
    fix: "consume --table-format iceberg creates it; check --database and the catalog's settings.",
  });
}
