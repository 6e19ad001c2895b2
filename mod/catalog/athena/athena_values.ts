import type { Datum } from "@aws-sdk/client-athena";
import type { ResultColumn, Value } from "../engine.ts";

/**
 * A row of an Athena result. DESCRIBE and some SHOW statements return all columns as one text, with tabs and
 * blanks between them.
 */
export function athenaRow(data: readonly Datum[], columns: readonly ResultColumn[]): Value[] {
  const texts = data.length === 1 && columns.length > 1
    ? (data[0].VarCharValue ?? "").split("\t").map((text) => text.trim())
    : data.map(({ VarCharValue }) => VarCharValue);
  return columns.map(({ type = "varchar" }, c) => athenaValue(texts[c], type));
}

/**
 * A value of an Athena result, which is text whatever its type. Dates, timestamps and decimals stay
 * text: as such they are exact.
 * @param type Athena's name of the column's type
 */
export function athenaValue(text: string | undefined, type: string): Value {
  if (text === undefined) return null;
  switch (type) {
    case "tinyint":
    case "smallint":
    case "integer":
    case "bigint":
      return BigInt(text);
    case "double":
    case "float":
    case "real":
      return Number(text);
    case "boolean":
      return text === "true";
    default:
      return text;
  }
}
