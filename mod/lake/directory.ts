import { dirname, join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { Failure } from "../failure/failure.ts";
import { checkOwnEntry, ownEntry } from "../files/own_entry.ts";
import { DIRECTORY_MODE } from "../files/private_file.ts";
import { fileFailure } from "./file_failure.ts";
import { checkObjectName } from "./object_name.ts";
import { readRange, syncDirectory, writeSynced } from "./synced_file.ts";
import type { LakeObject, LakeStore, StoreOptions } from "./store.ts";

/**
 * Folder of the files that are being written. It lies in the lake's root, so that a rename brings them
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

/**
 * Opens a directory as a lake. It is created at the first write. Links are not followed, neither its own
 * nor those in it: a folder that someone else has made may have links that lead anywhere.
 * @param path the directory
 */
export function openDirectoryLake(path: string): LakeStore {
  return new DirectoryLake(path);
}

class DirectoryLake implements LakeStore {
  readonly description: string;
  readonly #root: string;
  /** Directories that are there and synced, as far as we know. */
  readonly #made = new Set<string>();
  /** Entries that are neither files nor directories, once each is told of. */
  readonly #skipped = new Set<string>();
  #swept = false;

  constructor(path: string) {
    this.description = `the directory ${path}`;
    this.#root = path;
  }

  async put(name: string, bytes: Uint8Array, { signal }: StoreOptions = {}): Promise<void> {
    checkObjectName(name);
    signal?.throwIfAborted();
    const path = join(this.#root, name);
    try {
      this.#checkFolders(name);
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

  /** @throws {Failure} kind `failed`, when a folder that the name leads through is a link */
  #checkFolders(name: string): void {
    let path = this.#root;
    for (const folder of [".", ...name.split("/").slice(0, -1)]) {
      path = join(path, folder);
      const found = ownEntry(path);
      // A file there is what the operation itself stumbles over.
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
    const path = join(this.#root, name);
    try {
      this.#checkFolders(name);
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
    checkOwnEntry(dirname(temporary), "directory");
    await this.#makeDirectory(dirname(temporary));
    if (!this.#swept) await this.#sweep();
    try {
      await writeSynced(temporary, bytes);
      signal?.throwIfAborted();
      await this.#makeDirectory(dirname(path));
      await place(temporary);
    } catch (error) {
      this.#made.clear();
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
    const path = join(this.#root, name);
    try {
      this.#checkFolders(name);
      checkOwnEntry(path, "file");
      if (range === undefined) return await Deno.readFile(path, { signal });
      return await readRange(path, range.start, range.end);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof Deno.errors.NotFound) {
        throw new Failure("failed", `${path}: no such object`, { cause: error });
      }
      throw fileFailure(error, "read", path);
    }
  }

  async *list(prefix: string, { signal }: StoreOptions = {}): AsyncIterable<LakeObject> {
    checkObjectName(prefix, { prefix: true });
    try {
      this.#checkFolders(prefix);
      yield* this.#walk(prefix.slice(0, prefix.lastIndexOf("/") + 1), prefix, signal);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof Failure) throw error;
      throw fileFailure(error, "list", join(this.#root, prefix));
    }
  }

  /** @param folder name below the root, empty or with a `/` at its end */
  async *#walk(folder: string, prefix: string, signal?: AbortSignal): AsyncGenerator<LakeObject> {
    signal?.throwIfAborted();
    for (const entry of await entriesOf(join(this.#root, folder))) {
      const name = folder + entry.name;
      if (name === WRITING || name === CHECK) continue;
      const path = join(this.#root, name);
      const found = ownEntry(path);
      if (found === undefined) continue;
      if (found.kind === "directory") {
        const below = name + "/";
        if (below.startsWith(prefix) || prefix.startsWith(below)) {
          yield* this.#walk(below, prefix, signal);
        }
      } else if (name.startsWith(prefix)) {
        if (found.kind === "file") yield { name, size: found.size, version: found.version };
        else this.#skip(path, found.kind);
      }
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
    const path = join(this.#root, name);
    try {
      this.#checkFolders(name);
      await Deno.remove(path).catch(ignoreNotFound);
    } catch (error) {
      throw fileFailure(error, "remove", path);
    }
  }

  async check({ signal }: StoreOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const path = join(this.#root, CHECK);
    try {
      this.#checkFolders(CHECK);
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
