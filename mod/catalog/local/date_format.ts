import { daysFromCivil } from "../../schema/calendar.ts";
import { type DateParts, isoWeek, weekday } from "./date_parts.ts";

/** English names of the months. */
export const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/**
 * Trino's `date_format`: MySQL's specifiers.
 * @throws {Error} for a specifier that Trino does not support either (`%U`, `%w` and others)
 */
export function dateFormat(date: DateParts, format: string): string {
  return format.replace(/%(.?)/gs, (_, letter: string) => {
    const write = SPECIFIERS[letter];
    if (write !== undefined) return write(date);
    if (/[DUuVwX]/.test(letter)) throw new Error(`%${letter} is not supported in date_format`);
    return letter;
  });
}

const SPECIFIERS: Record<string, (date: DateParts) => string> = {
  "a": ({ days }) => DAYS[weekday(days) - 1].slice(0, 3),
  "b": ({ month }) => MONTHS[month - 1].slice(0, 3),
  "c": ({ month }) => String(month),
  "d": ({ day }) => two(day),
  "e": ({ day }) => String(day),
  "f": ({ ms }) => String(ms % 1000).padStart(3, "0") + "000",
  "H": ({ ms }) => two(hour(ms)),
  "h": ({ ms }) => two(twelve(ms)),
  "I": ({ ms }) => two(twelve(ms)),
  "i": ({ ms }) => two(minute(ms)),
  "j": ({ year, days }) => String(days - daysFromCivil(year, 1, 1) + 1).padStart(3, "0"),
  "k": ({ ms }) => String(hour(ms)),
  "l": ({ ms }) => String(twelve(ms)),
  "M": ({ month }) => MONTHS[month - 1],
  "m": ({ month }) => two(month),
  "p": ({ ms }) => hour(ms) < 12 ? "AM" : "PM",
  "r": ({ ms }) =>
    `${two(twelve(ms))}:${two(minute(ms))}:${two(second(ms))} ${hour(ms) < 12 ? "AM" : "PM"}`,
  "S": ({ ms }) => two(second(ms)),
  "s": ({ ms }) => two(second(ms)),
  "T": ({ ms }) => `${two(hour(ms))}:${two(minute(ms))}:${two(second(ms))}`,
  "v": ({ days }) => two(isoWeek(days).week),
  "W": ({ days }) => DAYS[weekday(days) - 1],
  "x": ({ days }) => String(isoWeek(days).year).padStart(4, "0"),
  "Y": ({ year }) => String(year).padStart(4, "0"),
  "y": ({ year }) => two(year % 100),
  "%": () => "%",
};

const hour = (ms: number) => Math.floor(ms / 3_600_000);
const minute = (ms: number) => Math.floor(ms / 60_000) % 60;
const second = (ms: number) => Math.floor(ms / 1000) % 60;
const twelve = (ms: number) => hour(ms) % 12 || 12;
const two = (value: number) => String(value).padStart(2, "0");
