import {
  canonicalFields,
  encodeCsvRow,
  type FieldTexts,
  parseCsvRow,
} from "../schema/parse_csv_row.ts";
import { keyColumns, type RowSchema } from "../schema/schema.ts";
import type { Header } from "./header.ts";
import { keyText } from "./key_text.ts";
import type { Row } from "./source_row.ts";
import { splitRecord } from "./split_record.ts";

/**
 * Parses one record of a file in full: its row, or the reason why it
 * is rejected.
 */
export function encodeRecord(schema: RowSchema, header: Header, record: Uint8Array): Row | string {
  const { columns } = schema;
  const fields = splitRecord(record, header.delimiter);
  if (fields === null) return "quotes do not match";
  const wrong = wrongCount(header, fields);
  if (wrong !== null) return wrong;
  const texts: Array<string | undefined> = [];
  for (let c = 0; c < columns.length; c++) {
    const field = fields[header.fieldOf[c]];
    try {
      texts.push(field === undefined ? header.constants[c] : decoder.decode(field));
    } catch {
      return `${columns[c].wire}: not UTF-8`;
    }
  }
  return encodeTexts(schema, canonicalFields(schema, texts));
}

/** The row of texts in the form that messages have, or the reason why it is rejected. */
export function encodeTexts(schema: RowSchema, texts: FieldTexts): Row | string {
  const checked = parseCsvRow(schema, texts);
  if (typeof checked === "string") return checked;
  return {
    key: keyText(keyColumns(schema).map((c) => texts[c])),
    value: encoder.encode(encodeCsvRow(schema, texts)),
  };
}

/** A separator at the end of the header, or of the row, makes no field. */
function wrongCount({ fieldCount, isTrailing }: Header, fields: Uint8Array[]): string | null {
  const { length } = fields;
  if (length === fieldCount || (isTrailing && length === fieldCount - 1)) return null;
  if (!isTrailing && length === fieldCount + 1 && fields[fieldCount].length === 0) return null;
  return `expected ${isTrailing ? fieldCount - 1 : fieldCount} fields, found ${length}`;
}

const encoder = new TextEncoder();
/** A byte order mark in the middle of a file is a character of its field. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
