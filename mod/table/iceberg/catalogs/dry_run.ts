import { Failure } from "../../../failure/failure.ts";
import type { LoadedTable, TableCatalog } from "../catalog.ts";
import type { TableMetadata } from "../metadata.ts";

/**
 * A catalog for dry runs: a table that is created through it exists in memory only, and nothing is committed.
 * @param inner the catalog; only read, and closed with this one
 */
export function dryRunCatalog(inner: TableCatalog): TableCatalog {
  let created: TableMetadata | undefined;
  const refused = (what: string) =>
    Promise.reject(new Failure("failed", `a dry run was about to ${what}; nothing was changed`));
  return {
    description: inner.description,
    metadataFile: inner.metadataFile?.bind(inner),
    async load(): Promise<LoadedTable | undefined> {
      const found = await inner.load();
      if (found !== undefined || created === undefined) return found;
      return { metadata: created, metadataFile: created.location, version: undefined };
    },
    async create(metadata) {
      if (await this.load() !== undefined) return false;
      created = metadata;
      return true;
    },
    commit: () => refused("commit to the table"),
    drop: () => refused("drop the table"),
    close: () => inner.close(),
  };
}
