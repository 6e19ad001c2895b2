import { readFooter } from "../../lake/format/parquet/footer.ts";
import { columnJob } from "../../lake/format/column_job.ts";
import { encode } from "../../lake/format/encode.ts";
import { parquetBatches } from "../../lake/format/parquet/read_parquet.ts";
import type { Column } from "../../schema/schema.ts";
import type { LoadedTable } from "./catalog.ts";
import { columnType } from "./iceberg_schema.ts";
import { currentSchema } from "./metadata.ts";
import { namesInFile } from "./names_in_file.ts";

/**
 * A data file as if some of its rows were not in it: columns of types that this program writes, under the
 * names that the file has for them.
 * @param gone positions of the rows
 */
export async function withoutRows(
  bytes: Uint8Array,
  gone: ReadonlySet<number>,
  { metadata }: LoadedTable,
): Promise<Uint8Array> {
  const { fields } = currentSchema(metadata);
  const footer = readFooter(bytes);
  const names = namesInFile(footer, fields);
  const columns = fields.flatMap(({ id, type, required }): Column[] => {
    const [name, known] = [names.get(id), columnType(type)];
    return name === undefined || known === undefined
      ? []
      : [{ wire: name, name, type: known, required }];
  });
  const batches = await parquetBatches(bytes, columns, footer);
  const firsts = firstRows(batches);
  const isKept = (batch: typeof batches[number], row: number) =>
    !gone.has(firsts.get(batch)! + row);
  const [encoded] = encode(columnJob([{ batches, isKept }], { columns, compression: "none" }));
  return encoded.bytes;
}

/** Position in the file of each batch's first row. */
export function firstRows<B extends { rows: number }>(
  batches: readonly B[],
): ReadonlyMap<B, number> {
  const firsts = new Map<B, number>();
  let first = 0;
  for (const batch of batches) {
    firsts.set(batch, first);
    first += batch.rows;
  }
  return firsts;
}
