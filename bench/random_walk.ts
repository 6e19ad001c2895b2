/** Names of the indices that walk. */
const INDICES = ["HSI", "NYA", "IXIC", "000001.SS", "N225", "N100", "399001.SZ", "GSPTSE"];

/** Rows that are put into the file at once. */
const ROWS_AT_ONCE = 10_000;

/**
 * Writes a CSV file of quotes that walk at random, each price with all digits of a double: no value
 * returns, unlike those of the shipped quotes, which a replay repeats.
 */
export async function writeRandomWalk(path: string, rows: number): Promise<void> {
  const file = await Deno.open(path, { write: true, create: true, truncate: true });
  const writer = file.writable.getWriter();
  const write = (text: string) => writer.write(new TextEncoder().encode(text));
  await write("Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD\n");
  const prices = INDICES.map((_, i) => 1000 * (i + 1) * (1 + Math.random()));
  for (let row = 0; row < rows;) {
    const lines: string[] = [];
    for (const end = Math.min(rows, row + ROWS_AT_ONCE); row < end; row++) {
      const index = row % INDICES.length;
      const day = Math.floor(row / INDICES.length) % 12_000;
      const open = prices[index];
      const close = open * (1 + (Math.random() - 0.5) * 0.02);
      prices[index] = close > 10 && close < 1e6 ? close : 1000;
      lines.push([
        INDICES[index],
        new Date(day * 86_400_000).toISOString().slice(0, 10),
        open,
        Math.max(open, close) * (1 + Math.random() * 0.01),
        Math.min(open, close) * (1 - Math.random() * 0.01),
        close,
        close,
        Math.floor(Math.random() * 1e9),
        close * 0.13,
      ].join(","));
    }
    await write(lines.join("\n") + "\n");
  }
  await writer.close();
}
