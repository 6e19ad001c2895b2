/**
 * Makes `indexProcessed.csv`: daily quotes of 14 stock indices in the form of Kaggle's "Stock
 * Exchange Data" (indexProcessed.csv), every number of them invented. Symbols, currencies and the
 * factor to US dollars are the real ones, the levels at the start are of the right size; everything
 * after that is a random walk with a fixed seed.
 *
 *     deno run --allow-write=data data/make_quotes.ts
 *
 * Only additions, multiplications and square roots are used, which IEEE 754 defines to the last bit:
 * the file is the same on every machine.
 */
import { seededRandom } from "../mod/source/random.ts";

const SEED = 20_220_141;
const FIRST_DAY = "2022-01-03";
const LAST_DAY = "2024-12-31";
const HEADER = "Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD";
const DAY_MS = 86_400_000;

interface Market {
  index: string;
  /** US dollars for one unit of the index's currency. */
  usd: number;
  /** Level at the start. */
  level: number;
  /** Yearly volatility. */
  volatility: number;
  /** Yearly drift. */
  drift: number;
  /** Shares on an ordinary day; 0 where the source reports none. */
  volume: number;
  /** Days without trading every year, MM-DD. */
  holidays: string[];
  /** Days without trading that move, a year. */
  movingHolidays: number;
}

const WEST = ["01-01", "12-25", "12-26"];
const EAST = ["01-01", "05-01", "10-01"];

const MARKETS: Market[] = [
  market("HSI", 0.13, 23_300, 0.26, -0.05, 2.1e9, [...EAST, "12-25"], 9),
  market("NYA", 1, 17_200, 0.15, 0.05, 4.3e9, ["01-01", "07-04", "12-25"], 6),
  market("IXIC", 1, 15_700, 0.24, 0.09, 5.1e9, ["01-01", "07-04", "12-25"], 6),
  market("000001.SS", 0.16, 3_630, 0.16, -0.03, 3.3e5, [...EAST, "05-02", "10-02", "10-03"], 12),
  market("N225", 0.01, 29_000, 0.2, 0.12, 7.6e7, ["01-01", "01-02", "01-03", "05-03", "11-03"], 11),
  market("N100", 1.22, 1_360, 0.16, 0.04, 2.2e8, [...WEST, "05-01"], 2),
  market("399001.SZ", 0.16, 14_800, 0.22, -0.1, 3.9e6, [...EAST, "05-02", "10-02", "10-03"], 12),
  market("GSPTSE", 0.83, 21_200, 0.13, 0.05, 2.4e8, [...WEST, "07-01"], 6),
  market("NSEI", 0.01, 17_400, 0.15, 0.1, 2.9e5, ["01-26", "08-15", "10-02"], 11),
  market("GDAXI", 1.22, 15_900, 0.18, 0.07, 7.1e7, [...WEST, "05-01", "12-24", "12-31"], 2),
  market("SSMI", 1.11, 12_900, 0.14, -0.02, 4.4e7, [...WEST, "01-02", "08-01"], 3),
  market(
    "KS11",
    0.001,
    2_990,
    0.18,
    -0.04,
    5.2e5,
    ["01-01", "03-01", "06-06", "08-15", "12-25"],
    8,
  ),
  market("TWII", 0.04, 18_200, 0.18, 0.08, 3.0e6, ["01-01", "02-28", "10-10"], 10),
  market("J203.JO", 0.07, 73_700, 0.17, 0.05, 0, [...WEST, "04-27", "06-16", "09-24"], 3),
];

function market(
  index: string,
  usd: number,
  level: number,
  volatility: number,
  drift: number,
  volume: number,
  holidays: string[],
  movingHolidays: number,
): Market {
  return { index, usd, level, volatility, drift, volume, holidays, movingHolidays };
}

/** The whole file. */
export function makeQuotes(): string {
  const random = seededRandom(SEED);
  const lines = [HEADER];
  for (const market of MARKETS) lines.push(...quotesOf(market, random));
  return lines.join("\n") + "\n";
}

function quotesOf(market: Market, random: () => number): string[] {
  const daily = market.volatility / Math.sqrt(252);
  const lines: string[] = [];
  let close = market.level;
  // Quiet and nervous times follow each other, as they do.
  let nerves = 1;
  for (const day of tradingDays(market, random)) {
    nerves = Math.max(0.5, nerves + 0.12 * (1 - nerves) + 0.12 * normal(random));
    const sigma = daily * nerves;
    const open = close * (1 + 0.4 * sigma * normal(random));
    close = open * (1 + market.drift / 252 + 0.9 * sigma * normal(random));
    const high = Math.max(open, close) * (1 + 0.5 * sigma * Math.abs(normal(random)));
    const low = Math.min(open, close) * (1 - 0.5 * sigma * Math.abs(normal(random)));
    const shares = market.volume * Math.max(0.2, nerves * (1 + 0.2 * normal(random)));
    const volume = shares < 1e7 ? Math.round(shares) : Math.round(shares / 100) * 100;
    close = price(close);
    const prices = [price(open), price(high), price(low), close, close];
    const cells = [...prices.map(decimal), decimal(volume), decimal(close * market.usd)];
    lines.push([market.index, day, ...cells].join(","));
  }
  return lines;
}

function tradingDays(market: Market, random: () => number): string[] {
  const days: string[] = [];
  for (let time = Date.parse(FIRST_DAY); time <= Date.parse(LAST_DAY); time += DAY_MS) {
    const date = new Date(time);
    const day = date.toISOString().slice(0, 10);
    const weekend = date.getUTCDay() === 0 || date.getUTCDay() === 6;
    if (weekend || market.holidays.includes(day.slice(5))) continue;
    if (random() < market.movingHolidays / 252) continue;
    days.push(day);
  }
  return days;
}

/** Nearly normally distributed, by the sum of twelve uniform numbers: no logarithm, no cosine. */
function normal(random: () => number): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random();
  return sum;
}

/** Two decimals, then single precision and ten digits, as the original's source delivers prices. */
function price(value: number): number {
  return Number(Math.fround(Math.round(value * 100) / 100).toPrecision(10));
}

/** A number as pandas writes it: with a decimal point, always. */
function decimal(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

if (import.meta.main) {
  Deno.writeTextFileSync(new URL("indexProcessed.csv", import.meta.url), makeQuotes());
}
