import type { LakeStore } from "../../lake/store.ts";
import { tableObjects } from "../../lake/table_objects.ts";

/** Milliseconds of a day. */
const DAY_MS = 86_400_000;

/**
 * Days before today that a projection covers at least: what is consumed next may have been sent long
 * ago, and a day without objects costs a query next to nothing.
 */
const LEAST_PAST = 31;

/** Days after today that it covers at least: senders' clocks may be ahead. */
const LEAST_AHEAD = 1;

/**
 * Days before and after today that it covers at most. Athena lists each day of the range for a query
 * without a condition on `dt`; one timestamp of the year 1 would open 740,000 of them.
 */
const MOST_PAST = 3660;
const MOST_AHEAD = 366;

/** The days that a projection covers. */
export interface ProjectedDays {
  /** First day, `YYYY-MM-DD`. */
  first: string;
  /** Days after today. */
  ahead: number;
}

/** Objects that queries of a projected table do not see. */
export interface HiddenObjects {
  objects: number;
  /** Their days, at most ten, the first ones. */
  days: string[];
}

/** How many objects with rows a table has of each day (`dt`); those without a day count for none. */
export async function objectsByDay(
  lake: LakeStore,
  table: string,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const days = new Map<string, number>();
  for await (const { parsed } of tableObjects(lake, { table, kinds: ["rows"], signal })) {
    const day = parsed.partitions.find(([column]) => column === "dt")?.[1];
    if (day !== undefined) days.set(day, (days.get(day) ?? 0) + 1);
  }
  return days;
}

/**
 * The days that a projection is to cover: all that there are, but those that only a wrong clock can have
 * written.
 * @param today milliseconds since 1970 UTC
 * @param since the first day that it covers already: that stays, as objects of those days may come back
 */
export function daysToProject(
  days: Iterable<string>,
  today: number,
  since?: string,
): ProjectedDays {
  const now = Math.floor(today / DAY_MS);
  let first = now - LEAST_PAST;
  let last = now + LEAST_AHEAD;
  for (const day of [...days, ...since === undefined ? [] : [since]]) {
    const number = dayNumber(day);
    if (number === undefined || number < now - MOST_PAST || number > now + MOST_AHEAD) continue;
    first = Math.min(first, number);
    last = Math.max(last, number);
  }
  return { first: new Date(first * DAY_MS).toISOString().slice(0, 10), ahead: last - now };
}

/** The objects of days that a projection does not cover; `undefined` if it covers all. */
export function hiddenObjects(
  days: ReadonlyMap<string, number>,
  { first, ahead }: ProjectedDays,
  today: number,
): HiddenObjects | undefined {
  const last = Math.floor(today / DAY_MS) + ahead;
  const isHidden = (day: string) => {
    const number = dayNumber(day);
    return number === undefined || number < dayNumber(first)! || number > last;
  };
  const hidden = [...days].filter(([day]) => isHidden(day)).sort(([a], [b]) => a < b ? -1 : 1);
  if (hidden.length === 0) return undefined;
  const objects = hidden.reduce((sum, [, count]) => sum + count, 0);
  return { objects, days: hidden.slice(0, 10).map(([day]) => day) };
}

/** Days since 1970; `undefined` for a text that is not a day with a four-digit year. */
function dayNumber(day: string): number | undefined {
  const ms = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(day) : NaN;
  return Number.isNaN(ms) ? undefined : ms / DAY_MS;
}
