import { requireFilesForThread } from "../failure/open_files.ts";

/** What the thread answers: `true` when a writer has the pipe, `false` when it could not be opened. */
export type PipeAnswer = boolean;

/**
 * Opens a file for reading. A named pipe waits for its writer until the signal aborts, in a thread: the runtime
 * opens files on the thread that runs the program (Deno 2.6), where no signal would be handled meanwhile.
 * @throws errors of the file system; {@linkcode Failure}, when too few files can be opened for that thread; the signal's reason, as soon as it aborts
 */
export async function openFile(path: string, signal?: AbortSignal): Promise<Deno.FsFile> {
  signal?.throwIfAborted();
  const { isFifo } = await Deno.stat(path);
  return isFifo === true ? await openPipe(path, signal) : await Deno.open(path);
}

async function openPipe(path: string, signal: AbortSignal | undefined): Promise<Deno.FsFile> {
  requireFilesForThread();
  const worker = new Worker(new URL("./pipe_worker.ts", import.meta.url), { type: "module" });
  const answer = Promise.withResolvers<PipeAnswer>();
  worker.onmessage = ({ data }: MessageEvent<PipeAnswer>) => answer.resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    answer.resolve(false);
  };
  const abort = () => {
    answer.reject(signal!.reason);
    release(path);
  };
  signal?.addEventListener("abort", abort);
  try {
    worker.postMessage(path);
    await answer.promise;
    // The thread holds the pipe with both ends, so that this does not wait.
    return await Deno.open(path);
  } finally {
    signal?.removeEventListener("abort", abort);
    worker.terminate();
  }
}

/** Gives the thread a writer for a moment: it would wait on for as long as the process lives. */
function release(path: string): void {
  try {
    Deno.openSync(path, { read: true, write: true }).close();
  } catch {
    // Without permission to write it waits until the process ends.
  }
}
