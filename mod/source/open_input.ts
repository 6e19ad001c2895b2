import { abortable } from "../wait/abortable.ts";
import type { Input } from "./input.ts";
import type { InputFile } from "./input_file.ts";

/**
 * Opens an input. That of a named pipe waits for a writer, so the signal ends the waiting.
 * @throws the signal's reason, as soon as it aborts
 */
export function openInput(input: Input, signal?: AbortSignal): Promise<InputFile> {
  return abortable(input.open(), signal);
}
