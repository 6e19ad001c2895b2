import assert from "node:assert/strict";
import fc from "fast-check";
import { snappyCompress } from "hyparquet-writer/src/snappy.js";
import { snappyUncompress } from "hysnappy";
import { compressSnappy } from "../../../mod/lake/format/parquet/snappy.ts";
import { PROPERTY } from "../../property_seed.ts";

function assertComesBack(bytes: Uint8Array): void {
  const compressed = compressSnappy(bytes).slice();
  assert.ok(compressed.length <= 32 + bytes.length + bytes.length / 6);
  const read = snappyUncompress(compressed, bytes.length);
  assert.ok(read.length === bytes.length && read.every((byte, i) => byte === bytes[i]));
  // Another's compressor with the same search: the same bytes.
  const others = snappyCompress(bytes);
  assert.deepEqual(compressed, others.slice());
}

Deno.test("any bytes come back, and as short as another's compressor makes them", () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    // Runs of all lengths around those at which a copy is cut.
    fc.tuple(fc.nat(255), fc.nat(300)).map(([byte, count]) => new Uint8Array(count).fill(byte)),
    fc.tuple(fc.uint8Array({ minLength: 4, maxLength: 9 }), fc.nat(40))
      .map(([some, times]) =>
        Uint8Array.from({ length: some.length * times }, (_, i) => some[i % some.length])
      ),
  );
  const bytes = fc.array(piece, { maxLength: 30 })
    .map((pieces) => Uint8Array.from(pieces.flatMap((piece) => [...piece])));
  fc.assert(fc.property(bytes, assertComesBack), PROPERTY);
});

Deno.test("copies reach back 64 KiB and no further; literals may be long", () => {
  const noise = (count: number) => {
    const bytes = new Uint8Array(count);
    let state = 1;
    for (let i = 0; i < count; i++) {
      state = Math.imul(state, 1_664_525) + 1_013_904_223;
      bytes[i] = state >>> 24;
    }
    return bytes;
  };
  const mark = Uint8Array.from({ length: 40 }, (_, i) => 200 - i);
  for (const between of [2000, 2048, 65_494, 65_495, 65_496, 65_535, 65_536, 70_000]) {
    assertComesBack(Uint8Array.of(...mark, ...noise(between), ...mark, ...noise(20)));
  }
  for (const count of [14, 15, 16, 59, 60, 61, 255, 256, 257, 65_536, 65_537, 300_000]) {
    assertComesBack(noise(count));
    assertComesBack(new Uint8Array(count));
  }
});

Deno.test("pages of prices, days and offsets come back", () => {
  const count = 32_768;
  assertComesBack(
    new Uint8Array(
      Float64Array.from({ length: count }, (_, i) => Math.round(i * 77.7) / 100).buffer,
    ),
  );
  assertComesBack(new Uint8Array(Int32Array.from({ length: count }, (_, i) => i >> 3).buffer));
  assertComesBack(
    new Uint8Array(BigInt64Array.from({ length: count }, (_, i) => BigInt(i + 9e5)).buffer),
  );
});
