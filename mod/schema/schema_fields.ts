import { LENIENCES } from "./lenience.ts";
import { COLUMN_TYPES } from "./schema.ts";

/** One field of a schema file. The check of a schema and its reference derive from these. */
export interface SchemaField {
  name: string;
  /** What a value looks like. */
  form: string;
  /** Value where the field is left out; absent: it must be there. */
  default?: string;
  /** One or two sentences, without a full stop at the end. */
  description: string;
}

/** Fields of the schema itself. */
export const SCHEMA_FIELDS: readonly SchemaField[] = [
  {
    name: "table",
    form: "a name of a-z, 0-9 and _",
    description:
      "Name of the table in lake and catalog. The topic is named like it unless --topic is set",
  },
  {
    name: "key",
    form: "wire name of a column, or a list of them",
    default: "no key",
    description:
      "Columns whose values form the message's key, joined by |. Messages with the same key keep their order",
  },
  {
    name: "columns",
    form: "list of columns",
    description: "The columns, in the order of the lake",
  },
  {
    name: "lenient",
    form: "list of words",
    default: "only plain JSON objects",
    description: `What messages may be besides: ${
      Object.entries(LENIENCES).map(([word, means]) => `${word} (${means})`).join("; ")
    }. --lenient WORDS does the same for one run`,
  },
  {
    name: "rows",
    form: "path, or .",
    default: "a message is one row",
    description:
      "Path to the array whose elements are the rows of a message; . if the message itself is the array. It requires a column with from: index. An empty array, or one with an invalid element, makes the whole message a dead letter",
  },
  {
    name: "strictFields",
    form: "true or false",
    default: "false",
    description:
      "Whether messages with unknown fields are dead letters; --strict-fields does the same for one run",
  },
  {
    name: "notBelow",
    form: 'list of {"column", "than"}',
    default: "none",
    description:
      "Rules over two columns, by their wire names: a row whose first value is below the second is rejected",
  },
];

/** Fields of a column. */
export const COLUMN_FIELDS: readonly SchemaField[] = [
  {
    name: "wire",
    form: "text of 1 to 128 characters",
    description:
      "Name in messages and in a file's header, where case and surrounding space are ignored. data.c is also the path to c in data",
  },
  {
    name: "name",
    form: "a name of a-z, 0-9 and _",
    description: "Name in the lake and in SQL",
  },
  {
    name: "type",
    form: COLUMN_TYPES.join(", "),
    description:
      "Type in the lake: a date is a day, a timestamp an instant in UTC with milliseconds, a long a 64-bit integer",
  },
  {
    name: "required",
    form: "true or false",
    default: "false",
    description: "Whether rows without a value are rejected",
  },
  {
    name: "aliases",
    form: "list of texts",
    default: "none",
    description:
      "Other names that the column may have in a file's header, the preferred ones first",
  },
  {
    name: "min",
    form: "number",
    default: "none",
    description: "Smallest value of a double or long",
  },
  {
    name: "max",
    form: "number",
    default: "none",
    description: "Largest value of a double or long",
  },
  {
    name: "maxLength",
    form: "whole number above 0",
    default: "none",
    description: "Maximum length of a string, in bytes of UTF-8",
  },
  {
    name: "number",
    form: "lenient",
    default: "JSON numbers",
    description:
      "Files may write thousands separators, a currency sign, K, M, B or T, parentheses for negative numbers, and a percent sign, which is dropped: 0.52% is 0.52",
  },
  {
    name: "decimal",
    form: ". or ,",
    default: ".",
    description: "Decimal separator in files; with , the thousands separator is .",
  },
  {
    name: "format",
    form: "text or list of texts",
    default: "only ISO 8601",
    description:
      "Additional formats of a date or timestamp: a pattern of YYYY, YY, MM, M, MMM, DD, D, HH, H, hh, h, A, mm, ss, SSS and Z, such as MM/DD/YYYY; or epoch_s, epoch_ms, epoch_us, epoch_ns",
  },
  {
    name: "time",
    form: "drop",
    default: "only midnight is dropped",
    description: "Drops the time of day in a date column; otherwise such rows are rejected",
  },
  {
    name: "from",
    form: "key, value, header:NAME, index or message",
    default: "a field of the row",
    description:
      "Takes the column from the record's key, its whole value or a header instead; bytes that are not UTF-8 are written in base64. With rows: index is the row's place in the array, from 0; message takes the field wire from outside the array",
  },
  {
    name: "default",
    form: "text",
    default: "none",
    description:
      "Value if a file lacks the column; {stem} stands for the file's name without extensions. --set COLUMN=VALUE does the same for one run",
  },
  {
    name: "description",
    form: "text",
    default: "none",
    description: "For people",
  },
];
