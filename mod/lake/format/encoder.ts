import { requireFilesForThread } from "../../failure/open_files.ts";
import { buffersOf, type EncodedObject, type EncodeJob } from "./encode_job.ts";
import type { EncodeRequest, EncodeResponse } from "./encode_worker.ts";

/** Encodes flushes in a thread of its own, in the order in which they are submitted. */
export interface Encoder {
  /** All objects of a job. The job's arrays are transferred, and empty afterwards. */
  encode(job: EncodeJob): Promise<EncodedObject[]>;
  /** Ends the thread; unfinished jobs are rejected. */
  close(): void;
}

interface Pending {
  objects: EncodedObject[];
  resolve(objects: EncodedObject[]): void;
  reject(error: Error): void;
}

/**
 * An encoder whose thread starts with its first job: starting it blocks the caller for about 30 ms,
 * and a consumer that finds nothing to read needs none.
 */
export function startEncoder(): Encoder {
  let worker: Worker | undefined;
  const pending = new Map<number, Pending>();
  let nextId = 0;
  let ended: Error | undefined;
  const end = (error: Error) => {
    ended = error;
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  };
  const start = () => {
    requireFilesForThread();
    const started = new Worker(new URL("./encode_worker.ts", import.meta.url), { type: "module" });
    started.onmessage = ({ data }: MessageEvent<EncodeResponse>) => {
      const waiting = pending.get(data.id);
      if (waiting === undefined) return;
      if (data.kind === "object") {
        waiting.objects.push(data.object);
        return;
      }
      pending.delete(data.id);
      if (data.kind === "done") waiting.resolve(waiting.objects);
      else waiting.reject(new Error(`encoding failed: ${data.message}`));
    };
    started.onerror = (event) => {
      event.preventDefault();
      end(new Error(`the encoder's thread failed: ${event.message}`));
    };
    return started;
  };
  return {
    encode(job) {
      // No one would answer.
      if (ended !== undefined) return Promise.reject(ended);
      try {
        worker ??= start();
      } catch (error) {
        return Promise.reject(error);
      }
      const id = nextId++;
      const { promise, resolve, reject } = Promise.withResolvers<EncodedObject[]>();
      pending.set(id, { objects: [], resolve, reject });
      const request: EncodeRequest = { id, job };
      worker.postMessage(request, buffersOf(job));
      return promise;
    },
    close() {
      worker?.terminate();
      end(new Error("the encoder was closed"));
    },
  };
}
