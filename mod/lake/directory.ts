import { dirname, join } from "node:path";
import { Failure } from "../failure/failure.ts";
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

/** Age at which a file in {@linkcode WRITING} has no living writer. */
const ABANDONED_MS = 3_600_000;

/**
 * Opens a directory as a lake. It is created at the first write.
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

  /** A crash leaves the old file, or the new one, or neither of two; never a part of one. */
  async #replace(path: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const temporary = join(this.#root, WRITING, crypto.randomUUID());
    await this.#makeDirectory(dirname(temporary));
    if (!this.#swept) await this.#sweep();
    try {
      await writeSynced(temporary, bytes);
      signal?.throwIfAborted();
      await this.#makeDirectory(dirname(path));
      await Deno.rename(temporary, path);
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
      await Deno.mkdir(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound && parent !== path) {
        await this.#makeDirectory(parent);
        await Deno.mkdir(path, { recursive: true });
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
    for await (const { name } of Deno.readDir(folder)) {
      const path = join(folder, name);
      try {
        const { mtime } = await Deno.stat(path);
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
      // A link may stand for another disk's folder.
      const info = await Deno.stat(path).catch(ignoreNotFound);
      if (info === undefined) continue;
      if (info.isDirectory) {
        const below = name + "/";
        if (below.startsWith(prefix) || prefix.startsWith(below)) {
          yield* this.#walk(below, prefix, signal);
        }
      } else if (name.startsWith(prefix)) {
        yield { name, size: info.size };
      }
    }
  }

  async remove(name: string): Promise<void> {
    checkObjectName(name);
    const path = join(this.#root, name);
    try {
      await Deno.remove(path).catch(ignoreNotFound);
    } catch (error) {
      throw fileFailure(error, "remove", path);
    }
  }

  async check(): Promise<void> {
    const path = join(this.#root, CHECK);
    try {
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
