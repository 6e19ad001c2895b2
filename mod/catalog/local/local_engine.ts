import { Failure } from "../../failure/failure.ts";
import type { LakeStore } from "../../lake/store.ts";
import type { RowSchema } from "../../schema/schema.ts";
import { abortable } from "../../wait/abortable.ts";
import type { QueryEngine } from "../engine.ts";
import { firstLoad } from "./first_load/first_load.ts";
import { syncLake } from "./lake_sync.ts";
import { LocalCatalog } from "./local_catalog.ts";
import { inLocalDialect } from "./other_dialect.ts";
import { QueryLimits } from "./query_limits.ts";
import { QueryThread } from "./query_thread.ts";

/** Default time limit of a statement, in milliseconds. */
const TIMEOUT_MS = 300_000;

/** Default limit of the memory that a statement adds to the process, in bytes. */
const MOST_BYTES = 768 * 1024 ** 2;

/** Threads with a statement that could not be stopped; each takes a core until the process ends. */
const MOST_LOST = 2;

/** Options of {@linkcode openLocalEngine}. */
export interface LocalEngineOptions {
  /** The SQLite file of the lake's local catalog. */
  path: string;
  lake: LakeStore;
  schema: RowSchema;
  /** Hive partition columns of a lake without objects. */
  partitionColumns?: readonly string[];
  /** Milliseconds that a statement may run. @default {300_000} */
  timeoutMs?: number;
  /** Bytes of memory that a statement may add to the process. @default {768 MiB} */
  mostBytes?: number;
}

/**
 * The SQL engine without AWS: SQLite over a copy of the lake's rows, brought up to date before each query.
 * Statements run in a thread of their own, one at a time, within limits of time and memory.
 */
export async function openLocalEngine(options: LocalEngineOptions): Promise<QueryEngine> {
  const { path, lake, schema, timeoutMs = TIMEOUT_MS, mostBytes = MOST_BYTES } = options;
  let catalog = await LocalCatalog.exists(path) ? await LocalCatalog.open(path, schema) : undefined;
  let isFirst = true;
  let thread = new QueryThread();
  let lost = 0;
  return {
    description: `SQLite over ${lake.description}`,
    async run(sql, run) {
      if (isFirst && (catalog?.isReplaceable ?? true)) {
        await firstLoad({ ...run, path, lake, schema, exists: catalog !== undefined });
      }
      isFirst = false;
      catalog ??= await LocalCatalog.open(path, schema);
      const { objects } = await syncLake(catalog, lake, schema, run);
      if (objects === 0) catalog.addPartitionColumns(options.partitionColumns ?? []);
      if (thread.isLost) {
        if (++lost > MOST_LOST) throw tooManyLost(lost--);
        thread = new QueryThread();
      }
      await abortable(thread.ready, run.signal);
      const limits = new QueryLimits({ signal: run.signal, timeoutMs, mostBytes });
      return await thread.run({ path, sql: inLocalDialect(sql), limits });
    },
    close() {
      thread.close();
      catalog?.close();
    },
  };
}

function tooManyLost(count: number): Failure {
  return new Failure(
    "failed",
    `${count} cancelled statements are still running in the background, where SQLite cannot interrupt them`,
    { fix: "Start the command again." },
  );
}
