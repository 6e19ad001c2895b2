import { openBlock } from "./block.ts";
import type { StoredBlock } from "./block_batch.ts";
import type { LogFile } from "./log_file.ts";
import { lostAt } from "./lost_offsets.ts";
import { damagedLog } from "./sqlite_failure.ts";

/** Maximum blocks of one read, however small they are. */
const MOST_BLOCKS = 1000;

/** What a read of a partition found. */
export interface BlocksRead {
  low: number;
  high: number;
  /** Consecutive blocks; the first holds the position. Empty if the position is not in the log. */
  blocks: StoredBlock[];
  /** Where the position is in a range whose messages were lost: the offset after it. */
  lostUntil?: number;
}

/** Statement of the stored part of a block's row: its data's length is known without reading it. */
const PLAN = `SELECT first, count, timestamp, length(data) AS bytes FROM block
  WHERE log = ? AND first >= coalesce((SELECT max(first) FROM block WHERE log = ? AND first <= ?), 0)
  ORDER BY first LIMIT ${MOST_BLOCKS}`;

/**
 * Reads the blocks of a partition from a position on, inside a transaction.
 * @param maxBytes where to stop; the first block comes however large it is
 * @throws {Failure} kind `failed`, when a block is damaged
 */
export function readBlocks(
  file: LogFile,
  topic: string,
  partition: number,
  position: number,
  maxBytes: number,
): BlocksRead {
  const { id, low, high } = file.statement(
    "SELECT id, low, high FROM log WHERE topic = ? AND partition = ?",
  ).get(topic, partition) as { id: number; low: number; high: number };
  const blocks: StoredBlock[] = [];
  if (position < low || position >= high) return { low, high, blocks };
  const select = file.statement("SELECT data FROM block WHERE log = ? AND first = ?");
  let bytes = 0;
  let next = position;
  for (const row of file.statement(PLAN).all(id, id, position)) {
    const first = row.first as number;
    const count = row.count as number;
    if (first + count <= position) continue;
    if (first > next) break;
    bytes += row.bytes as number;
    if (blocks.length > 0 && bytes > maxBytes) break;
    const data = select.get(id, first)!.data as Uint8Array;
    blocks.push({
      block: openBlock(data, count),
      first,
      timestamp: row.timestamp as number,
    });
    next = first + count;
  }
  if (blocks.length > 0) return { low, high, blocks };
  const lost = lostAt(file, id, position);
  if (lost === undefined) {
    throw damagedLog(file.path, `partition ${partition} of ${topic} has no offset ${position}`);
  }
  return { low, high, blocks, lostUntil: lost.end };
}
