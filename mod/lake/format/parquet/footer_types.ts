import type { FileMetaData, SchemaElement } from "hyparquet";
import type { ColumnType } from "../../../schema/schema.ts";
import { STORE_TYPES } from "../../../schema/types.ts";
import { readFooter } from "./footer.ts";

/**
 * The types of a file's columns by its footer, such as `INT64` or `INT32 DATE`: not every engine
 * can read two files that differ in one as one table. Nested columns are left out.
 */
export function footerTypes({ schema }: Pick<FileMetaData, "schema">): Map<string, string> {
  const flat = schema.slice(1).filter(({ num_children }) => num_children === undefined);
  return new Map(flat.map((element) => [element.name, textOf(element)]));
}

/** The same for a whole file. */
export function footerTypesOf(bytes: Uint8Array): Map<string, string> {
  return footerTypes(readFooter(bytes));
}

/** The type of a column of the schema in a footer. */
export function footerType(type: ColumnType): string {
  return textOf(STORE_TYPES[type].parquet);
}

function textOf(
  { type, converted_type }: Pick<SchemaElement, "type" | "converted_type">,
): string {
  // To engines, milliseconds and microseconds are one type.
  const meaning = converted_type?.replace(/^TIMESTAMP_.*/, "TIMESTAMP");
  return meaning === undefined ? `${type}` : `${type} ${meaning}`;
}
