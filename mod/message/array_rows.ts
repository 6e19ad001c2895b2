import { type CheckedMessage, type CheckedRow, SeveralRows, type TypedRow } from "../schema/row.ts";
import { valueText } from "../schema/value_text.ts";
import { atPath } from "../schema/at_path.ts";

/** Maximum rows of a message: each row takes memory, however few bytes it has. */
const MOST_ROWS = 100_000;

/**
 * The rows of a message that contains an array of them. All or none: a message with an invalid element is
 * rejected as a whole, so that its bytes are kept as one dead letter, and a replay writes all its rows.
 * @param path to the array, `.` for the message itself
 * @param read makes the row of an element, or says why it is none
 */
export function arrayRows(
  message: unknown,
  path: string,
  read: (element: unknown, index: number) => CheckedRow,
): CheckedMessage {
  const name = path === "." ? "" : `${path}: `;
  const list = path === "." ? message : atPath(message, path.split("."));
  if (!Array.isArray(list)) {
    return list === undefined
      ? `${name}there is no array of rows`
      : `${name}expected an array of rows, found ${valueText(list)}`;
  }
  if (list.length === 0) return `${name}an array without a row`;
  if (list.length > MOST_ROWS) return `${name}more than ${MOST_ROWS} rows`;
  const rows: TypedRow[] = [];
  for (let index = 0; index < list.length; index++) {
    const element = list[index];
    if (typeof element !== "object" || element === null) {
      return `row ${index}: expected an object or an array, found ${valueText(element)}`;
    }
    const row = read(element, index);
    if (typeof row === "string") return `row ${index}: ${row}`;
    rows.push(row);
  }
  return new SeveralRows(rows);
}
