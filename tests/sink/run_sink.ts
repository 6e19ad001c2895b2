import { loadSchema } from "../../mod/schema/load_schema.ts";
import { emptySummary, runSink, type SinkOptions, type SinkSummary } from "../../mod/sink/sink.ts";
import { openHiveTable } from "../../mod/table/hive/hive_table.ts";
import type { MemoryLake } from "./memory_lake.ts";
import type { Entry, ScriptedLog } from "./scripted_log.ts";

/** The schema of the shipped quotes. */
export const quotes = await loadSchema();

/** Names and values that tests do not care about. */
const DEFAULTS = {
  topic: "quotes",
  group: "sink",
  from: "earliest",
  schema: quotes,
  format: "parquet",
  partitionBy: "dt",
  policy: { rows: 10, bytes: 2 ** 20, intervalMs: 60_000 },
  maxMemoryBytes: 64 * 2 ** 20,
  untilEnd: true,
  onEvent() {},
} as const satisfies Partial<SinkOptions>;

/** Runs a sink to its end; `untilEnd` unless a signal is given. */
export async function sink(
  log: ScriptedLog,
  lake: MemoryLake,
  options: Partial<SinkOptions> = {},
): Promise<SinkSummary> {
  const summary = emptySummary();
  const signal = options.signal ?? new AbortController().signal;
  const description = { ...DEFAULTS, ...options };
  await runSink({
    ...DEFAULTS,
    table: openHiveTable(lake, description),
    untilEnd: options.signal === undefined,
    broker: log,
    store: lake,
    ...options,
    signal,
  }, summary);
  return summary;
}

/** A message that is a row. */
export function quote(close = 100, timestamp?: number): Entry {
  return {
    key: "NYA",
    timestamp,
    value: JSON.stringify({
      Index: "NYA",
      Date: "2024-01-02",
      Open: close,
      High: close,
      Low: close,
      Close: close,
      "Adj Close": close,
      Volume: 0,
      CloseUSD: close,
    }),
  };
}

/** `count` messages that are rows. */
export function rows(count: number): Entry[] {
  return Array.from({ length: count }, (_, i) => quote(100 + i));
}
