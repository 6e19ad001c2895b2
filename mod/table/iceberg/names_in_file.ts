import type { FileMetaData } from "hyparquet";
import type { IcebergSchema } from "./metadata.ts";

/**
 * The names that a Parquet file has for the table's columns, by field id. Files of a Hive table have no ids:
 * the table's name mapping takes them by their names.
 */
export function namesInFile(
  { schema }: FileMetaData,
  fields: IcebergSchema["fields"],
): ReadonlyMap<number, string> {
  const elements = schema.slice(1);
  const hasIds = elements.some(({ field_id }) => field_id !== undefined);
  const names = new Map<number, string>();
  for (const { id, name } of fields) {
    const element = elements.find((one) => hasIds ? one.field_id === id : one.name === name);
    if (element !== undefined) names.set(id, element.name);
  }
  return names;
}
