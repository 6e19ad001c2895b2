import { Failure } from "../failure/failure.ts";
import type { Compression } from "../lake/format/compression.ts";
import type { LakeFormat } from "../lake/format/lake_format.ts";
import type { GapReason } from "../table/table.ts";

/**
 * Version of the rules by which a message becomes a row or a dead letter. Raise it with every
 * change after which some message is treated differently: a flush that was begun under other rules
 * is not repeated, since an offset could then be in the table as both. Release 0.1.0 had rules 1.
 */
export const RULES = 2;

/**
 * The layout of a flush's rows: together with the range, everything that names and bytes depend on.
 */
export interface FlushLayout {
  format: LakeFormat;
  /** The partitioning specification. */
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
  /** Number of objects that it writes: once all are there, only its commit is missing. */
  objects: number;
  /** Absent for a gap's record, which depends on its bounds and reason alone. */
  layout?: FlushLayout;
  /** Version of the rules; absent for a gap. */
  rules?: number;
  /** Why the offsets are a gap; absent for rows. */
  gap?: GapReason;
}

/** The metadata that the sink commits with an offset, to the group coordinator. */
export interface Checkpoint {
  /** First offset that the group was ever responsible for. */
  from: number;
  /**
   * First offset of the next flush, if it is before the committed one: there were only offsets
   * without a message in between (transaction markers, aborted or compacted messages).
   */
  since?: number;
  /** The flush that may be incomplete. */
  intent?: Intent;
  /** Key of the log that this belongs to; absent in the commits of release 0.1.0. */
  log?: string;
  /** Name of the Iceberg table that was written; absent for a table of Hive folders. */
  table?: string;
  /**
   * Whether the lake may have objects of a flush that was begun but never taken, and whose intent
   * this replaced: set by a reset, until the next owner has removed them.
   */
  sweep?: boolean;
}

/** Version of the metadata's format. */
const VERSION = 1;

/**
 * A checkpoint as commit metadata, well below Kafka's 4 KiB (`offset.metadata.max.bytes`).
 */
export function formatCheckpoint({ from, since, intent, log, table, sweep }: Checkpoint): string {
  const flags = { log: log || undefined, table, sweep: sweep || undefined };
  return JSON.stringify({ v: VERSION, from, since, ...flags, ...intent });
}

/**
 * Reads commit metadata. Metadata that is not ours (the group was used by another program) means
 * that no flush was begun.
 * @returns `undefined` if there is nothing of ours
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
  const { from, since, log, table, end, objects, layout, rules, gap } = found as unknown as
    & Checkpoint
    & Intent;
  const named = { from, since, log, ...(table === undefined ? {} : { table }) };
  if (typeof end !== "number") return found.sweep === true ? { ...named, sweep: true } : named;
  // Release 0.1.0 named neither the rules nor a gap's reason.
  const intent = layout === undefined
    ? { end, objects, gap: gap ?? "retention" }
    : { end, objects, layout, rules: rules ?? 1 };
  return { ...named, intent };
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
