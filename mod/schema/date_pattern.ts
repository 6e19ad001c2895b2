import { DAY_MS, daysFromCivil, daysInMonth } from "./calendar.ts";
import type { DateFault } from "./parse_date.ts";

/** Words of `format` for numbers that count from 1970-01-01 UTC, and how many of them a second has. */
export const EPOCHS: Readonly<Record<string, bigint>> = {
  epoch_s: 1n,
  epoch_ms: 1000n,
  epoch_us: 1_000_000n,
  epoch_ns: 1_000_000_000n,
};

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** What each placeholder of a pattern matches. */
const PLACES: Readonly<Record<string, string>> = {
  YYYY: "(?<year>\\d{4})",
  YY: "(?<short>\\d{2})",
  MMM: "(?<name>[A-Za-z]{3})[a-z]*\\.?",
  MM: "(?<month>\\d{2})",
  M: "(?<month>\\d{1,2})",
  DD: "(?<day>\\d{2})",
  D: "(?<day>\\d{1,2})",
  HH: "(?<hour>\\d{2})",
  H: "(?<hour>\\d{1,2})",
  hh: "(?<hour12>\\d{2})",
  h: "(?<hour12>\\d{1,2})",
  mm: "(?<minute>\\d{2})",
  ss: "(?<second>\\d{2})",
  SSS: "(?<fraction>\\d{1,9})",
  A: "(?<half>[AaPp][Mm])",
  Z: "(?<offset>Z|[+-]\\d\\d:?\\d\\d)",
};

const PLACEHOLDER = /YYYY|YY|MMM|MM|M|DD|D|HH|H|hh|h|mm|ss|SSS|A|Z/g;

/**
 * Milliseconds since 1970 UTC of a text, or what is wrong with it. Digits below a millisecond that are
 * not zero count as half of one, so that they are neither lost nor a day's first instant.
 */
export type InstantParser = (text: string) => number | DateFault;

const PARSERS = new Map<string, InstantParser>();

/**
 * The parser of a declared form: an epoch's word, or a pattern of YYYY, YY (2000 to 2099), MM, M, MMM
 * (English), DD, D, HH, H, hh, h, A, mm, ss, SSS, Z; every other character stands for itself.
 */
export function instantParser(format: string): InstantParser {
  let parser = PARSERS.get(format);
  if (parser === undefined) {
    parser = Object.hasOwn(EPOCHS, format) ? epochParser(EPOCHS[format]) : patternParser(format);
    PARSERS.set(format, parser);
  }
  return parser;
}

/** What is wrong with a form, or `null`: a pattern must say year, month and day, each once. */
export function formatMistake(format: string): string | null {
  if (Object.hasOwn(EPOCHS, format)) return null;
  const places = (format.match(PLACEHOLDER) ?? []).map((place) => place[0] === "M" ? "M" : place);
  const kinds = places.map((place) =>
    ({ YY: "Y", YYYY: "Y", DD: "D", HH: "H", hh: "H", h: "H" })[place] ?? place
  );
  if (new Set(kinds).size !== kinds.length) return "has a part twice";
  const hasDay = ["Y", "M", "D"].every((kind) => kinds.includes(kind));
  return hasDay
    ? null
    : `is neither a pattern such as MM/DD/YYYY nor one of ${Object.keys(EPOCHS).join(", ")}`;
}

function epochParser(perSecond: bigint): InstantParser {
  return (text) => {
    const match = /^(-?\d{1,30})(?:\.(\d{1,9})\d*)?$/.exec(text);
    if (match === null) return "form";
    // The fraction of a second as Python's time.time() gives it.
    const scale = 10n ** BigInt(match[2]?.length ?? 0);
    const units = BigInt(match[1] + (match[2] ?? ""));
    const divisor = perSecond * scale;
    const milliseconds = floorDivide(units * 1000n, divisor);
    const isBetween = milliseconds * divisor !== units * 1000n;
    const number = Number(milliseconds) + (isBetween ? 0.5 : 0);
    return Math.abs(number) <= 8.64e15 ? number : "day";
  };
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient;
}

function patternParser(pattern: string): InstantParser {
  const source = pattern.replace(
    /YYYY|YY|MMM|MM|M|DD|D|HH|H|hh|h|mm|ss|SSS|A|Z|[^A-Za-z0-9\s]|\s/g,
    (part) => PLACES[part] ?? (/\s/.test(part) ? "\\s+" : "\\" + part),
  );
  const form = new RegExp(`^\\s*${source}\\s*$`);
  return (text) => {
    const groups = form.exec(text)?.groups;
    if (groups === undefined) return "form";
    const month = groups.name === undefined
      ? Number(groups.month)
      : MONTHS.indexOf(groups.name.toLowerCase()) + 1;
    const year = groups.year === undefined ? 2000 + Number(groups.short) : Number(groups.year);
    const day = Number(groups.day);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) {
      return "day";
    }
    const time = timeOfDay(groups);
    return time === null ? "time" : daysFromCivil(year, month, day) * DAY_MS + time;
  };
}

/** Milliseconds since midnight UTC, or `null` if there is no such time. */
function timeOfDay(groups: Record<string, string | undefined>): number | null {
  const { hour, hour12, half, minute = "0", second = "0", fraction = "", offset = "Z" } = groups;
  let hours = Number(hour ?? hour12 ?? "0");
  if (hour12 !== undefined) {
    if (hours < 1 || hours > 12 || half === undefined) return null;
    hours = hours % 12 + (half.toLowerCase() === "pm" ? 12 : 0);
  }
  if (hours > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const shift = offset === "Z"
    ? 0
    : (offset[0] === "-" ? -1 : 1) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2)));
  return ((hours * 60 + Number(minute) - shift) * 60 + Number(second)) * 1000 +
    Number(fraction.padEnd(3, "0").slice(0, 3)) + (/[1-9]/.test(fraction.slice(3)) ? 0.5 : 0);
}
