import { gunzipSync } from "node:zlib";
import { readFooter } from "../lake/format/parquet/footer.ts";
import { parquetBatches } from "../lake/format/parquet/read_parquet.ts";
import { footerTypes } from "../lake/format/parquet/footer_types.ts";
import { Failure, messageOf } from "../failure/failure.ts";
import type { NamedObject } from "./tiling.ts";

/** An object's row of the largest offset. */
export interface NewestRow {
  offset: number;
  /** Kafka's timestamp, milliseconds since 1970; NaN where the row has none. */
  timestampMs: number;
}

/** Kafka's coordinates of an object's rows, as the object has them. */
export interface ObjectOffsets {
  /** The rows' `kafka_partition`, each value once. */
  partitions: Set<number>;
  /** The rows' `kafka_offset`, in the object's order. */
  offsets: number[];
  /** Kafka's timestamp of the first row, milliseconds since 1970; absent for dead letters. */
  timestampMs?: number;
  /** The row of the largest offset of each partition, with its timestamp; absent for dead letters. */
  newest?: ReadonlyMap<number, NewestRow>;
  /** Each row's `kafka_partition`, in the same order. */
  partitionOf: number[];
  /** Of Parquet: the columns' types, see {@linkcode footerTypes}. */
  types?: ReadonlyMap<string, string>;
  /** Each row's place in its message's array, in the same order, where that was asked for. */
  indexes?: number[];
}

/**
 * Reads which offsets are in an object: rows in Parquet or JSON lines, or dead letters.
 * @param indexColumn column with a row's place in its message's array; without it messages are one row
 * @throws {Failure} kind `rejected`, naming the object, when it cannot be read
 */
export async function objectOffsets(
  { name, parsed }: NamedObject,
  bytes: Uint8Array,
  indexColumn?: string,
): Promise<ObjectOffsets> {
  try {
    if (parsed.extension === "parquet") return await parquetOffsets(bytes, indexColumn);
    const text = new TextDecoder().decode(
      parsed.extension === "jsonl.gz" ? gunzipSync(bytes) : bytes,
    );
    return parsed.kind === "dead-letters"
      ? lineOffsets(text, "partition", "offset")
      : lineOffsets(text, "kafka_partition", "kafka_offset", indexColumn);
  } catch (cause) {
    throw new Failure("rejected", `object ${name} cannot be read: ${messageOf(cause)}`, {
      cause,
      fix: "It is damaged or not ticklake's. `ticklake repair` writes its offsets again, if the " +
        "topic still has them.",
    });
  }
}

const TIMESTAMP = "kafka_timestamp";
const COLUMNS = ["kafka_partition", "kafka_offset", TIMESTAMP];

async function parquetOffsets(
  bytes: Uint8Array,
  indexColumn: string | undefined,
): Promise<ObjectOffsets> {
  const metadata = readFooter(bytes);
  const found: ObjectOffsets = { partitions: new Set(), offsets: [], partitionOf: [] };
  found.types = footerTypes(metadata);
  const there = metadata.schema.map(({ name }) => name);
  for (const column of COLUMNS) {
    if (!there.includes(column)) throw new Error(`it has no column ${column}`);
  }
  // Objects of the time before the column have one row a message.
  const hasIndex = indexColumn !== undefined && there.includes(indexColumn);
  if (hasIndex) found.indexes = [];
  const names = hasIndex ? [...COLUMNS, indexColumn] : COLUMNS;
  const wanted = names.map((name) => ({ name, type: "long" as const }));
  const newest = new Newest<unknown>();
  for (const { rows, columns } of await parquetBatches(bytes, wanted, metadata)) {
    const [partitions, offsets, times] = COLUMNS.map((name) => columns.get(name)!);
    const indexes = hasIndex ? columns.get(indexColumn)! : undefined;
    for (let i = 0; i < rows; i++) {
      const partition = Number(partitions[i]);
      newest.add(partition, Number(offsets[i]), times[i] ?? NaN);
      found.partitionOf.push(partition);
      found.partitions.add(partition);
      found.offsets.push(Number(offsets[i]));
      found.indexes?.push(Number(indexes![i] ?? 0));
    }
    if (rows === 0) continue;
    found.timestampMs ??= Number(times[0] ?? NaN);
  }
  if (found.offsets.length > 0) found.newest = newest.rows(Number);
  return found;
}

function lineOffsets(
  text: string,
  partition: string,
  offset: string,
  indexColumn?: string,
): ObjectOffsets {
  const found: ObjectOffsets = { partitions: new Set(), offsets: [], partitionOf: [] };
  if (indexColumn !== undefined) found.indexes = [];
  const newest = new Newest<string>();
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const row = JSON.parse(line) as Record<string, unknown>;
    if (typeof row[offset] !== "number" || typeof row[partition] !== "number") {
      throw new Error(`a line has no ${partition} and ${offset}`);
    }
    found.partitions.add(row[partition]);
    found.partitionOf.push(row[partition]);
    found.offsets.push(row[offset]);
    if (indexColumn !== undefined) found.indexes!.push(Number(row[indexColumn] ?? 0));
    const time = row[TIMESTAMP];
    if (typeof time !== "string") continue;
    newest.add(row[partition], row[offset], time);
    found.timestampMs ??= timestampOf(time);
  }
  if (found.timestampMs !== undefined) found.newest = newest.rows(timestampOf);
  return found;
}

/** The row of the largest offset of each partition; called for each row, so it allocates for none. */
class Newest<T> {
  readonly #others = new Map<number, { offset: number; time: T }>();
  #partition = -1;
  #offset = -1;
  #time: T | undefined;

  add(partition: number, offset: number, time: T): void {
    if (partition !== this.#partition) this.#turnTo(partition);
    if (offset <= this.#offset) return;
    this.#offset = offset;
    this.#time = time;
  }

  /** Rows of one partition usually follow each other. */
  #turnTo(partition: number): void {
    if (this.#offset >= 0) {
      this.#others.set(this.#partition, { offset: this.#offset, time: this.#time! });
    }
    const known = this.#others.get(partition);
    this.#partition = partition;
    this.#offset = known?.offset ?? -1;
    this.#time = known?.time;
  }

  rows(timestampMs: (time: T) => number): ReadonlyMap<number, NewestRow> {
    this.#turnTo(-1);
    return new Map(
      this.#others.entries().map(([partition, { offset, time }]) =>
        [partition, { offset, timestampMs: timestampMs(time) }] as const
      ),
    );
  }
}

function timestampOf(time: string): number {
  return Date.parse(`${time.replace(" ", "T")}Z`);
}
