import { readObject } from "../catalog/read_object.ts";
import { messageOf } from "../failure/failure.ts";
import { type ObjectName, parseObjectName, tableFolder } from "../lake/layout.ts";
import type { LakeStore } from "../lake/store.ts";
import type { RowSchema } from "../schema/schema.ts";
import { type Candles, QuoteMaker } from "./candles.ts";

/** Bytes of the newest objects that are read for the history. */
const MOST_BYTES = 64 * 2 ** 20;

/** Options of {@linkcode loadHistory}. */
export interface HistoryOptions {
  store: LakeStore;
  schema: RowSchema;
  topic: string;
  signal: AbortSignal;
}

/**
 * Adds the quotes of the lake's newest objects.
 * @returns what could not be read, in words for people; empty where all could
 */
export async function loadHistory(
  candles: Candles,
  { store, schema, topic, signal }: HistoryOptions,
): Promise<string[]> {
  const objects: Array<{ name: string; size: number; parsed: ObjectName }> = [];
  for await (const { name, size } of store.list(tableFolder(schema.table), { signal })) {
    const parsed = parseObjectName(name);
    if (parsed?.topic === topic) objects.push({ name, size, parsed });
  }
  // By the folders (days) and offsets in their names: the newest last.
  objects.sort((a, b) => a.parsed.first - b.parsed.first);
  let bytes = 0;
  const newest = objects.reverse().filter(({ size }) => (bytes += size) <= MOST_BYTES).reverse();
  const maker = new QuoteMaker(schema);
  const faults: string[] = [];
  for (const { name, parsed } of newest) {
    try {
      const object = await readObject(
        name,
        parsed,
        await store.get(name, { signal }),
        schema.columns,
      );
      const inPath = new Map(object.partitions);
      for (const { rows, columns } of object.batches) {
        for (let row = 0; row < rows; row++) {
          const quote = maker.make((c) => {
            const { name } = schema.columns[c];
            const value = columns.has(name) ? columns.get(name)![row] : inPath.get(name);
            if (typeof value === "bigint") return Number(value);
            return typeof value === "number" || typeof value === "string" ? value : null;
          }, 0);
          if (quote !== null) candles.add(quote);
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      faults.push(messageOf(error));
    }
  }
  return faults;
}
