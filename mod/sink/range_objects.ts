import type { Encoder } from "../lake/format/encoder.ts";
import { EXTENSIONS, type LakeFormat } from "../lake/format/lake_format.ts";
import { type FlushRange, gapPartitions, objectName } from "../lake/layout.ts";
import type { RangeContent } from "./open_range.ts";

/** One object as it goes to the lake. */
export interface RangeObject {
  name: string;
  /** In a buffer of their own. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** Value of the folder `gap=` for what retention removed. */
const RETENTION = "retention";

/**
 * Encodes what was read of a range: an object for each Hive partition of its rows, one for each day of
 * its dead letters. The content is spent afterwards.
 */
export async function rangeObjects(
  content: RangeContent,
  format: LakeFormat,
  name: FlushRange & { table: string },
  encoder: Encoder,
): Promise<RangeObject[]> {
  const { job, paths, deadLetters } = content;
  const encoded = job === undefined ? [] : await encoder.encode(job);
  const extension = EXTENSIONS[format];
  const objects = encoded.map(({ group, bytes }) => ({
    name: objectName({ ...name, kind: "rows", partitions: paths[group], extension }),
    bytes,
  }));
  for (const { dt, bytes } of deadLetters.takeFiles()) {
    const partitions = [["dt", dt]] as const;
    objects.push({
      name: objectName({ ...name, kind: "dead-letters", partitions, extension: "jsonl" }),
      bytes,
    });
  }
  return objects;
}

/** The record of offsets that retention removed before they were read: they are counted, not silent. */
export function gapObject(range: FlushRange & { table: string }): RangeObject {
  const { topic, partition, first, last } = range;
  const record = { topic, partition, first, last, lost: last + 1 - first, reason: RETENTION };
  return {
    name: objectName({
      ...range,
      kind: "gap",
      partitions: gapPartitions(RETENTION),
      extension: "json",
    }),
    bytes: new TextEncoder().encode(JSON.stringify(record) + "\n"),
  };
}
