/** Bytes as a buffer of their own, as hyparquet wants them: a view of a larger one is copied. */
export function wholeBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.byteLength === bytes.buffer.byteLength
    ? bytes.buffer as ArrayBuffer
    : bytes.slice().buffer as ArrayBuffer;
}
