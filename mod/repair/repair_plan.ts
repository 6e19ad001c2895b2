import { offsetsText } from "../terminal/amount_text.ts";
import type { OffsetRange } from "../verify/offset_range.ts";
import { without } from "../verify/offset_range.ts";
import type { NamedObject } from "../verify/tiling.ts";
import type { PartitionVerdict } from "../verify/verify.ts";

/** What a repair does to one partition of a log, in this order. */
export interface RepairPlan {
  partition: number;
  /** Key of the log in its objects' names. */
  log: string;
  /** Objects whose offsets other objects all hold: removed. */
  redundant: string[];
  /** Offsets that an Iceberg table holds more than once: all but one of each are taken out. */
  doubled?: OffsetRange[];
  /** Objects that cannot be read, of offsets that the topic no longer has: moved out of the table's folders. */
  aside: string[];
  /** Offsets that neither the lake nor the topic has: recorded as gaps. */
  lost: OffsetRange[];
  /** Offsets that are recorded as deleted by another program. */
  accepted?: OffsetRange[];
  /** Whether objects behind the table's end are removed. */
  sweep: boolean;
  /** First offset from which on the table is written again; absent if nothing is. */
  rewriteFrom?: number;
  /** What cannot be repaired, for the user. */
  hopeless: string[];
}

/** What {@linkcode planRepair} knows of the duplicates. */
export interface DuplicateCure {
  redundant: readonly string[];
  /** Duplicate offsets that no removal of whole objects resolves. */
  left: readonly OffsetRange[];
  /** Whether each message is one row, so that an offset's row is the whole of its message. */
  isOneRow: boolean;
}

/**
 * What puts a partition right. What the topic still has is written again from the first wrong offset on;
 * what it no longer has is recorded as lost, which takes nothing away: an object that is restored later
 * makes that record redundant.
 * @param low offset of the topic's oldest message; infinite for a former log
 */
export function planRepair(
  verdict: PartitionVerdict,
  objects: readonly NamedObject[],
  low: number,
  { redundant, left, isOneRow }: DuplicateCure,
): RepairPlan {
  const { partition, log, missing, unreadable, beyond, isCurrent, unclaimed = [] } = verdict;
  const plan: RepairPlan = {
    partition,
    log,
    redundant: [...redundant],
    aside: [],
    lost: [],
    sweep: isCurrent && beyond.length > 0,
    hopeless: offTheLog(verdict),
  };
  if (unclaimed.length > 0) {
    const kept =
      `${offsetsText(unclaimed[0])}${
        unclaimed.length > 1 ? " and others" : ""
      }: objects of release 0.1.0, which no record says ` +
      "the log of; they are kept";
    return { ...plan, redundant: [], sweep: false, hopeless: [kept] };
  }
  const wrong: number[] = [];
  /** Marks offsets to be rewritten, unless an object also holds offsets that the topic no longer has. */
  const again = (first: number, last: number) => {
    const across = objects.find(({ name, parsed }) =>
      parsed.first < low && parsed.last >= first && parsed.first <= last &&
      !redundant.includes(name) && !plan.aside.includes(name)
    );
    if (across === undefined) wrong.push(first);
    else plan.hopeless.push(`the topic has only a part of the range of ${across.name}`);
  };
  /** Splits a range at the topic's first message: what is before it is lost. */
  const absent = ({ first, last }: OffsetRange) => {
    if (first < low) plan.lost.push({ first, last: Math.min(last, low - 1) });
    if (last >= low) again(Math.max(first, low), last);
  };
  missing.forEach(absent);
  for (const { object, first, last, holes } of unreadable) {
    if (redundant.includes(object)) continue;
    // Such as a merged object whose parts are still there.
    if (isOneRow && holes?.length === 0) {
      plan.aside.push(object);
      continue;
    }
    const siblings = objects.filter(({ name, parsed }) =>
      name !== object && parsed.first <= last && parsed.last >= first && !redundant.includes(name)
    );
    if (first >= low) wrong.push(first);
    else if (siblings.length === 0) {
      plan.aside.push(object);
      absent({ first, last });
    } else if (siblings.every(({ parsed }) => parsed.kind === "gap")) {
      // A repair that was interrupted has recorded the gap already.
      plan.aside.push(object);
      const rest = without([{ first, last }], siblings.map(({ parsed }) => parsed));
      rest.forEach(absent);
    } else if (last < low) {
      // Which of the range's offsets it had is unknown: at most those that no other object has.
      plan.aside.push(object);
      plan.lost.push(...without(holes ?? [], plan.lost));
    } else {
      plan.hopeless.push(`${object} cannot be read, and the topic has only a part of its range`);
    }
  }
  for (const { first, last } of left) {
    if (first >= low) wrong.push(first);
    else {
      plan.hopeless.push(
        `${
          offsetsText({ first, last })
        }: duplicated in objects that also contain others, and the topic no ` +
          "longer has them",
      );
    }
  }
  if (isCurrent && wrong.length > 0) {
    plan.rewriteFrom = wrong.reduce((least, offset) => Math.min(least, offset));
  }
  return plan;
}

/** What of a verdict is no fault of the table, for the user. */
export function offTheLog({ foreign, ahead }: PartitionVerdict): string[] {
  return [
    ...foreign.length > 0
      ? ["the lake has offsets that do not belong to the log; they are kept"]
      : [],
    ...ahead.length > 0
      ? [
        `the table is not at fault, but the group is at offset ${
          ahead[0].last + 1
        }, beyond the log's end: ` +
        "`ticklake reset --to lake` sets it to where the table ends",
      ]
      : [],
  ];
}

/** Whether the plan changes nothing. */
export function isEmpty(plan: RepairPlan): boolean {
  const { redundant, doubled = [], aside, lost, accepted = [], sweep, rewriteFrom } = plan;
  const parts = [redundant, doubled, aside, lost, accepted];
  return parts.every(({ length }) => length === 0) && !sweep && rewriteFrom === undefined;
}
