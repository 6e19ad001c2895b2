/** A file as people have it, and what it must give. */
export interface FileCase {
  file: string;
  /** The one flag that it may take. */
  flag?: readonly [name: string, value: string];
  /** Whether its schema is the one that `schema infer` makes of it. */
  isInferred?: boolean;
  /** Table that the rows are in. */
  table: string;
  /** Rows by the column names of the table, in the order of the file. */
  rows: ReadonlyArray<Record<string, unknown>>;
  /** What is said of the rows that are left out. */
  rejected?: readonly string[];
}

const PRICES = { open: 101.5, high: 102.5, low: 100.5, close: 101, adj_close: 101 };
const HSI = { index: "HSI", date: "2022-01-03", ...PRICES, volume: 1000, close_usd: 13.13 };
const ABC = ["--set", "Index=ABC"] as const;

/** The files of this folder, each with at most one flag. */
export const FILE_CASES: readonly FileCase[] = [
  {
    file: "lower-case-with-name.csv",
    table: "index_quotes",
    rows: [
      {
        index: "ABC",
        date: "2019-02-08",
        open: 15.01,
        high: 15.22,
        low: 14.63,
        close: 14.75,
        adj_close: null,
        volume: 8400100,
        close_usd: null,
      },
      {
        index: "XYZ",
        date: "2019-02-11",
        open: 14.8,
        high: 15.01,
        low: 14.26,
        close: 14.46,
        adj_close: null,
        volume: 8800200,
        close_usd: null,
      },
    ],
  },
  {
    file: "index-data-with-null.csv",
    table: "index_quotes",
    rows: [
      { index: "HSI", date: "1999-12-30", close: 101.300049, adj_close: 101.300049, volume: 0 },
    ],
    rejected: ["3: Open is missing; High is missing; Low is missing; and 2 more"],
  },
  {
    file: "no-symbol.csv",
    flag: ABC,
    table: "index_quotes",
    rows: [
      { index: "ABC", date: "2020-01-02", open: 74.05, adj_close: 73.34, volume: 135480400 },
      { index: "ABC", date: "2020-01-03", open: 74.28, adj_close: 72.63, volume: 146322800 },
    ],
  },
  {
    file: "no-symbol.csv",
    flag: ["--set", "Index={stem}"],
    table: "index_quotes",
    rows: [
      { index: "no-symbol", date: "2020-01-02" },
      { index: "no-symbol", date: "2020-01-03" },
    ],
  },
  {
    file: "history-with-offset.csv",
    flag: ABC,
    table: "index_quotes",
    rows: [
      { index: "ABC", date: "1990-12-12", open: 0.0984, volume: 469033600 },
      { index: "ABC", date: "1990-12-13", open: 0.0937, volume: 175884800 },
    ],
  },
  {
    file: "history-with-offset.csv",
    flag: ["--schema", "daily"],
    table: "daily",
    rows: [
      { symbol: "history-with-offset", date: "1990-12-12", dividends: 0, stock_splits: 0 },
      { symbol: "history-with-offset", date: "1990-12-13", dividends: 0, stock_splits: 0 },
    ],
  },
  { file: "other-case-and-spaces.csv", table: "index_quotes", rows: [HSI] },
  { file: "plain.csv.gz", table: "index_quotes", rows: [HSI] },
  { file: "semicolons.csv", table: "index_quotes", rows: [HSI] },
  { file: "tabs.tsv", table: "index_quotes", rows: [HSI] },
  { file: "trailing-comma.csv", table: "index_quotes", rows: [HSI] },
  {
    file: "thousands-and-suffixes.csv",
    flag: ["--schema", "investing"],
    table: "investing",
    rows: [{
      symbol: "thousands-and-suffixes",
      date: "2022-01-03",
      open: 1090,
      high: 1110.25,
      low: 1080,
      close: 1100.5,
      volume: 12500000,
      change_percent: 0.52,
    }],
  },
  {
    file: "three-header-rows.csv",
    table: "index_quotes",
    rows: [
      {
        index: "ABC",
        date: "2024-01-02",
        open: 144.28,
        high: 144.4,
        low: 136,
        close: 138.58,
        volume: 49850100,
      },
      { index: "ABC", date: "2024-01-03", open: 137, close: 135.32 },
    ],
  },
  {
    file: "timestamp-first.csv",
    flag: ABC,
    table: "index_quotes",
    rows: [{ index: "ABC", date: "2024-01-02", open: 161, volume: 3825044 }],
    rejected: ['3: Date: expected YYYY-MM-DD, found "2024-01-02 16:35:00"'],
  },
  {
    file: "timestamp-first.csv",
    flag: ["--schema", "ohlcv"],
    table: "ohlcv",
    rows: [
      { symbol: "timestamp-first", time: "2024-01-02 00:00:00.000", open: 161 },
      { symbol: "timestamp-first", time: "2024-01-02 16:35:00.000", open: 161.1 },
    ],
  },
  {
    file: "nasdaq-historical.csv",
    flag: ["--schema", "investing"],
    table: "investing",
    rows: [
      { symbol: "nasdaq-historical", date: "2022-01-04", close: 179.7, volume: 99310440 },
      { symbol: "nasdaq-historical", date: "2022-01-03", open: 177.83, high: 182.88, low: 177.71 },
    ],
  },
  {
    file: "decimal-comma-odd-headers.csv",
    isInferred: true,
    table: "decimal_comma_odd_headers",
    rows: [
      { isin_ticker: "SAP", handelstag: "2026-11-23", eroffn: 1012.5, umsatz_stk: 950 },
      { isin_ticker: "SAP", handelstag: "2026-11-24", tageshoch: 1031, umsatz_stk: 15410 },
      { isin_ticker: "BMW", handelstag: "2026-11-23", tagestief: 90.8, umsatz_stk: 221004 },
      { isin_ticker: "BMW", handelstag: "2026-11-24", schluss_eur: null, umsatz_stk: 198330 },
    ],
  },
];
