import type { LogIdentity } from "../broker/broker.ts";
import type { LakeStore } from "../lake/store.ts";
import { recordedLogs } from "../table/hive/table_state.ts";
import { logKey } from "../table/log_key.ts";
import type { TableCallOptions, TablePosition } from "../table/table.ts";

/** How far a table is with the log that a topic is now, by partition; empty if it has no record of it. */
export async function tablePositions(
  store: LakeStore,
  table: string,
  topic: string,
  identity: LogIdentity | null,
  options: TableCallOptions,
): Promise<ReadonlyMap<number, TablePosition>> {
  const key = identity === null ? "" : await logKey({ topic, ...identity });
  const logs = (await recordedLogs(store, table, options)).filter((log) => log.topic === topic);
  const own = logs.find((log) => log.key === key) ??
    logs.find(({ identity: found }) =>
      found !== null && found.cluster === identity?.cluster && found.topicId === identity.topicId
    );
  return own?.positions ?? new Map();
}
