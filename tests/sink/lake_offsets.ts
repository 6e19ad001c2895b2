import { gunzipSync } from "node:zlib";
import { parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { parseObjectName } from "../../mod/lake/layout.ts";
import type { MemoryLake } from "./memory_lake.ts";

/** What stands in a lake: offsets of rows, of dead letters and of gaps, by partition, sorted. */
export interface LakeOffsets {
  rows: number[];
  deadLetters: number[];
  gaps: number[];
}

/** Reads every object of a partition; an offset that stands there twice comes twice. */
export async function lakeOffsets(lake: MemoryLake, partition = 0): Promise<LakeOffsets> {
  const found: LakeOffsets = { rows: [], deadLetters: [], gaps: [] };
  for (const [name, bytes] of lake.objects) {
    const parsed = parseObjectName(name)!;
    if (parsed.partition !== partition) continue;
    if (parsed.extension === "json") {
      for (let offset = parsed.first; offset <= parsed.last; offset++) found.gaps.push(offset);
    } else if (parsed.extension === "parquet") {
      const file = bytes.slice().buffer;
      const rows = await parquetReadObjects({ file, columns: ["kafka_offset"], compressors });
      found.rows.push(...rows.map((row) => Number(row.kafka_offset)));
    } else {
      const text = new TextDecoder().decode(
        parsed.kind === "dead-letters" ? bytes : gunzipSync(bytes),
      );
      const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
      if (parsed.kind === "dead-letters") {
        found.deadLetters.push(...lines.map(({ offset }) => offset));
      } else found.rows.push(...lines.map((line) => line.kafka_offset));
    }
  }
  for (const offsets of Object.values(found)) offsets.sort((a: number, b: number) => a - b);
  return found;
}

/** The numbers from `begin` to before `end`. */
export function offsetsFrom(begin: number, end: number): number[] {
  return Array.from({ length: end - begin }, (_, i) => begin + i);
}
