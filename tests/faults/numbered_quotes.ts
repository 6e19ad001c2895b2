/** Symbols of the rows: enough that each of a few partitions gets some. */
const SYMBOLS = Array.from({ length: 32 }, (_, i) => `IX${String(i).padStart(2, "0")}`);

const FIRST_YEAR = 1990;

/** Rows that are put together before they are written. */
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
}

/**
 * Writes a CSV file of quotes whose `Volume` counts up, so that each row can be told from all
 * others wherever it arrives.
 */
export async function writeNumberedQuotes(options: NumberedQuotesOptions): Promise<void> {
  const { path, count, first = 0, years = 2 } = options;
  const last = first + count;
  using file = await Deno.open(path, { create: true, write: true, truncate: true });
  const writer = file.writable.getWriter();
  const encoder = new TextEncoder();
  await writer.write(
    encoder.encode("Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD\n"),
  );
  for (let n = first; n < last;) {
    let text = "";
    for (const end = Math.min(last, n + CHUNK); n < end; n++) {
      const symbol = SYMBOLS[n % SYMBOLS.length];
      const year = FIRST_YEAR + Math.floor(n / SYMBOLS.length) % years;
      const day = String(1 + n % 28).padStart(2, "0");
      const price = 100 + n % 900;
      text += `${symbol},${year}-0${1 + n % 9}-${day},${price}.25,${price + 1}.5,${price - 1},` +
        `${price}.75,${price}.75,${n},${price}.125\n`;
    }
    await writer.write(encoder.encode(text));
  }
  writer.releaseLock();
}
