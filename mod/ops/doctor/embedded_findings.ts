import { statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { formatValue } from "../../config/value.ts";
import { Failure, messageOf } from "../../failure/failure.ts";
import { checkOwnEntry } from "../../files/own_entry.ts";
import { checkDatabaseFiles } from "../../files/private_file.ts";
import { failed, failedBy, type Finding, ok, warning } from "./finding.ts";

/** Bytes of free space below which a warning is due. */
const LITTLE_SPACE = 2 ** 30;

/** Bytes of free space below which nothing can be written reliably. */
const NO_SPACE = 64 * 2 ** 20;

/** Checks the directory of the embedded parts. @param home may not exist yet */
export function* directoryFindings(home: string): Generator<Finding> {
  const directory = nearestDirectory(resolve(home));
  try {
    const probe = Deno.makeTempFileSync({ dir: directory, prefix: ".ticklake-doctor-" });
    Deno.removeSync(probe);
  } catch (error) {
    yield failed(
      "directory",
      `${directory} cannot be written: ${messageOf(error)}`,
      "Give this user write permission (chown), or name another directory with --home (TICKLAKE_HOME).",
    );
    return;
  }
  const there = directory === resolve(home);
  yield ok("directory", `${home} can be ${there ? "written" : "created"}`);
  const { bavail, bsize } = statfsSync(directory);
  yield spaceFinding(home, bavail * bsize);
}

/** Checks that a lake in a directory, and the folder of its table, are directories if they exist. */
export function lakeFinding(home: string, table: string | undefined): Finding {
  const lake = `${home}/lake`;
  try {
    for (const path of table === undefined ? [lake] : [lake, `${lake}/${table}`]) {
      checkOwnEntry(path, "directory");
    }
  } catch (error) {
    return failedBy("lake", error);
  }
  return ok("lake", `the directory ${lake}, as AWS_S3_BUCKET is not set`);
}

/** Judges free space. @param bytes that this user may still write there */
export function spaceFinding(home: string, bytes: number): Finding {
  const mebibytes = Math.floor(bytes / 2 ** 20) * 2 ** 20;
  const detail = bytes < LITTLE_SPACE
    ? `${formatValue("size", mebibytes)} free at ${home}`
    : `${Math.floor(bytes / 2 ** 30)}GiB free at ${home}`;
  const fix = "Free space, or name a directory on another disk with --home (TICKLAKE_HOME).";
  if (bytes < NO_SPACE) return failed("free space", detail, fix);
  return bytes < LITTLE_SPACE ? warning("free space", detail, fix) : ok("free space", detail);
}

/**
 * Checks an SQLite file of the embedded parts without changing it.
 * @param ifDamaged the fix for a damaged one
 */
export function databaseFinding(check: string, path: string, ifDamaged: string): Finding {
  try {
    Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return ok(check, `${path} is created when it is needed`);
    }
    return failed(
      check,
      `${path} cannot be read: ${messageOf(error)}`,
      "Give this user read permission.",
    );
  }
  try {
    checkDatabaseFiles(path);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return failed(check, error.message, error.fix ?? ifDamaged);
  }
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    const [row, ...more] = database.prepare("PRAGMA quick_check(5)").all();
    const [found] = Object.values(row);
    if (found === "ok") return ok(check, `${path} is sound`);
    const count = more.length === 0 ? "" : ` (and ${more.length} more)`;
    return failed(
      check,
      `${path} is damaged: ${String(found).split("\n").pop()}${count}`,
      ifDamaged,
    );
  } catch (error) {
    return failed(check, `${path} is damaged: ${messageOf(error)}`, ifDamaged);
  } finally {
    database?.close();
  }
}

function nearestDirectory(path: string): string {
  try {
    if (Deno.statSync(path).isDirectory) return path;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return nearestDirectory(dirname(path));
  }
  return path;
}
