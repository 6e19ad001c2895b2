import { DAY_MS, daysFromCivil, daysInMonth } from "./calendar.ts";

/** A midnight after the day, as pandas and yfinance write it; its offset says nothing about the day. */
const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[ T]00:00(?::00(?:\.0{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

const TIMESTAMP =
  /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?$/;

/** What is wrong with a text that should be a day or an instant. */
export type DateFault = "form" | "day" | "time";

/**
 * Days since 1970-01-01 of `YYYY-MM-DD`, years 0001 to 9999. A midnight behind it (`2021-05-31
 * 00:00:00`, `2021-05-31T00:00:00.000Z`, `2021-05-31 00:00:00-05:00`) is allowed and ignored; any
 * other time is not, since dropping it would lose data.
 */
export function parseDate(text: string): number | DateFault {
  const match = DATE.exec(text);
  return match === null ? "form" : days(match);
}

/**
 * Milliseconds since 1970 UTC of `YYYY-MM-DD HH:MM[:SS[.fraction]][Z|±HH:MM]`, also with a `T`;
 * without an offset it is UTC. Digits below a millisecond are dropped.
 */
export function parseTimestamp(text: string): number | DateFault {
  const match = TIMESTAMP.exec(text);
  if (match === null) return "form";
  const day = days(match);
  if (typeof day === "string") return day;
  const [hour, minute, second] = [match[4], match[5], match[6] ?? "0"].map(Number);
  const offset = offsetMinutes(match[8]);
  if (hour > 23 || minute > 59 || second > 59 || offset === null) return "time";
  const millis = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
  return day * DAY_MS + ((hour * 60 + minute - offset) * 60 + second) * 1000 + millis;
}

function days(match: RegExpExecArray): number | DateFault {
  const [year, month, day] = [match[1], match[2], match[3]].map(Number);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) {
    return "day";
  }
  return daysFromCivil(year, month, day);
}

function offsetMinutes(text: string | undefined): number | null {
  if (text === undefined || text === "Z") return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(-2));
  if (hours > 23 || minutes > 59) return null;
  return (text[0] === "-" ? -1 : 1) * (hours * 60 + minutes);
}
