/// <reference lib="deno.worker" />
/** The encoder's thread: takes jobs, and answers with one message per object and one at the end. */
import { encode } from "./encode.ts";
import { buffersOf, type EncodedObject, type EncodeJob } from "./encode_job.ts";

/** Messages to the thread. */
export interface EncodeRequest {
  id: number;
  job: EncodeJob;
}

/** Messages from the thread. */
export type EncodeResponse =
  | { id: number; kind: "object"; object: EncodedObject }
  | { id: number; kind: "done" }
  | { id: number; kind: "error"; message: string };

self.onmessage = ({ data: { id, job } }: MessageEvent<EncodeRequest>) => {
  const answer = (response: EncodeResponse, transfer: Transferable[] = []) =>
    self.postMessage(response, { transfer });
  try {
    for (const object of encode(job)) {
      answer({ id, kind: "object", object }, [object.bytes.buffer]);
    }
    answer({ id, kind: "done" });
  } catch (error) {
    answer({ id, kind: "error", message: String(error instanceof Error ? error.stack : error) });
  } finally {
    // Released at once: the garbage collector would let several jobs of many MiB accumulate.
    for (const buffer of buffersOf(job)) if (!buffer.detached) buffer.transfer(0);
  }
};
