import { Failure, messageOf } from "../failure/failure.ts";
import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { InputFile } from "./input_file.ts";
import { readSome } from "./read_some.ts";

/** Bytes of disk that stay free for other users of the temporary directory. */
const LEFT_FREE = 512 * 2 ** 20;

/** Bytes between two checks of the free space. */
const LOOK_BYTES = 16 * 2 ** 20;

/**
 * The content of a pipe as a seekable file, positioned at its beginning. The file is temporary and is
 * unlinked at once, so that nothing remains of it however the process ends.
 * @param name the pipe's, for messages
 * @throws {Failure} kind `failed`, when there is no room for it: a pipe may have no end, so that the disk
 *   would be full
 * @throws the signal's reason, as soon as it aborts
 */
export async function spool(
  pipe: InputFile,
  name: string,
  signal?: AbortSignal,
): Promise<InputFile> {
  const refuse = (cause: unknown) => {
    throw new Failure(
      "failed",
      `${name}: it does not fit into a temporary file: ${messageOf(cause)}`,
      {
        cause,
        fix: "Set TMPDIR to a directory with room, or use --mode replay, which needs none.",
      },
    );
  };
  const path = await Deno.makeTempFile({ prefix: "ticklake-" }).catch(refuse);
  const file = await Deno.open(path, { read: true, write: true });
  const isNamed = await Deno.remove(path).then(() => false, () => true);
  const close = () => {
    file.close();
    // Only Windows keeps the name of an open file.
    if (isNamed) Deno.removeSync(path);
  };
  try {
    const chunk = new Uint8Array(256 * 1024);
    for (let until = 0, written = 0;;) {
      if (written >= until) {
        if (freeBytes(dirname(path)) < LEFT_FREE) {
          refuse(`the disk of ${dirname(path)} is nearly full`);
        }
        until = written + LOOK_BYTES;
      }
      const count = await readSome(pipe, chunk, name, signal);
      if (count === null) break;
      written += count;
      for (let at = 0; at < count;) {
        at += await file.write(chunk.subarray(at, count)).catch(refuse);
      }
    }
    await file.seek(0, Deno.SeekMode.Start);
  } catch (error) {
    close();
    throw error;
  }
  return {
    read: (into) => file.read(into),
    readSync: (into) => file.readSync(into),
    seekSync: (offset, whence) => file.seekSync(offset, whence),
    close,
  };
}

function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}
