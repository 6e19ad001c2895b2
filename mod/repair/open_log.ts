import { noSuchTopic } from "../broker/absent_topic.ts";
import type { Broker } from "../broker/broker.ts";
import { logWriter } from "../sink/log_writer.ts";
import type { Table, TableLog } from "../table/table.ts";

/** Options of {@linkcode openLog}. */
export interface OpenLogOptions {
  broker: Broker;
  table: Table;
  topic: string;
  /** The group that writes the table. */
  group: string;
  signal: AbortSignal;
}

/**
 * The topic's log, as the table has it.
 * @throws {Failure} kind `service`, when there is no such topic; kind `usage`, when another group writes it
 */
export async function openLog(options: OpenLogOptions): Promise<TableLog> {
  const { broker, table, topic, signal } = options;
  const identity = await broker.log(topic, { signal });
  if (identity === null) {
    throw await noSuchTopic(broker, topic, { signal });
  }
  return await table.log({ topic, ...identity }, logWriter(options), { signal });
}
