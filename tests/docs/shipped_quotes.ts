import { REPOSITORY } from "../services/tools_folder.ts";

/** The shipped quotes as text: index, date, open, high, low, close, adjusted close, volume, close in USD. */
export const SHIPPED: readonly string[][] = Deno.readTextFileSync(
  `${REPOSITORY}/data/indexProcessed.csv`,
).trimEnd().split("\n").slice(1).map((line) => line.split(","));

/** The highest close of each index, in the order of the indices' names. */
export function highestCloses(): [string, number][] {
  const highest = new Map<string, number>();
  for (const [index, , , , , close] of SHIPPED) {
    highest.set(index, Math.max(highest.get(index) ?? -Infinity, Number(close)));
  }
  return byName([...highest]);
}

/** An answer's indices and closes, in the same order. */
export function byName(rows: readonly (readonly unknown[])[]): [string, number][] {
  return rows.map(([index, close]): [string, number] => [String(index), Number(close)])
    .sort(([a], [b]) => a < b ? -1 : 1);
}
