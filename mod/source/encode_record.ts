import { encodeCsvRow, parseCsvRow } from "../schema/parse_csv_row.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { Header } from "./header.ts";
import type { Row } from "./source_row.ts";
import { splitRecord } from "./split_record.ts";

/**
 * Decides about one record of a file with all the care that it takes: its row, or the reason why it
 * is rejected.
 */
export function encodeRecord(schema: RowSchema, header: Header, record: Uint8Array): Row | string {
  const { columns, key } = schema;
  const fields = splitRecord(record);
  if (fields === null) return "quotes do not match";
  if (fields.length !== header.fieldCount) {
    return `expected ${header.fieldCount} fields, found ${fields.length}`;
  }
  const texts: Array<string | undefined> = [];
  for (let c = 0; c < columns.length; c++) {
    const field = fields[header.fieldOf[c]];
    try {
      texts.push(field === undefined ? undefined : decoder.decode(field));
    } catch {
      return `${columns[c].wire}: not UTF-8`;
    }
  }
  const checked = parseCsvRow(schema, texts);
  if (typeof checked === "string") return checked;
  return {
    key: texts[columns.findIndex(({ wire }) => wire === key)]!,
    value: encoder.encode(encodeCsvRow(schema, texts)),
  };
}

const encoder = new TextEncoder();
/** A byte order mark in the middle of a file is a character of its field. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
