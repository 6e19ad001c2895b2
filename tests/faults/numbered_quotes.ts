const FIRST_YEAR = 1990;

/** Rows that are written at once. */
const CHUNK = 20_000;

/** Options of {@linkcode writeNumberedQuotes}. */
export interface NumberedQuotesOptions {
  path: string;
  /** Number of rows. */
  count: number;
  /** Number of the first row. @default {0} */
  first?: number;
  /** Different years among their dates. @default {2} */
  years?: number;
  /** Different indices. @default {32} */
  symbols?: number;
}

/**
 * Writes a CSV file of quotes whose `Volume` counts up, so that each row can be told from all others.
 */
export function writeNumberedQuotes(options: NumberedQuotesOptions): void {
  const { path, count, first = 0, years = 2, symbols = 32 } = options;
  const last = first + count;
  using file = Deno.openSync(path, { create: true, write: true, truncate: true });
  const encoder = new TextEncoder();
  const write = (text: string) => {
    const bytes = encoder.encode(text);
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
  };
  write("Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD\n");
  for (let n = first; n < last;) {
    let text = "";
    for (const end = Math.min(last, n + CHUNK); n < end; n++) {
      const symbol = `IX${n % symbols}`;
      const year = FIRST_YEAR + Math.floor(n / symbols) % years;
      const day = String(1 + n % 28).padStart(2, "0");
      const price = 100 + n % 900;
      text += `${symbol},${year}-0${1 + n % 9}-${day},${price}.25,${price + 1}.5,${price - 1},` +
        `${price}.75,${price}.75,${n},${price}.125\n`;
    }
    write(text);
  }
}
