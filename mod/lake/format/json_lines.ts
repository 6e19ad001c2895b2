import { gzipSync } from "node:zlib";
import type { EncodedObject, LineJob } from "./encode_job.ts";
import { joinChunks, rowsByGroup } from "./encode_job.ts";

/** Level 1: a quarter larger than the default and four times as fast. */
const GZIP_LEVEL = 1;

/** Larger than the buffers that node:buffer allocates from a shared pool. */
const LEAST_CHUNK_BYTES = 65_536;

/** Compresses each group's lines into one gzip file; its header has no time and no name. */
export function* encodeJsonLines(job: LineJob): Generator<EncodedObject> {
  const size = job.rows === 0 ? 0 : job.ends[job.rows - 1];
  const bytes = joinChunks(job.chunks, new Uint8Array(size));
  if (job.groups === undefined) {
    yield { group: 0, rows: job.rows, bytes: gzipLast(bytes) };
    return;
  }
  const { order, ends } = rowsByGroup(job.groups, job.rows, job.groupCount);
  const start = (row: number) => row === 0 ? 0 : job.ends[row - 1];
  for (let group = 0; group < job.groupCount; group++) {
    const rows = order.subarray(group === 0 ? 0 : ends[group - 1], ends[group]);
    // A folder of a message that was rejected for another of its rows.
    if (rows.length === 0) continue;
    const size = rows.reduce((sum, row) => sum + job.ends[row] - start(row), 0);
    const lines = new Uint8Array(size);
    let used = 0;
    for (const row of rows) {
      lines.set(bytes.subarray(start(row), job.ends[row]), used);
      used += job.ends[row] - start(row);
    }
    yield { group, rows: rows.length, bytes: gzipLast(lines) };
  }
}

/** Compresses lines and releases their memory. */
function gzipLast(lines: Uint8Array): Uint8Array<ArrayBuffer> {
  const compressed = gzip(lines);
  (lines.buffer as ArrayBuffer).transfer(0);
  return compressed;
}

function gzip(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  // One buffer for the whole output: otherwise it comes in small ones and has to be concatenated.
  const chunkSize = Math.max(LEAST_CHUNK_BYTES, bytes.length >>> 1);
  const compressed = gzipSync(bytes, { level: GZIP_LEVEL, chunkSize });
  const file = new Uint8Array(compressed);
  // Not from the pool that small buffers share.
  const memory = compressed.buffer as ArrayBuffer;
  if (memory.byteLength >= chunkSize) memory.transfer(0);
  // The tenth byte names the operating system: set to the same value everywhere (RFC 1952, 2.3.1).
  file[9] = 255;
  return file;
}
