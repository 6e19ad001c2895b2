import type { Encoder } from "../lake/format/encoder.ts";
import { EXTENSIONS } from "../lake/format/row_buffer.ts";
import { type FlushRange, objectName } from "../lake/layout.ts";
import type { SealedRange } from "./open_range.ts";

/** One object as it goes to the lake. */
export interface RangeObject {
  name: string;
  bytes: Uint8Array;
}

/** Value of the folder `gap=` for what retention removed. */
const RETENTION = "retention";

/** Encodes a sealed range: an object for each Hive partition of its rows, one for each day of its dead letters. */
export async function rangeObjects(
  range: SealedRange,
  name: FlushRange & { table: string },
  encoder: Encoder,
): Promise<RangeObject[]> {
  const { job, paths, deadLetters, layout } = range;
  const encoded = job === undefined ? [] : await encoder.encode(job);
  const objects = encoded.map(({ group, bytes }) => ({
    name: objectName({
      ...name,
      deadLetter: false,
      partitions: paths[group],
      extension: EXTENSIONS[layout.format],
    }),
    bytes,
  }));
  for (const { dt, bytes } of deadLetters.files()) {
    const partitions = [["dt", dt]] as const;
    objects.push({
      name: objectName({ ...name, deadLetter: true, partitions, extension: "jsonl" }),
      bytes: bytes as Uint8Array<ArrayBuffer>,
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
      deadLetter: true,
      partitions: [["gap", RETENTION]],
      extension: "json",
    }),
    bytes: new TextEncoder().encode(JSON.stringify(record) + "\n"),
  };
}
