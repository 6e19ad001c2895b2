import type { Broker } from "../broker/broker.ts";
import type { Settings } from "../config/settings.ts";
import type { LakeStore } from "../lake/store.ts";
import type { MessageForm } from "../message/message_form.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { SinkOptions } from "../sink/sink.ts";
import type { OpenTable } from "./open_table.ts";

/** What a sink works with. */
interface SinkServices {
  broker: Broker;
  store: LakeStore;
  table: OpenTable;
  /** How messages are read. */
  form: MessageForm;
}

/** A sink's options from the settings; its end and its listeners are up to the command. */
export function sinkOptions(
  settings: Settings,
  schema: RowSchema,
  { broker, store, table, form }: SinkServices,
): Omit<SinkOptions, "onEvent" | "onRow" | "signal" | "untilEnd" | "takeOver"> {
  const { topic, group, from, format, partitionBy, compression, flushRows, flushBytes } = settings;
  return {
    broker,
    store,
    table: table.table,
    topic,
    group,
    from,
    schema,
    form,
    format,
    partitionBy,
    compression,
    policy: { rows: flushRows, bytes: flushBytes, intervalMs: table.flushIntervalMs },
    maxMemoryBytes: settings.maxMemory,
  };
}
