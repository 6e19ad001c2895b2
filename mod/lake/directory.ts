import { dirname, join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { Failure } from "../failure/failure.ts";
import { checkOwnEntry, ownEntry } from "../files/own_entry.ts";
import { DIRECTORY_MODE } from "../files/private_file.ts";
import { AbsentObject } from "./absent_object.ts";
import { folderName, FolderSpelling } from "./folder_spelling.ts";
import { fileFailure } from "./file_failure.ts";
import { checkObjectName } from "./object_name.ts";
import { readRange, syncDirectory, writeSynced } from "./synced_file.ts";
import type { LakeObject, LakeStore, StoreOptions } from "./store.ts";

/**
 * Folder of the files that are being written. It is in the lake's root, so that a rename brings them
 * into place and what a crash leaves behind is found without a walk.
 */
const WRITING = ".writing";

/** File that {@linkcode LakeStore.check} writes and removes. */
const CHECK = ".check";

/** What we name the files in {@linkcode WRITING}: a UUID. Others there are not ours to remove. */
const WRITTEN = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

const logger = getLogger(["ticklake", "lake"]);

/** Age at which a file in {@linkcode WRITING} has no living writer. */
const ABANDONED_MS = 3_600_000;

/** Options of {@linkcode openDirectoryLake}. */
export interface DirectoryLakeOptions {
  /** Whether `AA` and `aa` are one name there. @default {the file system is asked} */
  foldsCase?: boolean;
}

/**
 * Opens a directory as a lake. It is created at the first write. Links are not followed, neither its own
 * nor those in it: a folder that someone else has made may have links that lead anywhere.
 * @param path the directory
 */
export function openDirectoryLake(path: string, options: DirectoryLakeOptions = {}): LakeStore {
  return new DirectoryLake(path, options);
}

class DirectoryLake implements LakeStore {
  readonly description: string;
  readonly #root: string;
  /** Directories that are there and synced, as far as we know. */
  readonly #made = new Set<string>();
  /** Entries that are neither files nor directories, and were logged. */
  readonly #skipped = new Set<string>();
  readonly #spelling: FolderSpelling;
  #foldsCase: boolean | undefined;
  /** Whether a list has found escaped letters: the lake comes from a file system that folds case. */
  #hasEscapes = false;
  #swept = false;

  constructor(path: string, { foldsCase }: DirectoryLakeOptions) {
    this.description = `the directory ${path}`;
    this.#root = path;
    this.#spelling = new FolderSpelling(path);
    this.#foldsCase = foldsCase;
  }

  /**
   * Where the object of a name is.
   * @throws {Failure} kind `failed`, when a folder on the way is a link
   */
  async #pathOf(name: string): Promise<string> {
    const path = this.#isSpelled() ? await this.#spelling.pathOf(name) : name;
    this.#checkFolders(path);
    return join(this.#root, path);
  }

  /** As {@linkcode DirectoryLake.#pathOf}, where it is to be written: what tells the case is there then. */
  async #pathToWrite(name: string): Promise<string> {
    const writing = join(this.#root, WRITING);
    this.#checkFolders(`${WRITING}/`);
    await this.#makeDirectory(writing);
    return await this.#pathOf(name);
  }

  /** Whether folders may have another spelling: where names that differ in their case alone are one. */
  #isSpelled(): boolean {
    if (this.#foldsCase === undefined && ownEntry(join(this.#root, WRITING)) !== undefined) {
      this.#foldsCase = ownEntry(join(this.#root, WRITING.toUpperCase())) !== undefined;
    }
    // Where nothing was ever written there is nothing to be distinguished yet.
    return this.#hasEscapes || (this.#foldsCase ?? false);
  }

  async put(name: string, bytes: Uint8Array, { signal }: StoreOptions = {}): Promise<void> {
    checkObjectName(name);
    signal?.throwIfAborted();
    let path = join(this.#root, name);
    try {
      path = await this.#pathToWrite(name);
      await this.#replace(path, bytes, signal).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        // Someone has removed a directory that we knew: make it again.
        return this.#replace(path, bytes, signal);
      });
    } catch (error) {
      if (signal?.aborted && error === signal.reason) throw error;
      throw fileFailure(error, "write", path);
    }
  }

  /**
   * @param below path below the root
   * @throws {Failure} kind `failed`, when a folder that it leads through is a link
   */
  #checkFolders(below: string): void {
    let path = this.#root;
    for (const folder of [".", ...below.split("/").slice(0, -1)]) {
      path = join(path, folder);
      const found = ownEntry(path);
      // A file there makes the operation itself fail.
      if (found === undefined || found.kind === "file") return;
      checkOwnEntry(path, "directory");
    }
  }

  async create(
    name: string,
    bytes: Uint8Array,
    { signal }: StoreOptions = {},
  ): Promise<boolean> {
    checkObjectName(name);
    signal?.throwIfAborted();
    let path = join(this.#root, name);
    try {
      path = await this.#pathToWrite(name);
      // A link, unlike a rename, replaces nothing; its own name goes with the next sweep or at once.
      await this.#replace(path, bytes, signal, async (temporary) => {
        await Deno.link(temporary, path);
        await Deno.remove(temporary).catch(ignoreNotFound);
      });
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return false;
      if (signal?.aborted && error === signal.reason) throw error;
      throw fileFailure(error, "write", path);
    }
  }

  /** A crash leaves the old file, or the new one, or neither of two; never a part of one. */
  async #replace(
    path: string,
    bytes: Uint8Array,
    signal?: AbortSignal,
    place = (temporary: string) => Deno.rename(temporary, path),
  ): Promise<void> {
    const temporary = join(this.#root, WRITING, crypto.randomUUID());
    await this.#makeDirectory(dirname(temporary));
    if (!this.#swept) await this.#sweep();
    try {
      await writeSynced(temporary, bytes);
      signal?.throwIfAborted();
      await this.#makeDirectory(dirname(path));
      await place(temporary);
    } catch (error) {
      this.#made.clear();
      this.#spelling.forget();
      await Deno.remove(temporary).catch(() => {});
      throw error;
    }
    await syncDirectory(dirname(path));
  }

  /** Makes a directory and those above it, durably. */
  async #makeDirectory(path: string): Promise<void> {
    if (this.#made.has(path)) return;
    const parent = dirname(path);
    try {
      await Deno.mkdir(path, { mode: DIRECTORY_MODE });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound && parent !== path) {
        await this.#makeDirectory(parent);
        await Deno.mkdir(path, { recursive: true, mode: DIRECTORY_MODE });
      } else if (!(error instanceof Deno.errors.AlreadyExists && await isDirectory(path))) {
        throw error;
      }
    }
    await syncDirectory(parent);
    this.#made.add(path);
  }

  /** Removes what crashed writers have left. */
  async #sweep(): Promise<void> {
    const folder = join(this.#root, WRITING);
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile || !WRITTEN.test(name)) continue;
      const path = join(folder, name);
      try {
        const { mtime } = await Deno.lstat(path);
        if (mtime !== null && Date.now() - mtime.getTime() > ABANDONED_MS) await Deno.remove(path);
      } catch (error) {
        // Another process was quicker.
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    this.#swept = true;
  }

  async get(
    name: string,
    { signal, range }: StoreOptions & { range?: { start: number; end: number } } = {},
  ): Promise<Uint8Array> {
    checkObjectName(name);
    signal?.throwIfAborted();
    let path = join(this.#root, name);
    try {
      path = await this.#pathOf(name);
      checkOwnEntry(path, "file");
      if (range === undefined) return await Deno.readFile(path, { signal });
      return await readRange(path, range.start, range.end);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof Deno.errors.NotFound) {
        throw new AbsentObject(path, { cause: error });
      }
      throw fileFailure(error, "read", path);
    }
  }

  async *list(prefix: string, { signal }: StoreOptions = {}): AsyncIterable<LakeObject> {
    checkObjectName(prefix, { prefix: true });
    try {
      const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
      yield* this.#walk(folder, dirname(await this.#pathOf(folder + "-")), prefix, signal);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof Failure) throw error;
      throw fileFailure(error, "list", join(this.#root, prefix));
    }
  }

  /**
   * @param folder name below the root, empty or with a `/` at its end
   * @param directory where it is
   */
  async *#walk(
    folder: string,
    directory: string,
    prefix: string,
    signal?: AbortSignal,
  ): AsyncGenerator<LakeObject> {
    signal?.throwIfAborted();
    for (const entry of await entriesOf(directory)) {
      if (folder === "" && (entry.name === WRITING || entry.name === CHECK)) continue;
      const path = join(directory, entry.name);
      const found = ownEntry(path);
      if (found === undefined) continue;
      if (found.kind === "directory") {
        const own = folderName(entry.name);
        this.#hasEscapes ||= own !== entry.name;
        const below = folder + own + "/";
        if (below.startsWith(prefix) || prefix.startsWith(below)) {
          yield* this.#walk(below, path, prefix, signal);
        }
        continue;
      }
      const name = folder + entry.name;
      if (!name.startsWith(prefix)) continue;
      if (found.kind === "file") yield { name, size: found.size, version: found.version };
      else this.#skip(path, found.kind);
    }
  }

  #skip(path: string, kind: string): void {
    if (this.#skipped.has(path)) return;
    this.#skipped.add(path);
    const what = kind === "link" ? "a link" : "a device or pipe";
    logger.warn("{path} is {what}, which is not read: put a file or directory in its place", {
      path,
      what,
    });
  }

  async remove(name: string, { signal }: StoreOptions = {}): Promise<void> {
    checkObjectName(name);
    signal?.throwIfAborted();
    let path = join(this.#root, name);
    try {
      path = await this.#pathOf(name);
      await Deno.remove(path).catch(ignoreNotFound);
    } catch (error) {
      throw fileFailure(error, "remove", path);
    }
  }

  async check({ signal }: StoreOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const path = join(this.#root, CHECK);
    try {
      await this.#pathToWrite(CHECK);
      await this.#replace(path, new Uint8Array(0));
      await Deno.remove(path).catch(ignoreNotFound);
    } catch (error) {
      throw fileFailure(error, "write in", this.#root);
    }
  }

  close(): void {}
}

async function entriesOf(path: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(path));
  } catch (error) {
    // Not there, or a file where the prefix has a folder: then nothing has that prefix.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return [];
    }
    throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return (await Deno.stat(path)).isDirectory;
}

function ignoreNotFound(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
