import { encode } from "../../../mod/lake/format/encode.ts";
import type { EncodedObject } from "../../../mod/lake/format/encode_job.ts";
import { EXTENSIONS, type LakeFormat } from "../../../mod/lake/format/lake_format.ts";
import { python } from "../../services/services.ts";
import { type BufferOptions, bufferRows, type SampleRow, TIMESTAMP_MS } from "./sample_rows.ts";

/** A row with times as texts. */
export type Plain = Record<string, string | number | null>;

/** What others read of the objects of one flush. */
export interface ReadBack {
  arrow: Plain[];
  duck: Plain[];
  schema: Record<string, [type: string, nullable: boolean]>;
  statistics: Record<string, Array<[min: unknown, max: unknown, nulls: number]>>;
  filters: Record<string, number>;
}

/** The objects of rows in a format. */
export function encoded(
  format: LakeFormat,
  rows: readonly unknown[],
  options?: BufferOptions,
): EncodedObject[] {
  return [...encode(bufferRows(format, rows, options).job)];
}

/** What others read of rows in a format. */
export async function readBack(
  format: LakeFormat,
  rows: readonly unknown[],
  filters: string[] = [],
  options?: BufferOptions,
): Promise<ReadBack> {
  const folder = await Deno.makeTempDir({ prefix: "ticklake-format-" });
  try {
    for (const { group, bytes } of encoded(format, rows, options)) {
      await Deno.writeFile(`${folder}/${group}.${EXTENSIONS[format]}`, bytes);
    }
    const script = new URL("./read_back.py", import.meta.url);
    return JSON.parse(await python(script, [folder, ...filters]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A time as both formats' readers give it. */
export const timestampText = (ms: number) =>
  new Date(ms).toISOString().replace("T", " ").replace("Z", "");

/** A row as the lake has it. */
export function expected(row: SampleRow, i: number): Plain {
  const time = (text: string | null | undefined) =>
    text == null ? null : timestampText(Date.parse(text.replace(" ", "T").replace(/Z?$/, "Z")));
  return {
    s: row.s,
    os: row.os ?? null,
    d: row.d,
    od: row.od ?? null,
    x: row.x,
    ox: row.ox ?? null,
    n: row.n,
    on: row.on ?? null,
    t: time(row.t),
    ot: time(row.ot),
    kafka_partition: 3,
    kafka_offset: 1000 + i,
    kafka_timestamp: timestampText(TIMESTAMP_MS),
  };
}
