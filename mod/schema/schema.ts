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
  /** Wire name of the column that keys the messages. */
  key: string;
  columns: Column[];
  notBelow: NotBelow[];
}

/** Columns that the sink adds to each row of the lake, after the schema's. */
export const ORIGIN_COLUMNS: readonly Column[] = [
  { wire: "", name: "kafka_partition", type: "long", required: true },
  { wire: "", name: "kafka_offset", type: "long", required: true },
  { wire: "", name: "kafka_timestamp", type: "timestamp", required: true },
];
