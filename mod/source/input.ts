import { Failure, messageOf } from "../failure/failure.ts";

/** An open file, as far as rows are read from it; a `Deno.FsFile` is one. */
export interface InputFile {
  /** Fills the array from its beginning, as far as there is something now; `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Like `read`, at the place that {@linkcode InputFile.seekSync} set. */
  readSync(into: Uint8Array): number | null;
  seekSync(offset: number, whence: Deno.SeekMode): number;
  close(): void;
}

/** Where rows come from. */
export interface Input {
  /** For messages about its lines: the file's path, or `stdin`. */
  readonly name: string;
  /** For people: `quotes.csv`, `standard input`, `the shipped quotes`. */
  readonly description: string;
  /** Whether it can be opened again, and read at any place. */
  readonly isFile: boolean;
  /** Opens it at its beginning. */
  open(): Promise<InputFile>;
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
      open: () => Deno.open(SHIPPED),
    };
  }
  // Deno opens no device by its path, and this one people do write.
  if (path === "-" || path === "/dev/stdin") {
    const description = "standard input";
    return {
      name: "stdin",
      description,
      isFile: false,
      open: () => Promise.resolve(standardInput()),
    };
  }
  const open = () => Deno.open(path).catch((error) => unreadable(path, messageOf(error), error));
  const info = await Deno.stat(path).catch((error) => unreadable(path, messageOf(error), error));
  if (info.isDirectory) unreadable(path, "it is a directory");
  if (!info.isFile) return { name: path, description: path, isFile: false, open };
  // Opened once now, so that a file without permission is found before anything else is done.
  (await open()).close();
  return { name: path, description: path, isFile: true, open };
}

function unreadable(path: string, why: string, cause?: unknown): never {
  throw new Failure("usage", `input ${path} cannot be read: ${why}`, {
    cause,
    fix:
      "Name a CSV file with --input, or - for standard input; without it the shipped quotes are sent.",
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
    // The process's own, never closed.
    close: () => {},
  };
}
