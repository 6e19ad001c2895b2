import { LogFile } from "../log_file.ts";
import { recordLost } from "../lost_offsets.ts";
import type { PageFile } from "./page_file.ts";
import type { PartitionRebuild, RebuildPlan } from "./rebuild_plan.ts";
import { dataOf, type FoundBlock, type FoundCommit } from "./salvage.ts";

/** Bytes of blocks that are written in one transaction. */
const TRANSACTION_BYTES = 16 * 2 ** 20;

/** Options of {@linkcode writeLog}. */
export interface WriteLogOptions {
  commits: readonly FoundCommit[];
  /** Ends it early. */
  signal?: AbortSignal;
  /** Told how many blocks are written, of how many. */
  onProgress?(done: number, all: number): void;
}

/**
 * Writes what was salvaged into a new log.
 * @param path where there is no file
 * @throws {Failure} kind `service`, such as for a full disk
 */
export async function writeLog(
  path: string,
  source: PageFile,
  plan: RebuildPlan,
  options: WriteLogOptions,
): Promise<void> {
  const file = await LogFile.open(path);
  try {
    await file.write(() => writeTopics(file, plan, options.commits));
    await writeBlocks(file, source, plan, options);
  } finally {
    file.close();
  }
}

function writeTopics(file: LogFile, plan: RebuildPlan, commits: readonly FoundCommit[]): void {
  const insert = file.statement("INSERT INTO log VALUES (?, ?, ?, ?, ?)");
  const identify = file.statement("INSERT OR REPLACE INTO identity VALUES (?, ?)");
  const commit = file.statement("INSERT OR IGNORE INTO committed VALUES (?, ?, ?, ?, ?)");
  // Those in use first: of the others there may be former ones.
  const inOrder = commits.toSorted((a, b) => Number(a.isFree) - Number(b.isFree));
  for (const { log, topic, partition, first, end, lost } of plan.partitions) {
    insert.run(log, topic, partition, first, end);
    for (const range of lost) recordLost(file, log, range);
    for (const one of inOrder) {
      if (one.topic !== topic || one.partition !== partition || one.offset > end) continue;
      commit.run(one.group, topic, partition, one.offset, one.metadata);
    }
  }
  for (const [topic, id] of plan.ids) identify.run(topic, id);
}

async function writeBlocks(
  file: LogFile,
  source: PageFile,
  { partitions }: RebuildPlan,
  { signal, onProgress }: WriteLogOptions,
): Promise<void> {
  const insert = file.statement(
    "INSERT INTO block (log, first, count, timestamp, data) VALUES (?, ?, ?, ?, ?)",
  );
  const all = partitions.reduce((sum, { blocks }) => sum + blocks.length, 0);
  let done = 0;
  for (const pieces of transactions(partitions)) {
    signal?.throwIfAborted();
    await file.write(() => {
      for (const { log, block } of pieces) {
        const { first, count, timestamp } = block;
        insert.run(log, first, count, timestamp, dataOf(source, block)!);
      }
    });
    done += pieces.length;
    onProgress?.(done, all);
  }
}

function* transactions(
  partitions: readonly PartitionRebuild[],
): Generator<Array<{ log: number; block: FoundBlock }>> {
  let pieces: Array<{ log: number; block: FoundBlock }> = [];
  let bytes = 0;
  for (const { log, blocks } of partitions) {
    for (const block of blocks) {
      pieces.push({ log, block });
      bytes += block.data.length;
      if (bytes < TRANSACTION_BYTES) continue;
      yield pieces;
      pieces = [];
      bytes = 0;
    }
  }
  if (pieces.length > 0) yield pieces;
}
