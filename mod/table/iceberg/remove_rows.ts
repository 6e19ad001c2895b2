import { Failure } from "../../failure/failure.ts";
import type { LoadedTable } from "./catalog.ts";
import { liveEntries, type LiveEntry } from "./live_entries.ts";
import { logsOf } from "./position.ts";
import { rewriteFiles, type RewrittenRows, type RowFilter } from "./rewrite_files.ts";
import { RowDeletes } from "./row_deletes.ts";
import { type AddedFile, writeSnapshot } from "./snapshot.ts";
import type { TableFiles } from "./table_files.ts";
import type { TableUpdate } from "./updates.ts";

/** What happens to a file: it is kept, removed, or rewritten with the rows that are kept. */
export type FileFate = "kept" | "removed" | { isKept: RowFilter };

/** Options of {@linkcode RowRemoval}. */
export interface RemovalOptions {
  files: TableFiles;
  /** Id of the log whose rows are removed. */
  log: string;
  /** Column with a row's place in its message's array; without it messages are one row. */
  indexColumn?: string;
  signal?: AbortSignal;
}

/**
 * Takes rows out of a table: files that have none but those go, others are written again without them, and
 * without what delete files have deleted of them.
 */
export class RowRemoval {
  readonly #options: RemovalOptions;
  /** What was written again, by the former file's name: for when a commit has to be repeated. */
  readonly #rewritten = new Map<string, RewrittenRows & { newestDelete: bigint }>();

  constructor(options: RemovalOptions) {
    this.#options = options;
  }

  /**
   * The updates of a snapshot without the rows. Where nothing changes there is one nevertheless: on a
   * REST catalog only a new snapshot is compared and set.
   * @param fate asked of each file, in an order that does not change
   * @throws {Failure} kind `failed`, for a file that cannot be written again
   */
  async updates(
    base: LoadedTable,
    fate: (entry: LiveEntry) => FileFate,
    summary: Record<string, string>,
  ): Promise<TableUpdate[]> {
    const { files } = this.#options;
    const { entries, hasDeleteFiles } = await liveEntries(base, files);
    const deletes = hasDeleteFiles ? await RowDeletes.open(base, files, this.#options) : undefined;
    const removed = new Set<string>();
    const added: AddedFile[] = [];
    for (const entry of entries.toSorted((a, b) => a.name < b.name ? -1 : 1)) {
      const fateOf = fate(entry);
      if (fateOf === "kept") continue;
      if (fateOf === "removed") {
        removed.add(entry.file.file_path);
        continue;
      }
      const { gone, file } = await this.#rewrite(base, entry, fateOf.isKept, deletes);
      if (gone === 0) continue;
      removed.add(entry.file.file_path);
      if (file !== undefined) added.push(file);
    }
    const change = removed.size === 0 ? { added } : { added, removed, isDelete: true };
    return await writeSnapshot(base, files, { ...change, summary }, Date.now());
  }

  async #rewrite(
    base: LoadedTable,
    entry: LiveEntry,
    isKept: RowFilter,
    deletes: RowDeletes | undefined,
  ): Promise<RewrittenRows> {
    const newestDelete = deletes?.newest ?? 0n;
    const known = this.#rewritten.get(entry.name);
    // Rows that were deleted since must not come back.
    if (known?.newestDelete === newestDelete) return known;
    const { files, log, indexColumn, signal } = this.#options;
    if (entry.origin === undefined && logsOf(base.metadata).size > 1) {
      throw new Failure(
        "failed",
        `${entry.name} was written by another program and has rows of several logs`,
        {
          fix:
            "It is no longer known which rows belong to which log. To write them again, give the " +
            "schema another table name and read the topic into that.",
        },
      );
    }
    const options = { base, files, entries: [entry], log, isKept, deletes, indexColumn, signal };
    const done = await rewriteFiles(options);
    this.#rewritten.set(entry.name, { ...done, newestDelete });
    return done;
  }
}
