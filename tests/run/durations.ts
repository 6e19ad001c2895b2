import { REPOSITORY } from "../services/tools_folder.ts";

const FILE = `${REPOSITORY}/tests/run/durations.json`;

/** What is known of how long units take. */
export interface Durations {
  /** Day of the newest record, `YYYY-MM-DD`. */
  date: string;
  /** Cores of the host. */
  cores: number;
  /** Seconds, by the unit's name. */
  seconds: Record<string, number>;
}

/** The durations of record. */
export function recordedDurations(): Durations {
  return JSON.parse(Deno.readTextFileSync(FILE)) as Durations;
}

/** Records how long units have taken; the others stay. */
export function recordDurations(taken: ReadonlyMap<string, number>): void {
  const { seconds } = recordedDurations();
  // Parts of rooms that were named are no units of a whole run.
  for (const [name, time] of taken) if (!name.includes("/")) seconds[name] = Math.ceil(time);
  const sorted = Object.fromEntries(Object.entries(seconds).sort(([a], [b]) => a < b ? -1 : 1));
  const durations: Durations = {
    date: new Date().toISOString().slice(0, 10),
    cores: navigator.hardwareConcurrency,
    seconds: sorted,
  };
  Deno.writeTextFileSync(FILE, JSON.stringify(durations, null, 2) + "\n");
}
