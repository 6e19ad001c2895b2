import type { TableMetadata } from "./metadata.ts";
import { snapshotsOfLog } from "./committed_range.ts";
import { rewindOf } from "./position.ts";

/** What a snapshot's summary says of its partitions: the ranges that it adds, or where it fences or rewinds them. */
const EVENTS = {
  taken: "ticklake.ends",
  fenced: "ticklake.fence",
  rewound: "ticklake.rewind",
} as const;

const GROUP = "ticklake.group";

/** A snapshot that changed how far a partition is, or whose it is. */
export interface OwnershipChange {
  what: keyof typeof EVENTS;
  /** The group that made it, where the summary says so: those of earlier releases do not. */
  group?: string;
}

/** For the summary of a snapshot that a consumer group makes. */
export function groupSummary(group: string | undefined): Record<string, string> {
  return group === undefined ? {} : { [GROUP]: group };
}

/** For the summary of a snapshot that refuses former owners. @param ends where the partitions end, by number */
export function fenceSummary(log: string, ends: ReadonlyMap<number, number>) {
  const text = [...ends].map(([partition, end]) => `${partition}:${end}`).join(" ");
  return { "ticklake.log": log, [EVENTS.fenced]: text };
}

/**
 * The newest change of one of some kinds to a partition; `undefined` where no snapshot says so any more.
 * @param log id of the log, see `logId`
 */
export function lastChange(
  metadata: TableMetadata,
  { log, partition }: { log: string; partition: number },
  kinds: ReadonlyArray<keyof typeof EVENTS>,
): OwnershipChange | undefined {
  for (const { summary } of snapshotsOfLog(metadata, log)) {
    const what = kinds.find((kind) =>
      summary[EVENTS[kind]]?.split(" ").some((one) => one.startsWith(`${partition}:`))
    );
    if (what !== undefined) return { what, group: summary[GROUP] };
  }
}

/**
 * The fences and rewinds that snapshots still name, by partition, the newest first: from then on the count of
 * `rewindOf` is `number`, and no former owner commits what begins at or behind `end`.
 * @param log id of the log, see `logId`
 */
export function fencesOf(
  metadata: TableMetadata,
  log: string,
): Map<number, Array<{ number: number; end: number }>> {
  const fences = new Map<number, Array<{ number: number; end: number }>>();
  for (const { summary } of snapshotsOfLog(metadata, log)) {
    const text = summary[EVENTS.fenced] ?? summary[EVENTS.rewound];
    for (const one of text?.split(" ") ?? []) {
      const [partition, end] = one.split(":").map(Number);
      const own = fences.get(partition) ?? [];
      fences.set(partition, own);
      // Each has counted by one.
      own.push({ number: rewindOf(metadata, log, partition).count - own.length, end });
    }
  }
  return fences;
}
