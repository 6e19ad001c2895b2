import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { lz4Pieces } from "../../../mod/broker/kafka/codecs/lz4_frames.ts";

/** A frame whose blocks may have 4 MiB, with one uncompressed block. */
function frame(content: Uint8Array): Uint8Array {
  const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE((content.length | 0x8000_0000) >>> 0);
  return Buffer.concat([head, length, content, Buffer.alloc(4)]);
}

Deno.test("a short LZ4 frame with blocks of up to 4 MiB takes no more memory than its content", () => {
  const content = new TextEncoder().encode("a short batch");
  for (let i = 0; i < 3; i++) {
    const [piece, ...rest] = lz4Pieces(frame(content), 2 ** 25);
    assert.deepEqual([piece, rest], [content, []]);
    assert.equal(piece.buffer.byteLength, content.length);
  }
});
