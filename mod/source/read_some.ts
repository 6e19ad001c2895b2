import { Failure, messageOf } from "../failure/failure.ts";
import { abortable } from "../wait/abortable.ts";
import type { InputFile } from "./input_file.ts";

/**
 * Reads what is there now, waiting until there is something.
 * @param name the file's, for messages
 * @returns how many bytes, `null` at the end
 * @throws {Failure} kind `failed`, when it cannot be read any more
 * @throws the signal's reason, as soon as it aborts
 */
export async function readSome(
  file: InputFile,
  into: Uint8Array,
  name: string,
  signal?: AbortSignal,
): Promise<number | null> {
  signal?.throwIfAborted();
  try {
    const read = file.read(into);
    return await (signal === undefined ? read : abortable(read, signal));
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw new Failure("failed", `${name}: reading failed: ${messageOf(cause)}`, { cause });
  }
}
