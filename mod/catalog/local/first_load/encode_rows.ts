import type { CellValue } from "../../../lake/format/cell_value.ts";
import type { ObjectRows } from "../../../lake/format/object_rows.ts";
import { LeafPages, type Leaves } from "./leaf_pages.ts";
import { RecordEncoder, type StoredType } from "./record_encoder.ts";

/** A column of the catalog's table. */
export interface StoredColumn {
  name: string;
  type: StoredType;
}

/**
 * An object's rows as pages of a SQLite table.
 * @param columns those of the table, in its order
 * @returns `undefined` where SQLite must decide what a value becomes, as for a number in a text column
 */
export function encodeRows(
  { batches, partitions }: ObjectRows,
  columns: readonly StoredColumn[],
  firstRow: number,
): Leaves | undefined {
  const fixed = new Map(partitions);
  const encoder = new RecordEncoder(columns.map(({ type }) => type));
  const pages = new LeafPages(firstRow);
  for (const batch of batches) {
    const values = columns.map(({ name }): ArrayLike<CellValue> => {
      const value = fixed.get(name);
      if (value !== undefined) return new Array<CellValue>(batch.rows).fill(value);
      return batch.columns.get(name) ?? [];
    });
    for (let row = 0; row < batch.rows; row++) {
      if (!encoder.encode(values, row)) return undefined;
      pages.add(encoder);
    }
  }
  return pages.finish();
}
