import { Failure } from "../failure/failure.ts";
import type { Compression } from "../lake/format/compression.ts";
import type { LakeFormat } from "../lake/format/lake_format.ts";
import type { GapReason } from "../table/table.ts";

/**
 * Version of the rules by which a message becomes a row or a dead letter. To be raised by every change
 * after which some message is treated otherwise than before: a flush that was begun under other rules
 * is not repeated, since an offset could then be in the table as both. Release 0.1.0 had rules 1.
 */
export const RULES = 2;

/** How the rows of a flush are laid out: with the range, all that names and bytes depend on. */
export interface FlushLayout {
  format: LakeFormat;
  /** The specification of the Hive partitions. */
  partitionBy: string;
  /** Absent in the intents of release 0.1.0. */
  compression?: Compression;
  /** Fingerprint of the schema, since it decides which messages are rows. */
  schema: string;
}

/** A flush that was begun: its bounds are recorded before its first byte is uploaded. */
export interface Intent {
  /** First offset after the flush. */
  end: number;
  /** How many objects it writes: when all are there, it is done but for its commit. */
  objects: number;
  /** Absent for the record of a gap, which depends on its bounds and reason alone. */
  layout?: FlushLayout;
  /** Version of the rules; absent for a gap. */
  rules?: number;
  /** Why the offsets are a gap; absent for rows. */
  gap?: GapReason;
}

/** What the sink keeps with a committed offset, in the group coordinator's own store. */
export interface Checkpoint {
  /** First offset that the group was ever responsible for. */
  from: number;
  /**
   * First offset of the next flush, where it lies before the committed one: there were only offsets
   * without a message in between (transaction markers, aborted or compacted messages).
   */
  since?: number;
  /** The flush that may be half done. */
  intent?: Intent;
  /** Key of the log that all this is about; absent in what release 0.1.0 committed. */
  log?: string;
  /**
   * Whether the lake may have objects of a flush that was begun and never taken, whose intent this has
   * replaced: set by a reset, until the next owner has removed them.
   */
  sweep?: boolean;
}

/** Version of the metadata's form. */
const VERSION = 1;

/**
 * A checkpoint as commit metadata, well below Kafka's 4 KiB (`offset.metadata.max.bytes`).
 */
export function formatCheckpoint({ from, since, intent, log, sweep }: Checkpoint): string {
  const flag = sweep || undefined;
  return JSON.stringify({ v: VERSION, from, since, log: log || undefined, sweep: flag, ...intent });
}

/**
 * Reads commit metadata. Metadata that is not ours (the group was used by another program) means that
 * nothing was begun.
 * @returns `undefined` where there is nothing of ours
 * @throws {Failure} kind `failed`, when a newer version of ticklake wrote it
 */
export function parseCheckpoint(metadata: string): Checkpoint | undefined {
  const found = parseObject(metadata);
  if (found === undefined || typeof found.v !== "number" || typeof found.from !== "number") {
    return undefined;
  }
  if (found.v > VERSION) {
    throw new Failure(
      "failed",
      `the group's offsets were committed by a newer ticklake (version ${found.v} of their metadata)`,
      { fix: "Run that version, or use another --group." },
    );
  }
  const { from, since, log, end, objects, layout, rules, gap } = found as unknown as
    & Checkpoint
    & Intent;
  if (typeof end !== "number") {
    return found.sweep === true ? { from, since, log, sweep: true } : { from, since, log };
  }
  // Release 0.1.0 named neither the rules nor a gap's reason.
  const intent = layout === undefined
    ? { end, objects, gap: gap ?? "retention" }
    : { end, objects, layout, rules: rules ?? 1 };
  return { from, since, log, intent };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}
