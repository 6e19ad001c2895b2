import { abortable } from "../wait/abortable.ts";
import { openFile } from "./open_file.ts";

/** Largest file of settings, schema, statement or secret, in bytes: a device has no end. */
const MOST_BYTES = 16 * 2 ** 20;

/**
 * The text of a file that the user names: a file, a link to one, or a pipe such as `<(command)`.
 * @throws {RangeError} when it is larger than 16 MiB; errors of the file system
 * @throws the signal's reason, as soon as it aborts; otherwise it waits for a pipe without a writer
 */
export async function readText(path: string, signal?: AbortSignal): Promise<string> {
  return await abortable(read(path, signal), signal);
}

async function read(path: string, signal: AbortSignal | undefined): Promise<string> {
  using file = await openFile(path, signal);
  const text = new BoundedText(path);
  for (;;) {
    const count = await file.read(text.space);
    if (count === null) return text.end();
    text.add(count);
  }
}

/** Like {@linkcode readText}, for callers that cannot wait. */
export function readTextSync(path: string): string {
  using file = Deno.openSync(path);
  const text = new BoundedText(path);
  for (;;) {
    const count = file.readSync(text.space);
    if (count === null) return text.end();
    text.add(count);
  }
}

class BoundedText {
  readonly space = new Uint8Array(64 * 1024);
  readonly #path: string;
  readonly #decoder = new TextDecoder();
  #text = "";
  #bytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  add(count: number): void {
    this.#bytes += count;
    if (this.#bytes > MOST_BYTES) {
      throw new RangeError(`${this.#path} has more than ${MOST_BYTES / 2 ** 20} MiB`);
    }
    this.#text += this.#decoder.decode(this.space.subarray(0, count), { stream: true });
  }

  end(): string {
    return this.#text + this.#decoder.decode();
  }
}
