import type { DatabaseSync } from "node:sqlite";
import { DAY_MS, daysFromCivil, daysInMonth, isoDay } from "../../schema/calendar.ts";
import { defineTrinoFunctions } from "./trino_functions.ts";

type Scalar = string | number | bigint | null;

/**
 * Functions of Athena that SQLite does not have, as far as questions about quotes need them, with the
 * same names, arguments and results: so one text of SQL runs on both. Source: Trino, "Functions and
 * operators".
 */
export function defineFunctions(db: DatabaseSync): void {
  for (const [name, fn] of Object.entries(MATH)) defineScalar(db, name, 1, numeric(fn));
  defineScalar(db, "power", 2, numeric(Math.pow));
  defineScalar(db, "pow", 2, numeric(Math.pow));
  defineScalar(db, "log", 2, numeric((base, x) => Math.log(x) / Math.log(base)));
  defineScalar(db, "mod", 2, (a, b) => modulo(a, b));
  defineScalar(db, "year", 1, strict((x) => BigInt(parts(x).year)));
  defineScalar(db, "quarter", 1, strict((x) => BigInt(Math.ceil(parts(x).month / 3))));
  defineScalar(db, "month", 1, strict((x) => BigInt(parts(x).month)));
  defineScalar(db, "day", 1, strict((x) => BigInt(parts(x).day)));
  defineScalar(db, "day_of_week", 1, strict((x) => BigInt(weekday(parts(x).days))));
  defineScalar(db, "date_trunc", 2, strict((unit, x) => truncate(String(unit), parts(x))));
  defineScalar(db, "date_diff", 3, strict((unit, a, b) => BigInt(difference(String(unit), a, b))));
  defineScalar(db, "date_add", 3, strict((unit, n, x) => add(String(unit), Number(n), parts(x))));
  defineScalar(
    db,
    "local_timestamp",
    1,
    strict((x) => {
      const { days, ms } = parts(x);
      return dateText(days, ms, false);
    }),
  );
  defineTrinoFunctions(db, parts);
  defineExtreme(db, "max_by", 1);
  defineExtreme(db, "min_by", -1);
  for (const [name, finish] of Object.entries(SPREAD)) defineSpread(db, name, finish);
  for (const [name, finish] of Object.entries(PAIRS)) definePairs(db, name, finish);
}

const MATH: Record<string, (x: number) => number> = {
  sqrt: Math.sqrt,
  cbrt: Math.cbrt,
  exp: Math.exp,
  ln: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  floor: Math.floor,
  ceil: Math.ceil,
  ceiling: Math.ceil,
  truncate: Math.trunc,
};

function defineScalar(
  db: DatabaseSync,
  name: string,
  length: number,
  fn: (...values: Scalar[]) => Scalar,
): void {
  // SQLite takes the number of arguments from the function's own length.
  const sized = Object.defineProperty((...values: Scalar[]) => fn(...values), "length", {
    value: length,
  });
  db.function(name, { deterministic: true, useBigIntArguments: true }, sized as never);
}

/** Null for a null argument, as nearly all functions of SQL. */
function strict(fn: (...values: Scalar[]) => Scalar) {
  return (...values: Scalar[]) => values.includes(null) ? null : fn(...values);
}

function numeric(fn: (...values: number[]) => number) {
  return strict((...values) => {
    const result = fn(...values.map(Number));
    // SQLite has no NaN; it would store it as NULL too.
    return Number.isNaN(result) ? null : result;
  });
}

function modulo(a: Scalar, b: Scalar): Scalar {
  if (a === null || b === null || Number(b) === 0) return null;
  return typeof a === "bigint" && typeof b === "bigint" ? a % b : Number(a) % Number(b);
}

interface DateParts {
  year: number;
  month: number;
  day: number;
  /** Days since 1970-01-01. */
  days: number;
  /** Milliseconds of the day. */
  ms: number;
  /** Whether it is a date without a time. */
  date: boolean;
}

const DATE_TEXT = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?$/;

function parts(value: Scalar): DateParts {
  const match = DATE_TEXT.exec(String(value));
  if (match === null) throw new Error(`${JSON.stringify(String(value))} is no date or timestamp`);
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((x) => Number(x ?? 0));
  return {
    year,
    month,
    day,
    days: daysFromCivil(year, month, day),
    ms: ((hour * 60 + minute) * 60 + second) * 1000 +
      Number((match[7] ?? "").padEnd(3, "0").slice(0, 3)),
    date: match[4] === undefined,
  };
}

/** Monday is 1, Sunday 7; 1970-01-01 was a Thursday. */
function weekday(days: number): number {
  return ((days + 3) % 7 + 7) % 7 + 1;
}

function dateText(days: number, ms: number, date: boolean): string {
  if (date) return isoDay(days);
  return new Date(days * DAY_MS + ms).toISOString().replace("T", " ").replace("Z", "");
}

const UNIT_MS: Record<string, number> = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
};
const UNIT_MONTHS: Record<string, number> = { month: 1, quarter: 3, year: 12 };

function truncate(unit: string, { year, month, days, ms, date }: DateParts): string {
  const months = UNIT_MONTHS[unit];
  if (months !== undefined) {
    const first = Math.floor((month - 1) / months) * months + 1;
    return dateText(daysFromCivil(year, first, 1), 0, date);
  }
  if (unit === "week") return dateText(days - weekday(days) + 1, 0, date);
  const size = unitMs(unit);
  return dateText(days, Math.floor(ms / size) * size, date);
}

function difference(unit: string, from: Scalar, to: Scalar): number {
  const a = parts(from);
  const b = parts(to);
  const ms = (b.days - a.days) * DAY_MS + b.ms - a.ms;
  const months = UNIT_MONTHS[unit];
  if (months === undefined) return Math.trunc(ms / unitMs(unit));
  const whole = (b.year - a.year) * 12 + b.month - a.month;
  const rest = (b.day - a.day) * DAY_MS + b.ms - a.ms;
  const full = whole > 0 && rest < 0 ? whole - 1 : whole < 0 && rest > 0 ? whole + 1 : whole;
  return Math.trunc(full / months);
}

function add(unit: string, count: number, { year, month, day, days, ms, date }: DateParts): string {
  const months = UNIT_MONTHS[unit];
  if (months === undefined) {
    const total = days * DAY_MS + ms + count * unitMs(unit);
    const wholeDays = Math.floor(total / DAY_MS);
    return dateText(wholeDays, total - wholeDays * DAY_MS, date);
  }
  const index = year * 12 + month - 1 + count * months;
  const [toYear, toMonth] = [Math.floor(index / 12), (index % 12 + 12) % 12 + 1];
  const toDay = Math.min(day, daysInMonth(toYear, toMonth));
  return dateText(daysFromCivil(toYear, toMonth, toDay), ms, date);
}

function unitMs(unit: string): number {
  const ms = UNIT_MS[unit];
  if (ms === undefined) {
    const known = [...Object.keys(UNIT_MS), ...Object.keys(UNIT_MONTHS)].join(", ");
    throw new Error(`${JSON.stringify(unit)} is no unit of time; there are ${known}`);
  }
  return ms;
}

/** `max_by(x, y)`: x of the row with the largest y; the first such row where several have it. */
function defineExtreme(db: DatabaseSync, name: string, sign: 1 | -1): void {
  interface Best {
    value: Scalar;
    by: Scalar;
  }
  db.aggregate(name, {
    useBigIntArguments: true,
    start: (): Best => ({ value: null, by: null }),
    step: ((best: Best, value: Scalar, by: Scalar): Best => {
      if (by === null) return best;
      return best.by === null || (sign === 1 ? by > best.by : by < best.by) ? { value, by } : best;
    }) as never,
    result: ((best: Best) => best.value) as never,
  } as never);
}

/** Sums of one variable, numerically stable (Welford). */
interface Moments {
  n: number;
  mean: number;
  /** Sum of the squared distances from the mean. */
  squares: number;
}

const SPREAD: Record<string, (moments: Moments) => number | null> = {
  var_pop: ({ n, squares }) => n < 1 ? null : squares / n,
  var_samp: ({ n, squares }) => n < 2 ? null : squares / (n - 1),
  variance: ({ n, squares }) => n < 2 ? null : squares / (n - 1),
  stddev_pop: ({ n, squares }) => n < 1 ? null : Math.sqrt(squares / n),
  stddev_samp: ({ n, squares }) => n < 2 ? null : Math.sqrt(squares / (n - 1)),
  stddev: ({ n, squares }) => n < 2 ? null : Math.sqrt(squares / (n - 1)),
};

function defineSpread(db: DatabaseSync, name: string, finish: (m: Moments) => number | null): void {
  db.aggregate(name, {
    start: (): Moments => ({ n: 0, mean: 0, squares: 0 }),
    step: ((moments: Moments, value: Scalar): Moments => {
      if (value === null) return moments;
      const x = Number(value);
      moments.n++;
      const distance = x - moments.mean;
      moments.mean += distance / moments.n;
      moments.squares += distance * (x - moments.mean);
      return moments;
    }) as never,
    result: finish as never,
  } as never);
}

/** Sums of two variables, of the rows that have both. */
interface PairMoments {
  n: number;
  meanX: number;
  meanY: number;
  xx: number;
  yy: number;
  xy: number;
}

const PAIRS: Record<string, (moments: PairMoments) => number | null> = {
  corr: ({ n, xx, yy, xy }) => n < 2 || xx === 0 || yy === 0 ? null : xy / Math.sqrt(xx * yy),
  covar_pop: ({ n, xy }) => n < 1 ? null : xy / n,
  covar_samp: ({ n, xy }) => n < 2 ? null : xy / (n - 1),
};

function definePairs(
  db: DatabaseSync,
  name: string,
  finish: (m: PairMoments) => number | null,
): void {
  db.aggregate(name, {
    start: (): PairMoments => ({ n: 0, meanX: 0, meanY: 0, xx: 0, yy: 0, xy: 0 }),
    step: ((m: PairMoments, first: Scalar, second: Scalar): PairMoments => {
      if (first === null || second === null) return m;
      const [x, y] = [Number(first), Number(second)];
      m.n++;
      const [dx, dy] = [x - m.meanX, y - m.meanY];
      m.meanX += dx / m.n;
      m.meanY += dy / m.n;
      m.xx += dx * (x - m.meanX);
      m.yy += dy * (y - m.meanY);
      m.xy += dx * (y - m.meanY);
      return m;
    }) as never,
    result: finish as never,
  } as never);
}
