import { Failure } from "../failure/failure.ts";

/** What may be at a path below `--home`. */
export type EntryKind = "file" | "directory";

/**
 * Looks at a path below `--home`, without following it: a link may have come with a folder that
 * someone else has created, and point anywhere.
 * @returns whether there is something
 * @throws {Failure} kind `failed`, when it is a link, a device, a pipe, or of the other kind
 * @throws {Deno.errors.PermissionDenied} when its directory cannot be searched
 */
export function checkOwnEntry(path: string, kind: EntryKind): boolean {
  const info = lstat(path);
  if (info === undefined) return false;
  const found = kindOf(info);
  if (found === kind) return true;
  const expected = kind === "file" ? "a file" : "a directory";
  throw new Failure("failed", `${path}: expected ${expected}, found ${NAMES[found]}`, {
    fix: found === "link"
      ? "Links below --home are not followed. Replace it with its target, or use another --home, which may itself be a link."
      : "Move it away, or use another --home.",
  });
}

/** An entry of a directory. */
export interface OwnEntry {
  kind: EntryKind | "link" | "other";
  /** Size in bytes. */
  size: number;
  /** Changes when the file is replaced: its size, inode and times. */
  version: string;
}

/** What an entry of a directory is; a link is not followed. `undefined` when it is not there. */
export function ownEntry(path: string): OwnEntry | undefined {
  const info = lstat(path);
  if (info === undefined) return undefined;
  const { size, ino, mtime, ctime } = info;
  const version = [size, ino ?? 0, mtime?.getTime() ?? 0, ctime?.getTime() ?? 0].join("-");
  return { kind: kindOf(info), size, version };
}

const NAMES = {
  file: "a file",
  directory: "a directory",
  link: "a link",
  other: "a device or pipe",
};

function kindOf(info: Deno.FileInfo): keyof typeof NAMES {
  if (info.isSymlink) return "link";
  if (info.isDirectory) return "directory";
  return info.isFile ? "file" : "other";
}

function lstat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    // A parent is a file: creating the directory reports that.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw error;
  }
}
