import type { DatabaseSync } from "node:sqlite";
import { dateFormat, type FormattedDate } from "./date_format.ts";
import { daysFromCivil } from "../../schema/calendar.ts";

type Scalar = string | number | bigint | null;

/** Reads a date or timestamp, or throws. */
type Reader = (value: Scalar) => FormattedDate;

/**
 * More of Trino's functions that people use daily and SQLite lacks, with the same names, arguments and
 * results. Source: Trino, "Functions and operators".
 * @param read reads a date or timestamp
 */
export function defineTrinoFunctions(db: DatabaseSync, read: Reader): void {
  const scalar = (name: string, length: number, fn: (...values: Scalar[]) => Scalar) =>
    db.function(
      name,
      { deterministic: true, useBigIntArguments: true },
      Object.defineProperty(
        (...values: Scalar[]) => values.includes(null) ? null : fn(...values),
        "length",
        {
          value: length,
        },
      ) as never,
    );
  const text = (value: Scalar) => String(value);
  const count = (value: Scalar) => Number(value);

  scalar("date_format", 2, (x, format) => dateFormat(read(x), text(format)));
  for (const [name, of] of Object.entries(PARTS)) scalar(name, 1, (x) => BigInt(of(read(x))));
  scalar("to_unixtime", 1, (x) => {
    const { days, ms } = read(x);
    return days * 86_400 + ms / 1000;
  });
  scalar("from_unixtime", 1, (x) => timestamp(Number(x) * 1000));
  scalar("last_day_of_month", 1, (x) => {
    const { year, month } = read(x);
    return timestamp((daysFromCivil(year, month + 1, 1) - 1) * 86_400_000).slice(0, 10);
  });

  scalar("split_part", 3, (x, by, n) => text(x).split(text(by))[count(n) - 1] ?? null);
  scalar("strpos", 2, (x, part) =>
    BigInt([...text(x).split(text(part))[0]].length + 1) *
    (text(x).includes(text(part)) ? 1n : 0n));
  scalar("starts_with", 2, (x, start) => truth(text(x).startsWith(text(start))));
  scalar("reverse", 1, (x) => [...text(x)].reverse().join(""));
  scalar("lpad", 3, (x, size, by) => padded(text(x), count(size), text(by), true));
  scalar("rpad", 3, (x, size, by) => padded(text(x), count(size), text(by), false));
  scalar("regexp_like", 2, (x, pattern) => truth(new RegExp(text(pattern), "u").test(text(x))));
  scalar(
    "regexp_extract",
    2,
    (x, pattern) => new RegExp(text(pattern), "u").exec(text(x))?.[0] ?? null,
  );
  scalar(
    "regexp_extract",
    3,
    (x, pattern, group) => new RegExp(text(pattern), "u").exec(text(x))?.[count(group)] ?? null,
  );
  scalar(
    "regexp_replace",
    3,
    (x, pattern, by) => text(x).replace(new RegExp(text(pattern), "gu"), text(by)),
  );

  for (const [name, sign] of [["greatest", 1], ["least", -1]] as const) {
    db.function(
      name,
      { deterministic: true, useBigIntArguments: true, varargs: true },
      ((...values: Scalar[]) =>
        values.includes(null)
          ? null
          : values.reduce((best, value) =>
            (sign === 1 ? value! > best! : value! < best!) ? value : best
          )) as never,
    );
  }

  db.aggregate("count_if", {
    start: () => 0n,
    step: ((sum: bigint, condition: Scalar) => condition ? sum + 1n : sum) as never,
    result: ((sum: bigint) => sum) as never,
  } as never);
  db.aggregate("approx_distinct", {
    useBigIntArguments: true,
    start: () => new Set<Scalar>(),
    step: ((seen: Set<Scalar>, value: Scalar) => value === null ? seen : seen.add(value)) as never,
    result: ((seen: Set<Scalar>) => BigInt(seen.size)) as never,
  } as never);
  for (const name of ["arbitrary", "any_value"]) {
    db.aggregate(name, {
      useBigIntArguments: true,
      start: () => ({ value: null as Scalar }),
      step: ((first: { value: Scalar }, value: Scalar) => {
        first.value ??= value;
        return first;
      }) as never,
      result: ((first: { value: Scalar }) => first.value) as never,
    } as never);
  }
  db.aggregate("approx_percentile", {
    start: () => ({ values: [] as number[], part: 0.5 }),
    step: ((state: { values: number[]; part: number }, value: Scalar, part: Scalar) => {
      if (value !== null) state.values.push(Number(value));
      state.part = Number(part);
      return state;
    }) as never,
    result: (({ values, part }: { values: number[]; part: number }) => {
      if (values.length === 0) return null;
      const sorted = Float64Array.from(values).sort();
      return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))];
    }) as never,
  } as never);
}

/** Parts of a date or time that are whole numbers. */
const PARTS: Record<string, (date: FormattedDate) => number> = {
  hour: ({ ms }) => Math.floor(ms / 3_600_000),
  minute: ({ ms }) => Math.floor(ms / 60_000) % 60,
  second: ({ ms }) => Math.floor(ms / 1000) % 60,
  millisecond: ({ ms }) => ms % 1000,
  day_of_month: ({ day }) => day,
  day_of_year: (date) => Number(dateFormat(date, "%j")),
  doy: (date) => Number(dateFormat(date, "%j")),
  dow: ({ days }) => ((days + 3) % 7 + 7) % 7 + 1,
  week: (date) => Number(dateFormat(date, "%v")),
  week_of_year: (date) => Number(dateFormat(date, "%v")),
  year_of_week: (date) => Number(dateFormat(date, "%x")),
  yow: (date) => Number(dateFormat(date, "%x")),
};

function truth(value: boolean): bigint {
  return value ? 1n : 0n;
}

function padded(text: string, size: number, by: string, left: boolean): string {
  const letters = [...text];
  if (letters.length >= size || by === "") return letters.slice(0, size).join("");
  const fill = [...by.repeat(Math.ceil((size - letters.length) / [...by].length))]
    .slice(0, size - letters.length).join("");
  return left ? fill + text : text + fill;
}

function timestamp(ms: number): string {
  return new Date(Math.round(ms)).toISOString().replace("T", " ").replace("Z", "");
}
