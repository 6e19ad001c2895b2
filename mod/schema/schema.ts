/** Types a column can have in the lake. */
export const COLUMN_TYPES = ["string", "date", "double", "long", "timestamp"] as const;

/** Type of a column in the lake. */
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** One column: of the file, of the message and of the lake. */
export interface Column {
  /** Name in the file's header and in the message, such as `Adj Close`. */
  wire: string;
  /** Name in the lake, such as `adj_close`: lower case, digits and `_`. */
  name: string;
  type: ColumnType;
  /** A row without a value for it is rejected. */
  required: boolean;
  /** Smallest value allowed, for `double` and `long`. */
  min?: number;
  /** Largest value allowed, for `double` and `long`. */
  max?: number;
  /** Most UTF-8 bytes allowed, for `string`. */
  maxLength?: number;
  /** For people. */
  description?: string;
  /** Other names that the column has in files and, where declared, in messages. */
  aliases?: string[];
  /** `lenient`: numbers may have thousands separators, a currency sign, a K, M, B or T, or a percent sign. */
  number?: "lenient";
  /** What separates the decimals of its numbers in files and texts. @default {"."} */
  decimal?: "." | ",";
  /** Forms of its dates besides ISO 8601: patterns such as `MM/DD/YYYY`, or `epoch_ms`. */
  format?: string[];
  /** `drop`: a time of day in a `date` column is dropped; without it only midnight is. */
  time?: "drop";
  /**
   * What of a record it is instead of a field of the row: `key`, `value` or `header:NAME`; where a message
   * has several rows, `index` (its place among them, from 0) or `message` (a field outside of the array).
   */
  from?: string;
  /** Value where a file lacks the column; `{stem}` stands for the file's name without its endings. */
  default?: string;
}

/** A rule over two columns: the first must not be below the second. */
export interface NotBelow {
  /** Wire name of the column that must be at least as large. */
  column: string;
  /** Wire name of the other. */
  than: string;
}

/** The one description of a row, from which parsing, checks and every store's types derive. */
export interface RowSchema {
  /** The table's name in the lake and the catalog. */
  table: string;
  /** Wire name of the column that keys the messages, or of several; none: messages have no key. */
  key: string | readonly string[];
  columns: Column[];
  /** Path to the array whose elements are the rows of a message; `.` where it is the message itself. */
  rows?: string;
  /** What messages may be besides plain JSON objects: words of `LENIENCES`. */
  lenient?: readonly string[];
  /** Whether a message with a field that is no column is a dead letter. @default {false} */
  strictFields?: boolean;
  notBelow: NotBelow[];
}

/** Indices of the columns that key the messages. */
export function keyColumns({ key, columns }: Pick<RowSchema, "key" | "columns">): number[] {
  const names = typeof key === "string" ? [key] : key;
  return names.map((name) => columns.findIndex(({ wire }) => wire === name));
}

/** Columns that the sink adds to each row of the lake, after the schema's. */
export const ORIGIN_COLUMNS: readonly Column[] = [
  { wire: "", name: "kafka_partition", type: "long", required: true },
  { wire: "", name: "kafka_offset", type: "long", required: true },
  { wire: "", name: "kafka_timestamp", type: "timestamp", required: true },
];
