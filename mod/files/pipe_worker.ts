/// <reference lib="deno.worker" />
/** Waits for the writer of a named pipe, and holds the pipe open until the thread is ended. */
import type { PipeAnswer } from "./open_file.ts";

const held: Deno.FsFile[] = [];

self.onmessage = ({ data: path }: MessageEvent<string>) => {
  let answer: PipeAnswer = false;
  try {
    held.push(Deno.openSync(path));
    answer = true;
    // The writer may be gone before the program has opened the pipe, which would then wait for another.
    held.push(Deno.openSync(path, { write: true }));
  } catch {
    // Whoever opens the pipe next gets the error; a pipe that may only be read is held by its writer.
  }
  self.postMessage(answer);
};
