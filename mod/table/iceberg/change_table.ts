import { Failure } from "../../failure/failure.ts";
import { backoff } from "../../wait/backoff.ts";
import { sleep } from "../../wait/sleep.ts";
import { afterConflict } from "./after_conflict.ts";
import { absentTable, type LoadedTable, type TableCatalog } from "./catalog.ts";
import type { TableUpdate } from "./updates.ts";

/** Options of {@linkcode changeTable}. */
export interface ChangeOptions {
  catalog: TableCatalog;
  /** The table's name, for messages. */
  table: string;
  signal?: AbortSignal;
  /** Milliseconds of failing services after which it gives up. @default {30000} */
  patienceMs?: number;
}

const PATIENCE_MS = 30_000;

/**
 * Changes a table in one compare-and-set. After a conflict, and after an error that leaves the outcome
 * open, the table is loaded again and `change` is asked again: it must recognize its own change.
 * @param change the updates for a state of the table; `undefined` if nothing is to be done (any more)
 * @throws {Failure} kind `failed`, when there is no table; what `change` throws
 */
export async function changeTable(
  { catalog, table, signal, patienceMs = PATIENCE_MS }: ChangeOptions,
  change: (base: LoadedTable) => Promise<readonly TableUpdate[] | undefined>,
): Promise<void> {
  const began = performance.now();
  const pauses = backoff({ firstMs: 100, longestMs: 5000, jitter: 0.5 });
  for (;;) {
    signal?.throwIfAborted();
    const attempted = performance.now();
    try {
      const base = await catalog.load();
      if (base === undefined) throw absentTable(catalog, table);
      const updates = await change(base);
      if (updates === undefined || await catalog.commit(base, updates)) return;
      await afterConflict(attempted, signal);
    } catch (error) {
      if (signal?.aborted || !(error instanceof Failure && error.kind === "service")) throw error;
      if (performance.now() - began > patienceMs) throw error;
      await sleep(pauses.next().value, signal);
    }
  }
}
