import { Failure } from "../../failure/failure.ts";

/** One field of Glue's cron expression. */
interface Field {
  name: string;
  min: number;
  max: number;
  /** Names for numbers, from `min` on. */
  names?: readonly string[];
  /** Characters besides digits, `*`, `,`, `-` and `/` that are allowed. */
  special: string;
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/** Source: AWS Glue developer guide, "Time-based schedules for jobs and crawlers". */
const FIELDS: readonly Field[] = [
  { name: "minutes", min: 0, max: 59, special: "" },
  { name: "hours", min: 0, max: 23, special: "" },
  { name: "day of month", min: 1, max: 31, special: "?LW" },
  { name: "month", min: 1, max: 12, names: MONTHS, special: "" },
  { name: "day of week", min: 1, max: 7, names: DAYS, special: "?L#" },
  { name: "year", min: 1970, max: 2199, special: "" },
];

/** Glue runs a schedule at most this often. */
const LEAST_MINUTES = 5;

const FIX =
  "Write cron(MINUTES HOURS DAY-OF-MONTH MONTH DAY-OF-WEEK YEAR) in UTC, one of the two days as ?: cron(15 6 * * ? *) is every day at 06:15.";

/**
 * Checks a schedule before Glue sees it, and gives it with single blanks.
 * @returns the schedule, or `""` for `none`
 * @throws {Failure} kind `usage`, naming the field, what was found and what was expected
 */
export function checkSchedule(text: string): string {
  if (text.trim().toLowerCase() === "none") return "";
  const inside = /^\s*cron\((.*)\)\s*$/s.exec(text)?.[1];
  const fields = (inside ?? text).trim().split(/\s+/);
  if (inside === undefined || fields.length !== 6) throw wrongForm(text, fields);
  FIELDS.forEach((field, i) => checkField(field, fields[i], text));
  const unknown = [fields[2], fields[4]].filter((field) => field === "?").length;
  if (unknown !== 1) {
    throw failure(
      text,
      `one of day of month and day of week must be ?, found ${fields[2]} and ${fields[4]}`,
    );
  }
  checkInterval(fields[0], text);
  return `cron(${fields.join(" ")})`;
}

function wrongForm(text: string, fields: string[]): Failure {
  if (fields.length !== 5) {
    return failure(text, `expected cron(...) with six fields, found ${fields.length} fields`);
  }
  // A line of a crontab: the second of its days becomes the year's neighbour.
  const [minutes, hours, day, month, weekday] = fields;
  const days = weekday === "*" ? [day, month, "?"] : ["?", month, weekday];
  return new Failure(
    "usage",
    `--schedule ${
      JSON.stringify(text)
    }: expected cron(...) with six fields, found a crontab's five`,
    {
      fix: `Perhaps cron(${
        [minutes, hours, ...days, "*"].join(" ")
      }), in UTC; Glue counts SUN as 1.`,
    },
  );
}

function checkField(field: Field, text: string, schedule: string): void {
  for (const item of text.split(",")) {
    if (!fits(field, item)) {
      const names = field.names === undefined ? "" : ` or ${field.names[0]}-${field.names.at(-1)}`;
      throw failure(
        schedule,
        `${field.name}: expected ${field.min}-${field.max}${names}, found ${JSON.stringify(item)}`,
      );
    }
  }
}

function fits(field: Field, item: string): boolean {
  const { special, min, max } = field;
  if (item === "*") return true;
  if (item === "?") return special.includes("?");
  if (item === "L") return special.includes("L");
  if (special.includes("W") && /^(\d+|L)W$/.test(item)) {
    return item === "LW" || within(field, item.slice(0, -1));
  }
  if (special.includes("#")) {
    const nth = /^(\w+)#([1-5])$/.exec(item);
    if (nth !== null) return within(field, nth[1]);
    if (/^\w+L$/.test(item)) return within(field, item.slice(0, -1));
  }
  const [range, step, more] = item.split("/");
  if (more !== undefined) return false;
  if (
    step !== undefined &&
    !(/^\d+$/.test(step) && Number(step) >= 1 && Number(step) <= max - min + 1)
  ) {
    return false;
  }
  if (range === "*") return true;
  const [from, to, rest] = range.split("-");
  if (rest !== undefined || !within(field, from)) return false;
  return to === undefined || (within(field, to) && value(field, from) <= value(field, to));
}

function within(field: Field, text: string): boolean {
  const number = value(field, text);
  return number >= field.min && number <= field.max;
}

/** The number of a field's text; NaN for what is none. */
function value({ names, min }: Field, text: string): number {
  const at = names?.indexOf(text.toUpperCase()) ?? -1;
  if (at !== -1) return at + min;
  return /^\d+$/.test(text) ? Number(text) : NaN;
}

function checkInterval(minutes: string, schedule: string): void {
  const set = new Set<number>();
  for (const item of minutes.split(",")) {
    const [range, step] = item.split("/");
    const [from, to] = range === "*" ? [0, 59] : range.split("-").map(Number);
    const end = to ?? (step === undefined ? from : 59);
    for (let minute = from; minute <= end; minute += Number(step ?? 1)) set.add(minute);
  }
  const times = [...set].sort((a, b) => a - b);
  const close = times.some((time, i) => i > 0 && time - times[i - 1] < LEAST_MINUTES) ||
    (times.length > 1 && times[0] + 60 - times.at(-1)! < LEAST_MINUTES);
  if (close) {
    throw failure(schedule, `Glue runs a schedule at most every ${LEAST_MINUTES} minutes`);
  }
}

function failure(schedule: string, what: string): Failure {
  return new Failure("usage", `--schedule ${JSON.stringify(schedule)}: ${what}`, { fix: FIX });
}
