import type { LogIdentity } from "../broker/broker.ts";
import type { Settings } from "../config/settings.ts";
import { Failure } from "../failure/failure.ts";
import type { LakeStore } from "../lake/store.ts";
import { failed, type Finding, ok, skipped } from "../ops/doctor/finding.ts";
import { loadSchema } from "../schema/load_schema.ts";
import { beyondLogEnd } from "../sink/beyond_log_end.ts";
import type { RowSchema } from "../schema/schema.ts";
import { tablePositions } from "../status/table_positions.ts";
import { logKey } from "../table/log_key.ts";
import type { TablePosition } from "../table/table.ts";
import { openExistingBroker } from "./open_broker.ts";
import { openIceberg } from "./open_iceberg.ts";
import { openLake } from "./open_lake.ts";

const CHECK = "log's end";

/**
 * Whether the table's and the group's offsets are within the topic's log: consume refuses to start otherwise.
 * Nothing if there is no such topic, which other checks report.
 */
export async function* logEndFindings(
  settings: Settings,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  try {
    yield* await compare(settings, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    yield skipped(CHECK, `not compared: ${error.message}`);
  }
}

async function compare(settings: Settings, signal: AbortSignal): Promise<Finding[]> {
  const { topic, group } = settings;
  const schema = await loadSchema(settings.schema, signal);
  const broker = await openExistingBroker(settings, { signal });
  const store = await openLake(settings);
  try {
    const identity = await broker.log(topic, { signal });
    if (identity === null) return [];
    // Before the ends: both may advance meanwhile.
    const committed = await broker.groupOffsets(group, topic, { signal });
    const positions = settings.tableFormat === "hive"
      ? await tablePositions(store, schema.table, topic, identity, { signal })
      : await positionsInIceberg(settings, schema, store, identity);
    const offsets = await broker.topicOffsets(topic, { signal }) ?? [];
    const found = offsets.flatMap(({ partition, high }) =>
      beyondLogEnd({
        ...{ topic, partition, high, position: positions.get(partition) },
        committed: committed.find((one) => one.partition === partition),
      }) ?? []
    );
    if (found.length > 0) {
      return found.map(({ failure: { message, fix } }) => failed(CHECK, message, fix));
    }
    return [ok(CHECK, `the offsets of the table and of group ${group} are in the log of ${topic}`)];
  } finally {
    store.close();
    await broker.close();
  }
}

async function positionsInIceberg(
  settings: Settings,
  schema: RowSchema,
  store: LakeStore,
  identity: LogIdentity,
): Promise<ReadonlyMap<number, TablePosition>> {
  const { logId, positionsOf } = await import("../table/iceberg/position.ts");
  const { topic } = settings;
  const { catalog } = await openIceberg(settings, schema, store);
  try {
    const base = await catalog.load();
    if (base === undefined) return new Map();
    return positionsOf(base.metadata, logId(await logKey({ topic, ...identity }), topic));
  } finally {
    catalog.close();
  }
}
