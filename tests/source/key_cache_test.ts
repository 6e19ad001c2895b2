import assert from "node:assert/strict";
import { KeyCache } from "../../mod/source/key_cache.ts";

Deno.test("a key is its bytes of now, also where they hash like those of before", () => {
  const cache = new KeyCache();
  const buffer = new Uint8Array(3);
  // "Aa" and "BB" have the same hash.
  for (const key of ["Aa", "BB", "Aa", "AaB", "Aa"]) {
    new TextEncoder().encodeInto(key, buffer);
    assert.equal(cache.text(buffer, 0, key.length), key);
  }
});

Deno.test("more keys than slots are read right", () => {
  const cache = new KeyCache();
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 5000; i++) {
      const key = new TextEncoder().encode(`KEY${i}`);
      assert.equal(cache.text(key, 0, key.length), `KEY${i}`);
    }
  }
});
