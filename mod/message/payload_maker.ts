import type { MessageRecord, RowScan } from "../schema/message_reader.ts";
import type { CheckedMessage } from "../schema/row.ts";
import type { RowSchema } from "../schema/schema.ts";
import { valueText } from "../schema/value_text.ts";
import type { CheckListener } from "./message_form.ts";
import type { PayloadReader } from "./payload.ts";
import { jsonText } from "./plain_value.ts";
import { PayloadCheck, type PayloadMisfit } from "./payload_check.ts";
import type { WriterDraft } from "./writer_draft.ts";

/** The row or rows of a payload; `value` is the whole message. Never throws. */
export interface TablePayloads {
  (payload: Uint8Array, value: Uint8Array, record?: MessageRecord): CheckedMessage;
  /** See {@linkcode RowScan}. */
  scan?: RowScan;
}

/** What makes rows of the payloads that one schema has written. */
export interface PayloadMaker {
  forTable(schema: RowSchema, listener: CheckListener): TablePayloads;
  /**
   * A payload's fields as JSON, for the user.
   * @throws {Error} when the payload is damaged
   */
  text(payload: Uint8Array): string;
  /** The columns that a table of these payloads would have. */
  draft(): WriterDraft;
  /** Why no payload can be a row of the table, a sentence each; empty if some can. */
  misfits(schema: RowSchema): string[];
}

/** Makes rows of what a {@linkcode PayloadReader} reads. */
export function payloadMaker(reader: PayloadReader): PayloadMaker {
  return {
    text: (payload) => jsonText(reader.read(payload)),
    draft: () => reader.draft(),
    misfits: (schema) => misfits(schema, new PayloadCheck(schema, reader).misfit),
    forTable(schema, { onUnknown, note }) {
      const check = new PayloadCheck(schema, reader);
      const { unknown } = check.misfit;
      const why = misfits(schema, check.misfit);
      if (why.length > 0) {
        note(
          `${why.join("; ")}: its messages are dead letters; \`ticklake schema infer\` makes a ` +
            "schema that fits them",
        );
      }
      const inexact = reader.decimals.filter((name) => !unknown.includes(name));
      if (inexact.length > 0) note(`decimals are read as doubles: ${inexact.join(", ")}`);
      const [first] = unknown;
      const row = (payload: Uint8Array, value: Uint8Array, record?: MessageRecord) => {
        if (first !== undefined && schema.strictFields) return `unknown field ${valueText(first)}`;
        const row = check.check(payload, value, record);
        if (first !== undefined && typeof row !== "string") onUnknown(first);
        return row;
      };
      const { scan } = check;
      if (first === undefined || scan === undefined) return Object.assign(row, { scan });
      if (schema.strictFields) return row;
      const told: RowScan = (bytes, at, into) => {
        if (!scan(bytes, at, into)) return false;
        onUnknown(first);
        return true;
      };
      return Object.assign(row, { scan: told });
    },
  };
}

function misfits({ table }: RowSchema, { missing, types }: PayloadMisfit): string[] {
  if (missing.length === 0) return types;
  const names = missing.map(({ wire }) => wire).join(", ");
  return [`no field for ${names}, which ${table} requires`, ...types];
}
