import { atPath } from "../schema/at_path.ts";
import { canonicalFields } from "../schema/parse_csv_row.ts";
import { valueText } from "../schema/value_text.ts";
import { parseJson } from "../schema/parse_json.ts";
import { withoutNaN } from "../schema/parse_nan.ts";
import type { RowSchema } from "../schema/schema.ts";
import { encodeTexts } from "./encode_record.ts";
import { type FileForm, filledConstant } from "./file_form.ts";
import { matchColumns, type MatchedColumns } from "./match_columns.ts";
import type { RecordForm } from "./record_form.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The records of a file with one JSON object per line; names are matched like those of a header. */
export function jsonRecords(schema: RowSchema, { name, constants }: FileForm): RecordForm {
  const { columns } = schema;
  const fixed = columns.map(({ wire, default: otherwise }) => constants?.get(wire) ?? otherwise);
  // `data.c` is also the path to `c` in `data`, as for `consume`.
  const paths = columns.map(({ wire }) => wire.includes(".") ? wire.split(".") : undefined);
  // Most lines of a file have the same names.
  let lastNames = "";
  let last: MatchedColumns | undefined;
  const match = (names: string[]) => {
    const signature = JSON.stringify(names);
    if (last === undefined || signature !== lastNames) {
      last = matchColumns(columns, names);
      lastNames = signature;
    }
    return last;
  };
  return {
    isQuoted: false,
    encode: () => null,
    decide(record) {
      const object = objectOf(record);
      if (typeof object === "string") return object;
      const entries = Object.entries(object);
      const { fieldOf, repeated } = match(entries.map(([key]) => key));
      if (repeated.length > 0) return `more than one ${repeated[0]}`;
      const texts: Array<string | undefined> = [];
      for (let c = 0; c < columns.length; c++) {
        const path = paths[c];
        const value = fieldOf[c] !== -1 ? entries[fieldOf[c]][1] : path && atPath(object, path);
        if (typeof value === "boolean" || (typeof value === "object" && value !== null)) {
          return `${columns[c].wire}: expected a ${columns[c].type}, found ${valueText(value)}`;
        }
        const constant = fixed[c];
        texts.push(
          value !== undefined && value !== null
            ? String(value)
            : constant && filledConstant(constant, columns[c].wire, name),
        );
      }
      return encodeTexts(schema, canonicalFields(schema, texts));
    },
  };
}

function objectOf(record: Uint8Array): Record<string, unknown> | string {
  let text: string;
  try {
    text = decoder.decode(record);
  } catch {
    return "not UTF-8";
  }
  const json = parseJson(text) ?? withNulls(text);
  if (json === undefined) return `not JSON: ${valueText(text)}`;
  if (typeof json === "object" && json !== null && !Array.isArray(json)) {
    return json as Record<string, unknown>;
  }
  return `expected a JSON object, found ${valueText(json)}`;
}

/** JSON as Python writes it, whose NaN and Infinity are no value, as in CSV. */
function withNulls(text: string): unknown {
  const replaced = withoutNaN(text, () => "null");
  return replaced === null ? undefined : parseJson(replaced);
}
