import { readObject } from "../../mod/lake/format/read_object.ts";
import { parseObjectName } from "../../mod/lake/layout.ts";
import { currentObjects } from "../../mod/lake/merged_objects.ts";
import {
  completeMerge,
  mergeSmallObjects,
  type MergeSummary,
  removeSuperseded,
} from "../../mod/maintain/merge_small_objects.ts";
import { DAY_MS } from "../../mod/schema/calendar.ts";
import { ORIGIN_COLUMNS } from "../../mod/schema/schema.ts";
import type { SinkOptions } from "../../mod/sink/sink.ts";
import { type TableVerdict, verify } from "../../mod/verify/verify.ts";
import { encodeHere } from "../sink/encode_here.ts";
import { quote, quotes, sink } from "../sink/run_sink.ts";
import type { MemoryLake } from "../sink/memory_lake.ts";
import { type Entry, ScriptedLog } from "../sink/scripted_log.ts";
import { KilledLake } from "../table/killed_lake.ts";

export const signal = new AbortController().signal;
export const table = "index_quotes";

/** The day on which the merges of these tests are done: day 3 since 1970. */
const NOW_MS = 3 * DAY_MS + 1;

/** What the table is written as. */
export type Form = Pick<SinkOptions, "format" | "partitionBy">;

/** Messages of days 0 to 3: rows of two indices, dead letters, and offsets without a message. */
export function messages(count: number): Entry[] {
  return Array.from({ length: count }, (_, i): Entry => {
    const timestamp = Math.floor(4 * i / count) * DAY_MS + i;
    if (i % 17 === 5) return { value: "{", timestamp };
    if (i % 23 === 9) return "hole";
    const { value } = quote(100 + i, timestamp) as { value: string };
    return { key: "k", timestamp, value: i % 2 === 0 ? value : value.replace("NYA", "HSI") };
  });
}

/** A table of small objects, and its log. */
export async function smallObjects(form: Form, rows = 4): Promise<
  { log: ScriptedLog; lake: KilledLake; form: Form }
> {
  const log = new ScriptedLog([messages(40), messages(16)]);
  const lake = new KilledLake();
  const policy = { rows, bytes: 2 ** 20, intervalMs: 60_000 };
  await sink(log, lake, {
    ...form,
    policy,
    encoder: encodeHere,
    compression: form.format === "parquet" ? "snappy" : undefined,
  });
  lake.changes = 0;
  return { log, lake, form };
}

/** What `ticklake maintain --merge` does. */
export async function maintain(lake: MemoryLake, targetBytes = 2 ** 20): Promise<MergeSummary> {
  const place = { store: lake, table, signal, encoder: encodeHere };
  await completeMerge(place);
  await removeSuperseded(place);
  return await mergeSmallObjects({ ...place, targetBytes, nowMs: NOW_MS });
}

export function verified(log: ScriptedLog, lake: MemoryLake): Promise<TableVerdict> {
  const names = { topic: "quotes", group: "sink", table };
  return verify({ ...names, broker: log, store: lake, deep: true, signal });
}

/**
 * All rows as text, in the order of partitions and offsets; without those that a merge has left behind, unless
 * all are wanted.
 */
export async function rowsOf(lake: MemoryLake, { all = false } = {}): Promise<string[]> {
  const objects = [...lake.objects].map(([name, bytes]) => ({
    name,
    bytes,
    parsed: parseObjectName(name)!,
  })).filter(({ parsed }) => parsed.kind === "rows");
  const found: Array<[partition: number, offset: number, row: string]> = [];
  const columns = [...quotes.columns, ...ORIGIN_COLUMNS];
  for (const { name, bytes, parsed } of all ? objects : currentObjects(objects)) {
    const { batches, partitions } = await readObject(name, parsed, bytes, columns);
    for (const { rows, columns } of batches) {
      for (let row = 0; row < rows; row++) {
        const values = columns.entries().map(([name, list]) => [name, String(list[row])]);
        const whole = [...values, ...partitions.map(([name, value]) => [name, String(value)])];
        const offset = Number(columns.get("kafka_offset")![row]);
        found.push([
          Number(columns.get("kafka_partition")![row]),
          offset,
          JSON.stringify(whole.sort()),
        ]);
      }
    }
  }
  found.sort(([a, b], [c, d]) => a - c || b - d);
  return found.map(([, , row]) => row);
}
