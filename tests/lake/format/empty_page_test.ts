import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { DECOMPRESSORS } from "../../../mod/lake/format/parquet/decompress_page.ts";

Deno.test("a page without a byte, of a column without any value, is read; one with more is refused", () => {
  for (const [codec, compress] of [["ZSTD", zstdCompressSync], ["GZIP", gzipSync]] as const) {
    const decompress = DECOMPRESSORS[codec]!;
    assert.equal(decompress(compress(new Uint8Array()), 0).length, 0);
    assert.deepEqual([...decompress(compress(Uint8Array.of(1, 2)), 2)], [1, 2]);
    assert.throws(() => decompress(compress(new Uint8Array(100)), 10));
  }
});
