/** A message as people have it, and what it must become. */
export interface MessageCase {
  /** Its name in messages.jsonl. */
  name: string;
  /** Words of `--lenient` that it takes. */
  lenient?: string;
  /** A schema of its own. */
  schema?: unknown;
  row: Record<string, unknown>;
  /** Further rows of the same message. */
  more?: ReadonlyArray<Record<string, unknown>>;
  /** Why it is a dead letter where nothing is declared. */
  reason: string;
}

const ROW = {
  index: "HSI",
  date: "2022-01-03",
  open: 101.5,
  high: 102.5,
  low: 100.5,
  close: 101,
  adj_close: 101,
  volume: 1000,
  close_usd: 13.13,
};

/** The nested message's schema: paths, an epoch, the key and a header. */
const NESTED = {
  table: "nested",
  columns: [
    { wire: "symbol", name: "symbol", type: "string", required: true },
    { wire: "data.t", name: "at", type: "timestamp", required: true, format: "epoch_s" },
    { wire: "data.o", name: "open", type: "double", required: true },
    { wire: "data.c", name: "close", type: "double", required: true },
    { wire: "data.v", name: "volume", type: "long" },
    { wire: "message key", name: "message_key", type: "string", from: "key" },
    { wire: "raw", name: "raw", type: "string", from: "value" },
  ],
};

/** The array's schema: the columns of quotes, and the row's index. */
const QUOTES = {
  table: "index_quotes",
  rows: ".",
  columns: [
    ...["Index", "Date", "Open", "High", "Low", "Close", "Adj Close", "Volume", "CloseUSD"].map(
      (wire) => ({
        wire,
        name: wire.replace("USD", " usd").toLowerCase().replace(" ", "_"),
        type: wire === "Index"
          ? "string"
          : wire === "Date"
          ? "date"
          : wire === "Volume"
          ? "long"
          : "double",
      }),
    ),
    { wire: "row", name: "row_index", type: "long", from: "index" },
  ],
};

const NESTED_VALUE =
  '{"symbol":"HSI","data":{"t":1641168000,"o":101.5,"h":102.5,"l":100.5,"c":101.0,"v":1000}}';

/** The messages of messages.jsonl. */
export const MESSAGE_CASES: readonly MessageCase[] = [
  {
    name: "numbers as text",
    lenient: "numbers",
    row: ROW,
    reason: 'Open: expected a number, found "101.5"',
  },
  { name: "lower-case keys", lenient: "names", row: ROW, reason: "Index is missing" },
  {
    name: "epoch milliseconds as date",
    lenient: "epoch_ms",
    row: ROW,
    reason: "Date: expected YYYY-MM-DD, found 1641168000000",
  },
  {
    name: "NaN as Python's json.dumps writes it",
    lenient: "nan",
    row: { ...ROW, adj_close: null },
    reason: "not JSON: Adj Close is NaN or Infinity",
  },
  {
    name: "array of rows",
    schema: QUOTES,
    row: { ...ROW, row_index: 0 },
    more: [{ ...ROW, index: "NYA", close_usd: 101, row_index: 1 }],
    reason: "expected a JSON object, found an array",
  },
  {
    name: "nested",
    schema: NESTED,
    row: {
      symbol: "HSI",
      at: "2022-01-03 00:00:00.000",
      open: 101.5,
      close: 101,
      volume: 1000,
      message_key: "k",
      raw: NESTED_VALUE,
    },
    reason: "Index is missing",
  },
  {
    name: "Kafka Connect's envelope",
    lenient: "envelope",
    row: ROW,
    reason: "Index is missing",
  },
  {
    name: "encoded twice",
    lenient: "twice",
    row: ROW,
    reason: "expected a JSON object, found",
  },
  {
    name: "a column above 2^53",
    row: { ...ROW, volume: "9007199254740993" },
    reason: "HSI",
  },
  { name: "a line of CSV", lenient: "csv", row: ROW, reason: "not JSON: " },
];
