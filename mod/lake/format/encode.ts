import { encodeJsonLines } from "./json_lines.ts";
import type { EncodedObject, EncodeJob } from "./encode_job.ts";
import { encodeParquet } from "./parquet/parquet.ts";

/** Writes a flush's rows as objects, one per group; the bytes are a function of the job alone. */
export function encode(job: EncodeJob): Generator<EncodedObject> {
  return job.kind === "columns" ? encodeParquet(job) : encodeJsonLines(job);
}
