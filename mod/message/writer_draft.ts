import type { Column, ColumnType, RowSchema } from "../schema/schema.ts";
import type { DraftColumn } from "../schema/schema_draft.ts";

/** What the fields of a writer's schema are as columns of a table. */
export interface WriterDraft {
  columns: DraftColumn[];
  /** Fields that no column can have, each with the reason. */
  leftOut: string[];
}

/** A field that is a decimal: the lake has none. */
export const DECIMAL_COMMENT =
  "a decimal, read as a double: 15 to 17 digits are exact, further ones are lost";

/** A field that is an array or a map. */
export const NESTED_COMMENT = "an array or map, as JSON text";

/**
 * Why a field's values can never be a column's, `undefined` if they can be.
 * @param field what the field would be as a column
 */
export function typeMisfit(
  field: Pick<DraftColumn, "type">,
  column: Column,
  { lenient = [] }: Pick<RowSchema, "lenient">,
): string | undefined {
  const { type } = field;
  if (fits(type, column, lenient)) return undefined;
  return `${column.wire} is a ${type} in the messages and a ${column.type} in the table`;
}

function fits(type: ColumnType, column: Column, lenient: readonly string[]): boolean {
  const isNumber = type === "double" || type === "long";
  switch (column.type) {
    case "string":
      return !isNumber;
    case "double":
    case "long":
      return isNumber ||
        type === "string" && (column.number === "lenient" || lenient.includes("numbers"));
    case "date":
    case "timestamp":
      return !isNumber ||
        [...column.format ?? [], ...lenient].some((word) => word.startsWith("epoch_"));
  }
}
