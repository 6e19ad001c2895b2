import { type AssignedPartition, BEGUN_AT_END } from "../broker/broker.ts";
import type { TablePosition } from "../table/table.ts";
import { beyondLogEnd } from "./beyond_log_end.ts";
import type { Settlement } from "./flush_journal.ts";
import { type Checkpoint, type Intent, parseCheckpoint, RULES } from "./intent.ts";

/** Where a partition continues after an assignment. */
export interface StartingPoint {
  /** First offset that is not in the table. */
  first: number;
  /** Offset to read next; in `[first, next)` there is no message. */
  next: number;
  /** Leader epoch of the message before `next`, if the table keeps it. */
  epoch?: number;
  /** First offset that the group is responsible for. */
  from: number;
  /** A flush from `first` on that was begun and must be repeated. */
  begun?: Intent;
  /** A flush that was begun and must be settled before anything else. */
  settle?: Settlement;
  /** Offsets `[first, reset)` that the group was deliberately moved past. */
  reset?: number;
  /**
   * Whether there may be objects of a flush from `first` on that is no longer recorded anywhere.
   */
  sweep?: boolean;
  /** What was out of the ordinary, as text for the user. */
  notice?: string;
}

/** What {@linkcode startingPoint} decides from. */
export interface Standing {
  assigned: Pick<AssignedPartition, "partition" | "committed" | "offsets" | "start">;
  /** The table's position; absent if it has nothing of the partition. */
  position: TablePosition | undefined;
  /** Where `--from latest` began the partition in this table, if it did. */
  begun?: number;
  /** Where the partition ends, requested after the table's position. */
  high: number;
  /** Where a group without a committed offset begins. */
  from: "earliest" | "latest";
  /** The topic's name, for messages. */
  topic: string;
  /** Key of the log. */
  key: string;
}

/**
 * Compares the table's position with what the group has committed: the table wins. Only an offset
 * that was moved forward by hand or by another program is followed: the offsets in between are a
 * recorded gap. docs/identity.md has a table of the cases.
 * @throws {Failure} kind `failed`, when the table has more than the log, or the group was set beyond its end
 */
export function startingPoint(given: Standing): StartingPoint {
  const standing = withoutBrokersOffset(given);
  const { assigned: { partition, committed }, position, key } = standing;
  const checkpoint = committed.offset === null ? undefined : parseCheckpoint(committed.metadata);
  const isOther = checkpoint?.log !== undefined && checkpoint.log !== key;
  const beyond = beyondLogEnd({ ...standing, partition, committed, position });
  if (beyond !== undefined) throw beyond.failure;
  if (position !== undefined) {
    return besideTable(
      standing,
      position,
      isOther ? { from: position.from, sweep: true } : checkpoint,
    );
  }
  if (isOther) return beginOtherLog(standing);
  if (checkpoint !== undefined) return intoEmptyTable(standing, checkpoint);
  return begin(standing);
}

/** What the broker has committed itself, to begin a group at the end, is not the group's offset. */
function withoutBrokersOffset(standing: Standing): Standing {
  const { partition, start, offsets, committed } = standing.assigned;
  if (committed.metadata !== BEGUN_AT_END) return standing;
  const none = { partition, offset: null, metadata: "" };
  return { ...standing, assigned: { partition, start, offsets, committed: none } };
}

/**
 * The table has nothing, and nothing of ours is committed. `--from latest` has an effect only where the
 * table has recorded where it began: for a log that was new to it. Otherwise the group's offsets were
 * lost, or the topic was recreated, and what came since would be left out.
 */
function begin(standing: Standing): StartingPoint {
  const { assigned, from, begun, high, topic } = standing;
  const { partition, start, committed: { offset }, offsets: { low } } = assigned;
  const isBegun = from === "latest" && begun !== undefined && begun <= high;
  const first = isBegun ? begun : low;
  if (offset === null) {
    const at = { first, next: first, from: first, sweep: true };
    if (first >= start || from === "earliest") return at;
    const name = `partition ${partition} of ${topic}`;
    return {
      ...at,
      notice: isBegun
        ? `${name}: reading from offset ${first}, where --from latest began it in this table`
        : `${name}: reading from its beginning, offset ${first}: --from latest skips nothing of a ` +
          "topic that was recreated, or that the table already knows",
    };
  }
  if (offset <= first || from === "latest" && !isBegun) {
    return { first: start, next: start, from: start, sweep: true };
  }
  return {
    sweep: true,
    first,
    next: first,
    from: first,
    reset: start,
    notice:
      `partition ${partition} of ${topic}: the group is at offset ${offset}, set by another ` +
      `program or a reset; the table has nothing before it, so offsets ${first} to ` +
      `${start - 1} are recorded as a gap`,
  };
}

/** The table has nothing, and the group's commit belongs to another log with this name. */
function beginOtherLog({ assigned, topic }: Standing): StartingPoint {
  const { partition, offsets: { low } } = assigned;
  return {
    sweep: true,
    first: low,
    next: low,
    from: low,
    notice: `partition ${partition} of ${topic}: the topic was recreated since the group's last ` +
      `commit; reading the new log from its beginning, offset ${low}`,
  };
}

/** The table has nothing, but the group has committed what was written elsewhere. */
function intoEmptyTable({ assigned, topic, key }: Standing, checkpoint: Checkpoint): StartingPoint {
  const { partition, offsets: { low, high } } = assigned;
  const committed = assigned.committed.offset!;
  const { from, since, intent, sweep } = checkpoint;
  const written = since ?? committed;
  // Release 0.1.0 named neither the log nor why it began there: it may have been a former log of this name.
  const isUnsure = checkpoint.log === undefined && key !== "" && low < from;
  if (written <= from && written <= high) {
    if (!isUnsure) return { ...repeat(assigned, written, from, intent), sweep };
    return {
      sweep: true,
      first: low,
      next: low,
      from: low,
      reset: written,
      notice:
        `partition ${partition} of ${topic}: ticklake 0.1.0 began at offset ${from} and has ` +
        `written nothing; offsets ${low} to ${written - 1} are recorded as a gap`,
    };
  }
  const first = isUnsure ? low : Math.max(from, low);
  // Fewer messages than were written: it is another log with this name, of which nothing was
  // written.
  const begin = first > high ? low : first;
  return {
    sweep: true,
    first: begin,
    next: begin,
    from: begin,
    notice:
      `partition ${partition} of ${topic}: the group is at offset ${committed}, but the table ` +
      `has nothing of this log; reading from offset ${begin}`,
  };
}

function besideTable(
  { assigned, topic, key }: Standing,
  { from, end, epoch }: TablePosition,
  checkpoint: Checkpoint | undefined,
): StartingPoint {
  const { partition, committed: { offset } } = assigned;
  const at = { first: end, next: end, epoch, from, sweep: true };
  const name = `partition ${partition} of ${topic}`;
  if (offset === null) {
    return {
      ...at,
      notice: `${name}: the group has no offset; resuming at ${end}, where the table ends`,
    };
  }
  const { since, intent } = checkpoint ?? {};
  const written = since ?? offset;
  if (intent !== undefined) {
    if (written === end) {
      const point = repeat(assigned, written, from, intent);
      return point.next === end ? { ...point, epoch } : point;
    }
    // Taken, then killed before the commit.
    if (intent.end === end) return { ...at, sweep: false };
    return {
      ...at,
      notice:
        `${name}: the group has a flush in flight at ${written}; resuming at ${end}, where the ` +
        "table ends",
    };
  }
  if (written === end && offset > end) {
    return { ...at, next: offset, epoch: undefined, sweep: false };
  }
  // The metadata would name a flush in flight, had whoever set the offset kept it.
  if (written === end) return { ...at, sweep: checkpoint?.sweep ?? checkpoint === undefined };
  if (checkpoint === undefined && offset > end) {
    return {
      ...at,
      reset: offset,
      notice:
        `${name}: the group was moved from ${end} to ${offset}, by a reset or another program; ` +
        "the offsets in between are recorded as a gap",
    };
  }
  // This release's commits name the log.
  const isOfOld = checkpoint !== undefined && checkpoint.log === undefined && key !== "";
  return {
    ...at,
    notice: isOfOld && offset > end
      ? `${name}: the group is at offset ${offset}, committed by ticklake 0.1.0; resuming at ${end}, where the ` +
        "table ends. If 0.1.0 wrote to this table, rows are in it twice: `ticklake verify` names them"
      : `${name}: the group is at offset ${offset}; resuming at ${end}, where the table ends`,
  };
}

/**
 * Continues with the flush that the group has begun, if any, at the first offset that is not in the
 * table.
 */
function repeat(
  { committed: { offset }, offsets: { low } }: Standing["assigned"],
  first: number,
  from: number,
  intent: Intent | undefined,
): StartingPoint {
  const next = Math.max(first, offset!);
  const at = { first, next, from };
  if (intent === undefined) return at;
  if (intent.gap === "unreadable") {
    // Delivered again, with its bytes.
    return { ...at, settle: { first, intent, isOver: false, take: false } };
  }
  if (intent.layout !== undefined && intent.rules !== RULES) {
    return { ...at, settle: { first, intent, isOver: false, take: true } };
  }
  // Some of its messages may be gone.
  if (intent.layout !== undefined && low > next) {
    return { ...at, settle: { first, intent, isOver: true, take: true } };
  }
  return { ...at, begun: intent };
}
