import { fileStatistics } from "../lake/format/column_statistics.ts";
import type { Encoder } from "../lake/format/encoder.ts";
import { EXTENSIONS, type LakeFormat } from "../lake/format/lake_format.ts";
import { gapPartitions } from "../lake/layout.ts";
import { gapContent } from "../table/gap_content.ts";
import type { GapReason, ObjectPlace, TableLog, WrittenObject } from "../table/table.ts";
import type { RangeContent } from "./open_range.ts";

/** An object to be put into the lake. */
export interface RangeObject extends Omit<WrittenObject, "bytes"> {
  kind: ObjectPlace["kind"];
  /** In a buffer of their own. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** The place of a range: what its objects' names depend on, besides their Hive partitions. */
export interface RangePlace {
  log: TableLog;
  partition: number;
  first: number;
  /** First offset after it. */
  end: number;
}

/** Memory of an object besides its bytes: names, views, allocator overhead. */
const OBJECT_BYTES = 1024;

/** Bytes of memory that objects hold. */
export function heldBytes(objects: readonly RangeObject[]): number {
  return objects.reduce((sum, { bytes }) => sum + bytes.length + OBJECT_BYTES, 0);
}

/** Releases the memory of written objects. */
export function releaseObjects(objects: readonly RangeObject[]): void {
  // Not left to the garbage collector: the objects of several ranges would accumulate.
  for (const { bytes } of objects) bytes.buffer.transfer(0);
}

/**
 * Encodes the content of a range: one object for each Hive partition of its rows, and one for each
 * day of its dead letters. The content cannot be used afterwards.
 */
export async function rangeObjects(
  content: RangeContent,
  format: LakeFormat,
  place: RangePlace,
  encoder: Encoder,
): Promise<RangeObject[]> {
  const { job, paths, deadLetters } = content;
  const encoded = job === undefined ? [] : await encoder.encode(job);
  const extension = EXTENSIONS[format];
  const objects = encoded.map(({ group, ...object }): RangeObject => ({
    ...object,
    // If files have column ids, the table keeps their statistics itself.
    columns: place.log.fieldIds && fileStatistics(object.bytes).columns,
    ...named(place, "rows", paths[group], extension),
  }));
  for (const { dt, rows, bytes } of deadLetters.takeFiles()) {
    objects.push({ rows, bytes, ...named(place, "dead-letters", [["dt", dt]], "jsonl") });
  }
  return objects;
}

/**
 * The record of offsets that are neither rows nor dead letters: they are counted, not dropped
 * silently.
 * @param details what else is known, such as the bytes of a batch that cannot be read
 */
export function gapObject(
  place: RangePlace,
  reason: GapReason,
  details: Record<string, unknown> = {},
): RangeObject {
  const { log: { name: { topic } }, partition, first, end } = place;
  return {
    rows: 0,
    bytes: gapContent({ topic, partition, first, last: end - 1 }, reason, details),
    ...named(place, "gap", gapPartitions(reason), "json"),
  };
}

function named(
  { log, partition, first, end }: RangePlace,
  kind: ObjectPlace["kind"],
  partitions: ObjectPlace["partitions"],
  extension: string,
): Pick<RangeObject, "name" | "kind" | "partitions"> {
  const generation = log.generation?.(partition);
  const range = { partition, first, last: end - 1, generation };
  const name = log.objectName({ ...range, kind, partitions, extension });
  return { name, kind, partitions };
}
