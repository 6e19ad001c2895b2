import type { RowSchema } from "../schema/schema.ts";
import { encodeRecord } from "./encode_record.ts";
import type { Header } from "./header.ts";
import { LineEncoder } from "./line_encoder.ts";
import type { RecordForm } from "./record_form.ts";

/** The records of a CSV file with this header. */
export function csvRecords(schema: RowSchema, header: Header): RecordForm {
  const encoder = new LineEncoder(schema, header);
  return {
    isQuoted: true,
    encode: (bytes, start, stop) => encoder.encode(bytes, start, stop),
    decide: (record) => encodeRecord(schema, header, record),
  };
}
