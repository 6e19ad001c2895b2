import { ColumnBuffer } from "./column_buffer.ts";
import { LineBuffer } from "./line_buffer.ts";
import type { LakeFormat } from "./lake_format.ts";
import type { RowBuffer, RowBufferOptions } from "./row_buffer.ts";

/** An empty buffer for rows that will be written in a format. */
export function rowBuffer(format: LakeFormat, options: RowBufferOptions): RowBuffer {
  return format === "parquet" ? new ColumnBuffer(options) : new LineBuffer(options);
}
