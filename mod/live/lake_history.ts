import type { SQLInputValue } from "node:sqlite";
import type { ObjectRows } from "../lake/format/object_rows.ts";
import { readObject } from "../lake/format/read_object.ts";
import { messageOf } from "../failure/failure.ts";
import type { LakeStore } from "../lake/store.ts";
import { currentObjects } from "../lake/merged_objects.ts";
import { tableObjects } from "../lake/table_objects.ts";
import { ORIGIN_COLUMNS, type RowSchema } from "../schema/schema.ts";
import { type Candles, QuoteMaker } from "./candles.ts";
import { newestObjects } from "./newest_objects.ts";

/** What of the newest objects is read: enough for a picture, and little enough for a start. */
const MOST_BYTES = 64 * 2 ** 20;
const MOST_OBJECTS = 500;

/** Objects that are fetched at a time: most of a small one's time is the way to the store. */
const AT_A_TIME = 8;

/** Options of {@linkcode loadHistory}. */
export interface HistoryOptions {
  store: LakeStore;
  schema: RowSchema;
  topic: string;
  signal: AbortSignal;
}

/**
 * Adds the quotes of the lake's newest objects, the oldest first.
 * @returns what could not be read, as text for the user; empty if everything could
 * @throws {Failure} kind `service`, when the lake cannot be listed
 */
export async function loadHistory(
  candles: Candles,
  { store, schema, topic, signal }: HistoryOptions,
): Promise<string[]> {
  const { table } = schema;
  const found = currentObjects(
    await Array.fromAsync(tableObjects(store, { table, kinds: ["rows"], topic, signal })),
  );
  let bytes = 0;
  const wanted = newestObjects(found).slice(0, MOST_OBJECTS)
    .filter(({ size }) => (bytes += size) <= MOST_BYTES).reverse();
  const maker = new QuoteMaker(schema);
  const columns = [...schema.columns, ...ORIGIN_COLUMNS];
  const faults: string[] = [];
  for (let at = 0; at < wanted.length; at += AT_A_TIME) {
    const results = await Promise.allSettled(
      wanted.slice(at, at + AT_A_TIME).map(async ({ name, parsed }) =>
        readObject(name, parsed, await store.get(name, { signal }), columns)
      ),
    );
    signal.throwIfAborted();
    for (const result of results) {
      if (result.status === "fulfilled") addRows(candles, maker, schema, result.value);
      else faults.push(messageOf(result.reason));
    }
  }
  return faults;
}

function addRows(candles: Candles, maker: QuoteMaker, schema: RowSchema, object: ObjectRows): void {
  const inPath = new Map<string, SQLInputValue>(object.partitions);
  for (const { rows, columns } of object.batches) {
    const lists = schema.columns.map(({ name }) => columns.get(name));
    const inAll = schema.columns.map(({ name }) => inPath.get(name));
    const times = columns.get("kafka_timestamp");
    for (let row = 0; row < rows; row++) {
      const quote = maker.make((c) => {
        const list = lists[c];
        const value = list === undefined ? inAll[c] : list[row];
        if (typeof value === "bigint") return Number(value);
        return typeof value === "number" || typeof value === "string" ? value : null;
      }, Number(times?.[row] ?? 0));
      if (quote !== null) candles.add(quote);
    }
  }
}
