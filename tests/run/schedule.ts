import type { Durations } from "./durations.ts";
import type { Unit } from "./units.ts";

/** Seconds that a unit is taken to last that is not on record. */
const UNKNOWN_S = 10;

/**
 * What is left to run. Several workers take from it, the longest unit first, so that they end at about
 * the same time. Units that use services are handed out only once those run.
 */
export class Schedule {
  readonly #left: Unit[];
  /** Whether the services run. */
  served = false;

  constructor(units: readonly Unit[], { seconds }: Durations) {
    const time = ({ name }: Unit) => seconds[name] ?? UNKNOWN_S;
    this.#left = [...units].sort((a, b) => time(b) - time(a));
  }

  /** The next unit; `undefined` where none may begin now. */
  take(): Unit | undefined {
    const at = this.#left.findIndex(({ needs }) => this.served || needs.size === 0);
    return at < 0 ? undefined : this.#left.splice(at, 1)[0];
  }
}

/**
 * How long a run will take, for people.
 * @param workers how many units run at the same time
 * @param startS seconds until the services run, where they are installed
 */
export function estimate(
  durations: Durations,
  units: readonly Unit[],
  { workers, startS }: { workers: number; startS: number },
): string {
  const { date, cores, seconds } = durations;
  const known = units.filter(({ name }) => name in seconds);
  const ends = Array.from({ length: workers }, () => 0);
  const schedule = new Schedule(known, durations);
  const place = (unit: Unit, notBefore: number) => {
    const worker = ends.indexOf(Math.min(...ends));
    ends[worker] = Math.max(ends[worker], notBefore) + seconds[unit.name];
  };
  while (Math.min(...ends) < startS) {
    const unit = schedule.take();
    if (unit === undefined) break;
    place(unit, 0);
  }
  schedule.served = true;
  for (let unit = schedule.take(); unit !== undefined; unit = schedule.take()) {
    place(unit, unit.needs.size > 0 ? startS : 0);
  }
  const longest = Math.max(...ends);
  const time = longest < 90 ? `${Math.ceil(longest)} s` : `${Math.ceil(longest / 60)} min`;
  const unknown = units.length - known.length;
  return `about ${time}, as recorded on ${cores} cores on ${date}` +
    (unknown > 0 ? `; ${unknown} of ${units.length} units are not on record` : "");
}
