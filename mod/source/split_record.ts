import { Buffer } from "node:buffer";
import { parse } from "csv-parse/sync";

/**
 * The fields of one record of CSV (RFC 4180), or `null` when its quotes do not match. The only use of
 * csv-parse: it takes the records that `LineEncoder` leaves, those with quotes inside quotes or with
 * a line end in a field.
 */
export function splitRecord(record: Uint8Array, delimiter = ","): Uint8Array[] | null {
  // As Latin-1, every byte is a character: the parser sees the separators, and the bytes of a field
  // come back as they were, so that whether they are UTF-8 is decided field by field.
  const text = Buffer.from(record.buffer, record.byteOffset, record.byteLength).toString("latin1");
  let records: string[][];
  try {
    records = parse(text, {
      delimiter,
      relax_column_count: true,
      record_delimiter: ["\r\n", "\n"],
    });
  } catch {
    return null;
  }
  return records.length === 1 ? records[0].map((field) => Buffer.from(field, "latin1")) : null;
}
