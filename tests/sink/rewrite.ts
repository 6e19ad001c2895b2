import type { GroupAdmin } from "../../mod/broker/group_admin.ts";
import { reset } from "../../mod/repair/reset.ts";
import { openHiveTable } from "../../mod/table/hive/hive_table.ts";
import type { MemoryLake } from "./memory_lake.ts";
import { quotes } from "./run_sink.ts";
import type { ScriptedLog } from "./scripted_log.ts";

/**
 * `reset --rewrite` of a table of Hive folders to an offset.
 * @param beforeOffsets runs before the group's offsets are set
 */
export async function rewrite(
  log: ScriptedLog,
  lake: MemoryLake,
  to: number,
  beforeOffsets: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const admin = {
    members: () => Promise.resolve(0),
    async setOffsets(_group: string, _topic: string, offsets: Array<{ partition: number }>) {
      await beforeOffsets();
      for (const one of offsets) {
        log.committed.set(one.partition, one as Parameters<typeof log.committed.set>[1]);
      }
    },
  } as unknown as GroupAdmin;
  await reset({
    broker: log,
    admin,
    store: lake,
    table: openHiveTable(lake, { schema: quotes, format: "parquet", partitionBy: "dt" }),
    tableName: "index_quotes",
    topic: "quotes",
    group: "sink",
    target: () => to,
    rewrite: true,
    dryRun: false,
    signal: new AbortController().signal,
  });
}
