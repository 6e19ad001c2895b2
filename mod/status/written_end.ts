import type { CommittedOffset } from "../broker/broker.ts";
import { parseCheckpoint } from "../sink/intent.ts";
import type { TablePosition } from "../table/table.ts";

/** What {@linkcode writtenEnd} decides from. */
export interface WrittenStanding {
  /** The table's position; absent if it has nothing of the partition. */
  position: TablePosition | undefined;
  /** What the group has committed; absent if it has committed nothing. */
  committed: CommittedOffset | undefined;
  /** Where the log ends. */
  high: number;
  /** Key of the log. */
  key: string;
  /** Whether the table may be one of release 0.1.0, which kept no positions. */
  mayLackPositions: boolean;
}

/**
 * First offset of a partition that is not in the table. Its own position counts: the group's offsets expire,
 * and remain where they are when someone removes the lake or restores an older one. Where the table has no
 * position, the offset at which consume would begin.
 * @returns `null` if nothing was written
 */
export function writtenEnd(standing: WrittenStanding): number | null {
  const { position, committed } = standing;
  if (position !== undefined) return position.end;
  if (committed === undefined || committed.offset === null) return null;
  const end = beginningOf(committed.offset, standing);
  return end === null || end > standing.high ? null : end;
}

/** Where consume would begin, as the table has nothing; `null` for the log's beginning. */
function beginningOf(offset: number, standing: WrittenStanding): number | null {
  const { committed, key, mayLackPositions } = standing;
  const checkpoint = parseCheckpoint(committed!.metadata);
  // Someone has moved the group: consume records the offsets before it as a gap.
  if (checkpoint === undefined) return offset;
  const { log, from, since = offset } = checkpoint;
  if (log === undefined && mayLackPositions) return offset;
  if (log !== undefined && log !== key) return null;
  return since <= from ? offset : from;
}
