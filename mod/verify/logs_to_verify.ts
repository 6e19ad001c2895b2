import type { Broker, CommittedOffset, LogIdentity } from "../broker/broker.ts";
import type { TableObject } from "../lake/table_objects.ts";
import type { LakeStore } from "../lake/store.ts";
import { parseCheckpoint } from "../sink/intent.ts";
import { hasRecord } from "../table/hive/hive_in_place.ts";
import type { RecordedLog } from "../table/hive/table_state.ts";
import { recordedLogs } from "../table/hive/table_state.ts";
import { logKey } from "../table/log_key.ts";

/** One log of a topic's name in the lake. */
export interface LogToVerify {
  /** Key in its objects' names; empty for a log that release 0.1.0 has begun. */
  key: string;
  /** Whether it is the topic's current log: only its messages can be compared. */
  isCurrent: boolean;
  /** What the table has recorded of it; absent if it has nothing, as in a lake of 0.1.0. */
  recorded: RecordedLog | undefined;
  objects: TableObject[];
  /**
   * Whether its objects' names have no key although the table's record has no such log: release 0.1.0 has
   * written them into a table that a later release had begun.
   */
  isUnclaimed: boolean;
}

/** What the table's record says of a topic's logs. */
export interface RecordedLogs {
  logs: RecordedLog[];
  /** Whether the table has a record: then all logs are on it. A lake of 0.1.0 has none. */
  isComplete: boolean;
}

/** Where {@linkcode logsToVerify} looks. */
export interface LogsOptions {
  broker: Broker;
  store: LakeStore;
  table: string;
  topic: string;
  signal: AbortSignal;
}

/** What the table has recorded of a topic's logs; to be asked before the objects are listed. */
export async function recordedOf(
  { store, table, topic, signal }: LogsOptions,
): Promise<RecordedLogs> {
  // Before the logs: whoever adopts a lake of 0.1.0 records them first.
  const isComplete = await hasRecord(store, table, { signal });
  const all = await recordedLogs(store, table, { signal });
  return { logs: all.filter((log) => log.topic === topic), isComplete };
}

/** Groups a topic's objects by log: the current one, and former ones. */
export async function logsToVerify(
  objects: readonly TableObject[],
  { logs: recorded, isComplete }: RecordedLogs,
  { broker, topic, signal }: LogsOptions,
): Promise<LogToVerify[]> {
  const identity = await broker.log(topic, { signal });
  const key = identity === null ? "" : await logKey({ topic, ...identity });
  const plain = recorded.find((log) => log.key === "");
  // Without a record, objects of 0.1.0 are assumed to belong to the log; reading them shows whether they do.
  const current = recorded.some((log) => log.key === key && key !== "") || !isOf(plain, identity)
    ? key
    : "";
  const keys = new Set([
    current,
    ...recorded.map((log) => log.key),
    ...objects.map(({ parsed }) => parsed.log ?? ""),
  ]);
  return [...keys].map((key) => ({
    key,
    isCurrent: key === current,
    recorded: recorded.find((log) => log.key === key),
    objects: objects.filter(({ parsed }) => (parsed.log ?? "") === key),
    isUnclaimed: key === "" && isComplete && plain === undefined,
  }));
}

/** Whether the objects without a key may be of the log that the topic is now. */
function isOf(plain: RecordedLog | undefined, identity: LogIdentity | null): boolean {
  const claimed = plain?.identity;
  if (claimed === undefined || claimed === null || identity === null) return true;
  return claimed.cluster === identity.cluster && claimed.topicId === identity.topicId;
}

/**
 * Whether it is on record why a partition of the log begins where it does. Release 0.1.0 kept no record;
 * the first start of this release adopts its table, and records what the topic then has before the beginning.
 */
export function isBeginningRecorded(
  { key, recorded, objects }: LogToVerify,
  committed: CommittedOffset | undefined,
): boolean {
  if (key !== "" || recorded !== undefined && !recorded.isPending) return true;
  // Otherwise nothing was written or begun, so nothing was skipped.
  return objects.length === 0 && parseCheckpoint(committed?.metadata ?? "") === undefined;
}
