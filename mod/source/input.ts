import { glob } from "node:fs/promises";
import { openFile } from "../files/open_file.ts";
import { Failure, messageOf } from "../failure/failure.ts";
import type { InputFile } from "./input_file.ts";
import { decompressed, decompressedPipe, peekCodec } from "./decompress.ts";

/** Where rows come from. */
export interface Input {
  /** For messages about its lines: the file's path, or `stdin`. */
  readonly name: string;
  /** For people: `quotes.csv`, `standard input`, `the shipped quotes`. */
  readonly description: string;
  /** Whether it can be opened again. */
  readonly isFile: boolean;
  /** Whether it can be read at any place, once it is open. */
  readonly isSeekable: boolean;
  /** Bytes of the file, as it is on the disk; absent for a pipe. */
  readonly bytes?: number;
  /**
   * Opens it at its beginning.
   * @param onRead called with the number of bytes read from the file, before decompression
   * @param signal ends the waiting for the writer of a named pipe; it then throws the signal's reason
   */
  open(onRead?: (bytes: number) => void, signal?: AbortSignal): Promise<InputFile>;
}

const SHIPPED = new URL("../../data/indexProcessed.csv", import.meta.url);

/**
 * Finds what `--input` names: a file (or a pipe by its path), `-` for standard input, `undefined` for
 * the shipped quotes.
 * @throws {Failure} kind `usage`, when there is no such file
 */
export async function findInput(path: string | undefined): Promise<Input> {
  if (path === undefined) {
    return {
      name: "indexProcessed.csv",
      description: "the shipped quotes",
      isFile: true,
      isSeekable: true,
      bytes: (await Deno.stat(SHIPPED)).size,
      open: async (onRead) => counted(await Deno.open(SHIPPED), onRead),
    };
  }
  // Deno cannot open a device by its path, but people use this one.
  if (path === "-" || path === "/dev/stdin") {
    const description = "standard input";
    return {
      name: "stdin",
      description,
      isFile: false,
      isSeekable: false,
      open: async () => await decompressedPipe(standardInput(), "stdin"),
    };
  }
  const open = () => Deno.open(path).catch((error) => unreadable(path, messageOf(error), error));
  const info = await Deno.stat(path).catch((error) => unreadable(path, messageOf(error), error));
  if (info.isDirectory) unreadable(path, "it is a directory");
  if (!info.isFile) {
    const pipe = async (_?: unknown, signal?: AbortSignal) => {
      const file = await openFile(path, signal).catch((error) => {
        if (signal?.aborted) throw error;
        return unreadable(path, messageOf(error), error);
      });
      return await decompressedPipe(file, path);
    };
    return { name: path, description: path, isFile: false, isSeekable: false, open: pipe };
  }
  // Opened once now, so that a file without permission is found before anything else is done.
  const file = await open();
  const codec = peekedCodec(file, path);
  return {
    name: path,
    description: path,
    isFile: true,
    isSeekable: codec === undefined,
    bytes: info.size,
    async open(onRead) {
      const file = counted(await open(), onRead);
      return codec === undefined ? file : decompressed(file, codec);
    },
  };
}

function peekedCodec(file: Deno.FsFile, path: string) {
  try {
    return peekCodec(file, path);
  } finally {
    file.close();
  }
}

/** A file that reports how many bytes were read. */
function counted(file: InputFile, onRead: ((bytes: number) => void) | undefined): InputFile {
  if (onRead === undefined) return file;
  const tell = (count: number | null) => {
    onRead(count ?? 0);
    return count;
  };
  return {
    read: async (into) => tell(await file.read(into)),
    readSync: (into) => tell(file.readSync(into)),
    seekSync: (offset, whence) => file.seekSync(offset, whence),
    close: () => file.close(),
  };
}

/** Characters that make a path a pattern. */
const PATTERN = /[*?[{]/;

/**
 * Finds what `--input` names, each a file, a pattern such as `prices/*.csv`, or `-`; none means the
 * shipped quotes. The files of a pattern are sorted by name.
 * @throws {Failure} kind `usage`, when there is no such file, or standard input is one of several
 */
export async function findInputs(paths: readonly string[]): Promise<Input[]> {
  if (paths.length === 0) return [await findInput(undefined)];
  const inputs: Input[] = [];
  for (const path of paths) {
    const isThere = !PATTERN.test(path) || await Deno.stat(path).then(() => true, () => false);
    if (isThere) inputs.push(await findInput(path));
    else for (const file of await filesOf(path)) inputs.push(await findInput(file));
  }
  if (inputs.length > 1 && inputs.some(({ isFile }) => !isFile)) {
    throw new Failure("usage", "--input: a pipe cannot be one of several inputs", {
      fix: "Name only files, or concatenate them into the pipe.",
    });
  }
  return inputs;
}

async function filesOf(pattern: string): Promise<string[]> {
  const files = (await Array.fromAsync(glob(pattern))).sort();
  if (files.length === 0) unreadable(pattern, "no file matches");
  return files;
}

function unreadable(path: string, why: string, cause?: unknown): never {
  throw new Failure("usage", `input ${path} cannot be read: ${why}`, {
    cause,
    fix:
      "Name a file of rows with --input, or - for standard input; without it the shipped quotes are sent.",
  });
}

function standardInput(): InputFile {
  if (Deno.stdin.isTerminal()) {
    throw new Failure(
      "usage",
      "--input -: standard input is a terminal, expected rows from a pipe",
      {
        fix: "Pipe a CSV file in: cat quotes.csv | ticklake produce --input -",
      },
    );
  }
  return {
    read: (into) => Deno.stdin.read(into),
    readSync: (into) => Deno.stdin.readSync(into),
    seekSync: () => {
      throw new TypeError("standard input has no places");
    },
    // Standard input belongs to the process and is never closed.
    close: () => {},
  };
}
