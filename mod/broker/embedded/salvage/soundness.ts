import { DatabaseSync } from "node:sqlite";
import { messageOf } from "../../../failure/failure.ts";
import { ownEntry } from "../../../files/own_entry.ts";
import { lostOffsets } from "../lost_offsets.ts";
import type { PageFile } from "./page_file.ts";
import type { PartitionRebuild, RebuildPlan } from "./rebuild_plan.ts";
import type { Salvage } from "./salvage.ts";

/**
 * What is wrong with a log, as a sentence's second half; `undefined` if nothing is. The file is not changed.
 */
export function whatIsWrong(
  path: string,
  source: PageFile,
  found: Salvage,
  plan: RebuildPlan,
): string | undefined {
  if (source.hasDamagedWal) return "its write-ahead log is damaged";
  // SQLite would take it for a new database, and remove the write-ahead log.
  if (Deno.statSync(path).size === 0) return "it is empty";
  try {
    using opened = openToRead(path);
    const { database } = opened;
    const [row] = database.prepare("PRAGMA integrity_check(1)").all();
    const [said] = Object.values(row);
    if (said !== "ok") return String(said).split("\n").pop()!;
    if (found.damagedBlocks > 0) return "blocks of messages have wrong checksums";
    const rows = database.prepare("SELECT id, low, high FROM log").all();
    const known = new Map(rows.map(({ id, low, high }) => [id as number, { low, high }]));
    const statements = { statement: (sql: string) => database.prepare(sql) };
    for (const partition of plan.partitions) {
      const { log, topic, end } = partition;
      const name = `partition ${partition.partition} of ${topic}`;
      const row = known.get(log);
      if (row === undefined) return `${name} is missing`;
      if (row.high !== end) {
        return `${name} ends at offset ${row.high}, but there are offsets up to ${end - 1}`;
      }
      if (!isOnRecord(partition, lostOffsets(statements, log))) {
        return `messages of ${name} are missing`;
      }
    }
  } catch (error) {
    return messageOf(error);
  }
}

/** Opens a database, which makes files beside it; closing removes them, unless they were there. */
function openToRead(path: string): Disposable & { database: DatabaseSync } {
  const made = ["-wal", "-shm"].map((suffix) => path + suffix)
    .filter((beside) => ownEntry(beside) === undefined);
  const database = new DatabaseSync(path, { readOnly: true });
  return {
    database,
    [Symbol.dispose]() {
      database.close();
      for (const beside of made) {
        if (ownEntry(beside) !== undefined) Deno.removeSync(beside);
      }
    },
  };
}

/** Whether all lost offsets are known as lost; of some of the recorded ones retention has removed the place. */
function isOnRecord(
  { lost }: PartitionRebuild,
  recorded: ReadonlyArray<{ first: number; end: number }>,
): boolean {
  return lost.every(({ first, end }) =>
    recorded.some((known) => known.first <= first && end <= known.end)
  );
}
