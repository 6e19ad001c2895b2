import { type ChangeOptions, changeTable } from "./change_table.ts";
import { currentSnapshot, type Snapshot, type TableMetadata } from "./metadata.ts";
import type { TableUpdate } from "./updates.ts";

/**
 * How many rows other programs have deleted. Snapshots say so, but expire; therefore each commit of this
 * program counts the snapshots of others that it follows, and a table property keeps the sum.
 */

const PROPERTY = "ticklake.deleted";

/** Rows of a table that other programs have deleted. */
export interface Deletions {
  rows: number;
  /**
   * Whether it is this number. Not so after equality deletes, if snapshots expired before a commit of this
   * program followed them, and after a rollback or rewind past deletes.
   */
  isExact: boolean;
}

/** Rows that other programs have deleted on the way to the current snapshot. */
export function deletionsOf(metadata: TableMetadata): Deletions {
  const { through, ...known } = recorded(metadata);
  const current = currentSnapshot(metadata);
  if (current === undefined) return known;
  // Rolled back: it is not known how many of them are deleted in this snapshot.
  if (current["sequence-number"] < through) return { rows: 0, isExact: false };
  let { isExact } = known;
  let net = 0;
  for (let snapshot = current; snapshot["sequence-number"] > through && !isOurs(snapshot);) {
    const deleted = rowsDeletedBy(snapshot);
    if (deleted === undefined) isExact = false;
    else net += deleted;
    const id = snapshot["parent-snapshot-id"];
    if (id === undefined) break;
    const parent = metadata.snapshots?.find((one) => one["snapshot-id"] === id);
    isExact &&= parent !== undefined;
    if (parent === undefined) break;
    snapshot = parent;
  }
  return { rows: known.rows + Math.max(0, net), isExact };
}

/** What a commit on top of the current snapshot records; nothing where it is on record. */
export function deletionUpdates(metadata: TableMetadata): TableUpdate[] {
  const known = recorded(metadata);
  const found = deletionsOf(metadata);
  const isKnown = found.rows === known.rows && found.isExact === known.isExact;
  return isKnown ? [] : [recording(metadata, found)];
}

/** The update that sets the number of rows deleted up to the current snapshot. */
export function recording(metadata: TableMetadata, { rows, isExact }: Deletions): TableUpdate {
  const through = currentSnapshot(metadata)?.["sequence-number"] ?? 0;
  const value = `${rows}${isExact ? "" : "+"}@${through}`;
  return { action: "set-properties", updates: { [PROPERTY]: value } };
}

/** Records that so many rows are deleted on purpose, and no more are. */
export async function recordDeletions(options: ChangeOptions, rows: number): Promise<void> {
  await changeTable(options, ({ metadata }) => {
    const found = deletionsOf(metadata);
    const isKnown = found.rows === rows && found.isExact;
    return Promise.resolve(isKnown ? undefined : [recording(metadata, { rows, isExact: true })]);
  });
}

/** Whether this program has written a snapshot. */
export function isOurs({ summary }: Snapshot): boolean {
  return Object.keys(summary).some((name) => name.startsWith("ticklake."));
}

/** Whether a snapshot of another program has fewer rows than the one before, or others. */
export function isDeleteOfOthers(snapshot: Snapshot): boolean {
  return ["delete", "overwrite"].includes(snapshot.summary.operation) && !isOurs(snapshot);
}

/**
 * How many rows less a snapshot of another program has, by its summary; `undefined` if that does not tell.
 * An overwrite may be two snapshots: all rows deleted, then appended.
 * Source: https://iceberg.apache.org/spec/#optional-snapshot-summary-fields
 */
function rowsDeletedBy(snapshot: Snapshot): number | undefined {
  const { summary } = snapshot;
  const number = (name: string) => Number(summary[name] ?? 0);
  if (summary.operation === "append") return -number("added-records");
  if (!isDeleteOfOthers(snapshot)) return 0;
  const isTold = "deleted-records" in summary || "added-position-deletes" in summary;
  if (!isTold || number("added-equality-deletes") > 0) return undefined;
  const files = number("deleted-records") - number("added-records");
  const positions = number("added-position-deletes") - number("removed-position-deletes");
  return files + positions;
}

/** The property, such as `120@57`: up to sequence number 57. With `120+@57` it is not exact. */
function recorded({ properties }: TableMetadata): Deletions & { through: number } {
  const value = properties?.[PROPERTY];
  if (value === undefined) return { rows: 0, isExact: true, through: 0 };
  const found = /^(\d+)(\+?)@(\d+)$/.exec(value);
  if (found === null) return { rows: 0, isExact: false, through: 0 };
  return { rows: Number(found[1]), isExact: found[2] === "", through: Number(found[3]) };
}
