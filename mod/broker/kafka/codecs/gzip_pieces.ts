import { gunzipSync } from "node:zlib";
import { Gunzip } from "fflate";

/** Bytes that are decompressed at once, which become up to a thousand times as many. */
const STEP_BYTES = 1024;

/**
 * The content of gzip members that follow each other: one piece where it is not longer than
 * `mostBytes`, else pieces of up to a MiB. What follows the last member is ignored, as Java does.
 * @throws {Error} what is before it is no gzip, or damaged
 */
export function* gzipPieces(bytes: Uint8Array, mostBytes: number): Generator<Uint8Array> {
  const whole = decompressWhole(bytes, mostBytes);
  if (whole !== null) yield whole;
  else yield* decompressSteps(bytes);
}

/** `null` where that does not go: it is too long, or something follows that is no gzip. */
function decompressWhole(bytes: Uint8Array, maxOutputLength: number): Uint8Array | null {
  try {
    const { buffer, byteOffset, byteLength } = gunzipSync(bytes, { maxOutputLength });
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch {
    return null;
  }
}

function* decompressSteps(bytes: Uint8Array): Generator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  const decoder = new Gunzip((piece) => pieces.push(piece));
  for (let at = 0; at < bytes.length; at += STEP_BYTES) {
    let error: unknown;
    try {
      decoder.push(bytes.subarray(at, at + STEP_BYTES), at + STEP_BYTES >= bytes.length);
    } catch (thrown) {
      error = thrown;
    }
    // What was decompressed before counts, whatever follows.
    yield* pieces;
    pieces = [];
    if (error !== undefined) throw error;
  }
}
