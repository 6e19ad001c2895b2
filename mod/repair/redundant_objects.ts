import { objectSpan } from "../lake/object_span.ts";
import type { LakeStore } from "../lake/store.ts";
import { DAY_MS, isoDay } from "../schema/calendar.ts";
import { objectOffsets } from "../verify/object_offsets.ts";
import { addOffset, countOffsets, type OffsetRange } from "../verify/offset_range.ts";
import { offsetOfKey, rowKey } from "../verify/row_index.ts";
import { checkTiling, type NamedObject } from "../verify/tiling.ts";
import type { DuplicateCure } from "./repair_plan.ts";

/** An object, and the offsets in it. */
interface HeldOffsets {
  object: NamedObject;
  /** Where messages are several rows, the numbers of those by {@linkcode rowKey}. */
  offsets: ReadonlySet<number>;
  /** Whether its rows belong to another day than that of its folder. */
  isMisplaced: boolean;
}

/**
 * Finds, among the objects of a partition, those that may be removed: each of their offsets is held by another
 * object that stays. Objects are read, those of one overlap at a time.
 * @param unreadable names of objects that are not to be read
 */
export async function redundantObjects(
  objects: readonly NamedObject[],
  duplicate: readonly OffsetRange[],
  unreadable: readonly string[],
  options: ReadOptions,
): Promise<Omit<DuplicateCure, "isOneRow">> {
  const redundant: string[] = [];
  const left: OffsetRange[] = [];
  if (duplicate.length === 0) return { redundant, left };
  for (const overlap of overlaps(objects)) {
    const { first, last } = objectSpan(overlap);
    if (!duplicate.some((range) => range.first <= last && range.last >= first)) continue;
    const held: HeldOffsets[] = [];
    for (const object of overlap) {
      if (!unreadable.includes(object.name)) held.push(await read(object, options));
    }
    const solved = solve(held);
    redundant.push(...solved.redundant);
    left.push(...solved.left);
  }
  return { redundant, left };
}

/** Groups of objects whose ranges overlap, directly or through others. */
function overlaps(objects: readonly NamedObject[]): NamedObject[][] {
  const groups: NamedObject[][] = [];
  let end = -1;
  for (const object of objects.toSorted((a, b) => a.parsed.first - b.parsed.first)) {
    const { first, last } = object.parsed;
    if (first > end) groups.push([]);
    groups.at(-1)!.push(object);
    end = Math.max(end, last);
  }
  return groups;
}

interface ReadOptions {
  store: LakeStore;
  signal: AbortSignal;
  /** Column with a row's place in its message's array, where messages are several rows. */
  indexColumn?: string;
}

async function read(
  object: NamedObject,
  { store, signal, indexColumn }: ReadOptions,
): Promise<HeldOffsets> {
  const { kind, first, last, partitions } = object.parsed;
  if (kind === "gap") {
    const offsets = new Set<number>();
    for (let offset = first; offset <= last; offset++) offsets.add(offset);
    return { object, offsets, isMisplaced: false };
  }
  const bytes = await store.get(object.name, { signal });
  const found = await objectOffsets(object, bytes, indexColumn);
  const day = partitions.find(([column]) => column === "dt")?.[1];
  const isMisplaced = day !== undefined && found.timestampMs !== undefined &&
    isoDay(Math.floor(found.timestampMs / DAY_MS)) !== day;
  const keys = found.offsets.map((offset, row) => rowKey(offset, found.indexes?.[row] ?? 0));
  return { object, offsets: new Set(keys), isMisplaced };
}

/** How wrong some objects are: offsets in no range, in several, and in several objects. */
function wrongness(held: readonly HeldOffsets[]): { missing: number; duplicate: OffsetRange[] } {
  const objects = held.map(({ object }) => object);
  const { first: from, last } = objectSpan(objects);
  const end = last + 1;
  const { missing, duplicate } = checkTiling(objects, { from, end, tolerated: end });
  const again: OffsetRange[] = [];
  const offsets = new Set([...twice(held)].map(offsetOfKey));
  for (const offset of [...offsets].sort((a, b) => a - b)) addOffset(again, offset);
  return { missing: countOffsets(missing), duplicate: [...duplicate, ...again] };
}

/** Offsets that several objects hold; a replayed row and its dead letter count as one. */
function twice(held: readonly HeldOffsets[]): Set<number> {
  const seen = new Set<number>();
  const again = new Set<number>();
  for (const { offsets } of held) {
    for (const offset of offsets) (seen.has(offset) ? again : seen).add(offset);
  }
  const among = (is: (object: NamedObject) => boolean) =>
    held.filter(({ object }) => is(object)).flatMap(({ offsets }) => [...offsets]);
  const letters = new Set(among(({ parsed }) => parsed.kind === "dead-letters"));
  for (const offset of among(({ parsed }) => parsed.replay !== undefined)) {
    if (letters.has(offset)) again.delete(offset);
  }
  return again;
}

/** Removes redundant objects one by one, each time the one that leaves least wrong. */
function solve(held: HeldOffsets[]): Omit<DuplicateCure, "isOneRow"> {
  const redundant: string[] = [];
  let kept = held;
  for (;;) {
    const now = wrongness(kept);
    if (now.duplicate.length === 0) return { redundant, left: [] };
    const choices = kept.filter((one) => isRedundant(one, kept)).map((one) => {
      const rest = kept.filter((other) => other !== one);
      const { missing, duplicate } = wrongness(rest);
      // Several records of gaps may lie beside one object with their rows: rows are never removed for them.
      const score = isGap(one.object) && isRedundant(
          one,
          kept.filter(({ object }) => !isGap(object)),
        )
        ? -1
        : countOffsets(duplicate) - (isDubious(one) ? 0.5 : 0);
      return { one, rest, missing, score };
    }).filter(({ missing }) => missing <= now.missing).sort((a, b) => a.score - b.score);
    const [best, next] = choices;
    // Of two in different folders neither is known to be the wrong one.
    const isOpen = best !== undefined && best.score >= 0 && next?.score === best.score &&
      folder(best.one.object) !== folder(next.one.object);
    if (best === undefined || isOpen) return { redundant, left: now.duplicate };
    redundant.push(best.one.object.name);
    kept = best.rest;
  }
}

/** Whether, of objects that could be removed, it is the one: the record of a gap beside the rows, or misplaced rows. */
function isDubious({ object, isMisplaced }: HeldOffsets): boolean {
  return isMisplaced || isGap(object);
}

function isGap({ parsed }: NamedObject): boolean {
  return parsed.kind === "gap";
}

function folder({ name }: NamedObject): string {
  return name.slice(0, name.lastIndexOf("/"));
}

function isRedundant(one: HeldOffsets, kept: readonly HeldOffsets[]): boolean {
  if (one.offsets.size === 0) return false;
  const others = kept.filter((other) => other !== one);
  for (const offset of one.offsets) {
    if (!others.some(({ offsets }) => offsets.has(offset))) return false;
  }
  return true;
}
