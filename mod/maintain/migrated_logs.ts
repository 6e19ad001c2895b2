import { Failure } from "../failure/failure.ts";
import type { LakeStore } from "../lake/store.ts";
import { recordOf, requireSame, type TableRecord } from "../table/hive/table_record.ts";
import { listState, ofKind, recordedLogs } from "../table/hive/table_state.ts";
import { logId } from "../table/iceberg/position.ts";
import { logKey } from "../table/log_key.ts";
import type { MigratedLog, MigrateOptions } from "./migrate_options.ts";

/** The logs of the Hive table, each with a position and an identity. */
export async function logsToMigrate(
  { store, schema, partitionBy, signal }: MigrateOptions,
): Promise<MigratedLog[]> {
  const { table } = schema;
  const state = await listState(store, table, { signal });
  const [record] = ofKind(state, "table");
  if (record === undefined || ofKind(state, "found").length > ofKind(state, "adopted").length) {
    throw new Failure("usage", `table ${table} in ${store.description} has no record of its logs`, {
      fix:
        "Is it a table of release 0.1.0, or of another --bucket, --prefix or --home? Run `ticklake " +
        "consume --until-end --table-format hive` once: it upgrades such a table.",
    });
  }
  for (const { name } of ofKind(state, "table")) {
    const found = JSON.parse(new TextDecoder().decode(await store.get(name, { signal })));
    if ((found as TableRecord).format !== "parquet") {
      throw new Failure(
        "usage",
        `table ${table} has JSON lines; Iceberg tables need Parquet`,
        {
          fix: "Give the schema another table name, and read the topic into that.",
        },
      );
    }
    requireSame(table, found, recordOf({ schema, format: "parquet", partitionBy }));
  }
  if (ofKind(state, "rewind").length > 0 || await hasAny(store, `_ticklake/${table}/replays/`)) {
    throw new Failure("usage", `a reset or a replay of table ${table} was interrupted`, {
      fix: "Repeat it, or run `ticklake consume --until-end --table-format hive`, then migrate.",
    });
  }
  return await Promise.all(
    (await recordedLogs(store, table, { signal })).map(async (log) => {
      if (log.identity === null && log.key === "") {
        throw new Failure(
          "usage",
          `table ${table} does not record which log of ${log.topic} it has`,
          {
            fix: "Run `ticklake consume --until-end --table-format hive` once, then migrate.",
          },
        );
      }
      const key = log.identity === null ? log.key : await logKey(log.identity);
      return { ...log, id: logId(key, log.topic) };
    }),
  );
}

async function hasAny(store: LakeStore, prefix: string): Promise<boolean> {
  for await (const _ of store.list(prefix)) return true;
  return false;
}
