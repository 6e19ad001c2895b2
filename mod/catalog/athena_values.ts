import type { Value } from "./engine.ts";

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
