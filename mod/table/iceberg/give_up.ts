import { Failure } from "../../failure/failure.ts";
import { positionsOf, settledProperty, settledRanges } from "./position.ts";
import { writeSnapshot } from "./snapshot.ts";
import { fenceOff, type FenceOptions } from "./fence_off.ts";

/** What {@linkcode giveUp} needs. */
export interface GiveUpOptions extends FenceOptions {
  partition: number;
  first: number;
  end: number;
  /**
   * Whether no range of the same bounds follows: a former owner that still commits this one is refused by its
   * bounds. Otherwise all that former owners still commit is refused, as after a rewind.
   */
  late: boolean;
}

/**
 * Gives up a range that was started and may have been taken. After `removed` it is not in the table and
 * never will be.
 */
export async function giveUp(options: GiveUpOptions): Promise<"taken" | "removed"> {
  const { catalog, files, log, partition, first, end, late } = options;
  for (;;) {
    const base = await catalog.load();
    if (base === undefined) return "removed";
    const position = positionsOf(base.metadata, log.id).get(partition);
    if (position !== undefined && position.end >= end) return "taken";
    if (position !== undefined && position.end > first) {
      throw new Failure(
        "failed",
        `the table is at offset ${position.end} of partition ${partition}, within a flush of ` +
          `${first} to ${end - 1} that is in flight`,
        { fix: "Nothing is lost. Start this again: it resumes at the table's position." },
      );
    }
    if (!late) {
      if (await fenceOff(options, base, new Map([[partition, first]]))) return "removed";
      continue;
    }
    const settled = settledRanges(base.metadata, log.id, partition)
      .filter((range) => range.startsWith(`${first}-`));
    const range = `${first}-${end}`;
    if (settled.includes(range)) return "removed";
    // With a snapshot, so that a commit of the former owner that is in flight is refused.
    const summary = { "ticklake.log": log.id, "ticklake.settled": range };
    const updates = await writeSnapshot(base, files, { added: [], summary }, Date.now());
    const property = settledProperty(log.id, partition);
    const value = [...settled, range].join(",");
    const set = { action: "set-properties" as const, updates: { [property]: value } };
    if (await catalog.commit(base, [...updates, set])) return "removed";
  }
}
