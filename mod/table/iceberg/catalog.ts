import type { TableMetadata } from "./metadata.ts";
import type { TableUpdate } from "./updates.ts";

/** A table as it was at one moment. */
export interface LoadedTable {
  metadata: TableMetadata;
  /** URI of the metadata file. */
  metadataFile: string;
  /** What the catalog itself must know of that moment, for its compare-and-set. */
  version: unknown;
}

/** The port to what knows the current metadata of one table, and changes it by compare-and-set. */
export interface TableCatalog {
  /** For people, such as `the REST catalog at https://…`. */
  readonly description: string;
  /**
   * The table as it is now; `undefined` where there is none.
   * @throws {Failure} kind `service`, when the catalog cannot be reached
   */
  load(): Promise<LoadedTable | undefined>;
  /**
   * Creates the table.
   * @returns `false` where it is there already
   * @throws {Failure} kind `service`: whether it was created is not known
   */
  create(metadata: TableMetadata): Promise<boolean>;
  /**
   * Changes the table, if its current snapshot is still that of `base`, as one step.
   * @returns `false` where it was not, and nothing was changed by this call or will be
   * @throws {Failure} kind `service`: whether it was changed is **not known**. Any other kind: refused,
   * nothing was changed.
   */
  commit(base: LoadedTable, updates: readonly TableUpdate[]): Promise<boolean>;
  /** Forgets the table; its files stay. One that is not there is no error. */
  drop(): Promise<void>;
  close(): void;
}
