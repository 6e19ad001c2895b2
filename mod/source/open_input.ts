import { abortable } from "../wait/abortable.ts";
import type { Input } from "./input.ts";
import type { InputFile } from "./input_file.ts";

/** Options of {@linkcode openInput}. */
export interface OpenInputOptions {
  signal?: AbortSignal;
  /** Called for bytes that were read of a file, before they are decompressed. */
  onRead?(bytes: number): void;
}

/**
 * Opens an input. That of a named pipe waits for a writer, so the signal ends the waiting.
 * @throws the signal's reason, as soon as it aborts
 */
export async function openInput(
  input: Input,
  { signal, onRead }: OpenInputOptions = {},
): Promise<InputFile> {
  const opening = input.open(onRead, signal);
  try {
    return await abortable(opening, signal);
  } catch (error) {
    // If it opens after all, nobody uses it.
    opening.then((file) => file.close(), () => {});
    throw error;
  }
}
