import { Failure, messageOf } from "../failure/failure.ts";
import type { InputFile } from "./input_file.ts";
import { readSome } from "./read_some.ts";

/**
 * All that a pipe holds as a file that can be read at any place, at its beginning. It is a temporary
 * one that loses its name at once, so that nothing is left of it however the process ends.
 * @param name the pipe's, for messages
 * @throws {Failure} kind `failed`, when there is no room for it
 * @throws the signal's reason, as soon as it aborts
 */
export async function spool(
  pipe: InputFile,
  name: string,
  signal?: AbortSignal,
): Promise<InputFile> {
  const refuse = (cause: unknown) => {
    throw new Failure("failed", `${name}: no temporary file can hold it: ${messageOf(cause)}`, {
      cause,
      fix: "Set TMPDIR to a directory with room, or use --mode replay, which needs none.",
    });
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
    for (;;) {
      const count = await readSome(pipe, chunk, name, signal);
      if (count === null) break;
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
