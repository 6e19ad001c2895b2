import { dirname } from "node:path";
import { Failure, messageOf } from "../../../failure/failure.ts";
import { checkOwnEntry } from "../../../files/own_entry.ts";
import { checkDatabaseFiles, DIRECTORY_MODE, FILE_MODE } from "../../../files/private_file.ts";
import { journalPath, lockPath, ownLog } from "../log_lock.ts";
import { PageFile } from "./page_file.ts";
import { planRebuild, type RebuildPlan, type TakenOffsets } from "./rebuild_plan.ts";
import { salvage } from "./salvage.ts";
import { whatIsWrong } from "./soundness.ts";
import { writeLog } from "./write_log.ts";

/** What SQLite keeps beside a database. */
const SUFFIXES = ["", "-wal", "-shm"] as const;

/** Name of a folder with damaged files. */
const FOLDER = /^log\.damaged-\d{8}T\d{9}Z$/;

/** Options of {@linkcode repairLog}. */
export interface RepairLogOptions {
  /** Offsets that tables have of the log. */
  taken: readonly TakenOffsets[];
  dryRun: boolean;
  /** Ends it early; nothing is changed, or the next repair completes it. */
  signal?: AbortSignal;
  onProgress?(done: number, all: number): void;
}

/** What a repair has found and done. */
export interface LogRepair {
  /** What was wrong; absent if nothing was. */
  damage?: string;
  plan: RebuildPlan;
  /** Folder with the damaged files; absent if nothing was changed. */
  kept?: string;
}

/**
 * Repairs an embedded log: writes all that can be read of it into a new file, which takes its place. The
 * damaged files are kept in a folder beside it. A repair that was interrupted is completed by the next one;
 * meanwhile nobody can open the log.
 * @throws {Failure} kind `usage`, while others have it open; kind `failed`, where there is none, or nothing of it
 * can be read; kind `service`, such as for a full disk
 */
export async function repairLog(path: string, options: RepairLogOptions): Promise<LogRepair> {
  const interrupted = interruptedRepair(path);
  if (!checkDatabaseFiles(path) && interrupted === undefined) {
    throw new Failure("failed", `${path}: there is no embedded log`, {
      fix: "Check --home (TICKLAKE_HOME).",
    });
  }
  const lock = ownLog(path);
  try {
    if (interrupted !== undefined && !options.dryRun) moveAway(path, interrupted);
    const [from, wal] = ["", "-wal"].map((suffix) => {
      const moved = `${interrupted}/log.sqlite${suffix}`;
      return interrupted !== undefined && checkOwnEntry(moved, "file") ? moved : path + suffix;
    });
    return await repairOwned(path, { from, wal, interrupted }, options);
  } finally {
    lock?.release();
  }
}

/** The folder to which a repair that was interrupted has begun to move the damaged files. */
function interruptedRepair(path: string): string | undefined {
  const journal = journalPath(path);
  if (!checkOwnEntry(journal, "file")) return undefined;
  const name = Deno.readTextFileSync(journal);
  if (FOLDER.test(name)) return `${dirname(path)}/${name}`;
  throw new Failure("failed", `${journal}: expected the record of a repair, found something else`, {
    fix: "Remove it.",
  });
}

async function repairOwned(
  path: string,
  { from, wal, interrupted }: { from: string; wal: string; interrupted?: string },
  options: RepairLogOptions,
): Promise<LogRepair> {
  const { taken, dryRun, signal, onProgress } = options;
  let source: PageFile;
  try {
    source = new PageFile(from, wal);
  } catch (cause) {
    throw new Failure("service", `${from}: it cannot be read: ${messageOf(cause)}`, {
      cause,
      fix: "Check the disk and this user's permissions, then repeat the command.",
    });
  }
  try {
    const found = salvage(source, signal);
    // Release 0.1.0 holds no lock that is known here, but a lease.
    if (found.leasedUntil > Date.now()) throw inUse(path);
    const plan = planRebuild(found, taken);
    const damage = interrupted === undefined
      ? whatIsWrong(from, source, found, plan)
      : "a repair of it was interrupted";
    if (damage === undefined) return { plan };
    if (dryRun) return { damage, plan };
    const rebuilt = `${path}.new`;
    remove(rebuilt);
    try {
      await writeLog(rebuilt, source, plan, { commits: found.commits, signal, onProgress });
      const kept = interrupted ?? beginReplacing(path);
      Deno.renameSync(rebuilt, path);
      Deno.removeSync(journalPath(path));
      return { damage, plan, kept };
    } finally {
      remove(rebuilt);
    }
  } finally {
    source.close();
  }
}

/** From here on the log is the new one: what is interrupted now is completed. */
function beginReplacing(path: string): string {
  const name = `log.damaged-${new Date().toISOString().replaceAll(/[-:.]/g, "")}`;
  const folder = `${dirname(path)}/${name}`;
  Deno.mkdirSync(folder, { mode: DIRECTORY_MODE });
  const file = Deno.openSync(journalPath(path), { write: true, createNew: true, mode: FILE_MODE });
  file.writeSync(new TextEncoder().encode(name));
  file.syncDataSync();
  file.close();
  moveAway(path, folder);
  return folder;
}

/** Moves the damaged files into their folder, as far as they are not there yet. */
function moveAway(path: string, folder: string): void {
  checkOwnEntry(folder, "directory");
  Deno.mkdirSync(folder, { recursive: true, mode: DIRECTORY_MODE });
  for (const suffix of SUFFIXES) {
    const to = `${folder}/log.sqlite${suffix}`;
    if (checkOwnEntry(path + suffix, "file") && !checkOwnEntry(to, "file")) {
      Deno.renameSync(path + suffix, to);
    }
  }
}

function remove(path: string): void {
  for (const suffix of [...SUFFIXES, "-journal"]) {
    if (checkOwnEntry(path + suffix, "file")) Deno.removeSync(path + suffix);
  }
  if (checkOwnEntry(lockPath(path), "file")) Deno.removeSync(lockPath(path));
}

function inUse(path: string): Failure {
  return new Failure("usage", `${path}: a consumer uses it, or was killed a moment ago`, {
    fix: "Stop all `ticklake` that use it, wait ten seconds, then repair it.",
  });
}
