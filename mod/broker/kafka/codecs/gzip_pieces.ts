import { gunzipSync } from "node:zlib";
import { Gunzip } from "fflate";

/** Compressed bytes per step, which can become a thousand times as many. */
const STEP_BYTES = 1024;

/**
 * The content of consecutive gzip members: one piece if it is not longer than `mostBytes`,
 * otherwise pieces of up to a MiB. Data after the last member is ignored, as in Java.
 * @throws {Error} if the data before it is not gzip, or damaged
 */
export function* gzipPieces(bytes: Uint8Array, mostBytes: number): Generator<Uint8Array> {
  const whole = decompressWhole(bytes, mostBytes);
  if (whole !== null) yield whole;
  else yield* decompressSteps(bytes);
}

/** `null` if that is not possible: the content is too long, or other data follows. */
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
    // What was decompressed before is valid, whatever follows.
    yield* pieces;
    pieces = [];
    if (error !== undefined) throw error;
  }
}
