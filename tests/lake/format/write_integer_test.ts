import assert from "node:assert/strict";
import fc from "fast-check";
import { MOST_INTEGER_BYTES, writeInteger } from "../../../mod/lake/format/write_integer.ts";
import { PROPERTY } from "../../property_seed.ts";

Deno.test("a whole number is written as String writes it", () => {
  const bytes = new Uint8Array(2 + MOST_INTEGER_BYTES);
  const written = (number: number) =>
    new TextDecoder().decode(bytes.subarray(2, writeInteger(bytes, 2, number)));
  for (let power = 1; power <= 1e15; power *= 10) {
    for (const number of [power - 1, power, power + 1, -power, 2 * power]) {
      assert.equal(written(number), String(number));
    }
  }
  for (const number of [-0, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53)]) {
    assert.equal(written(number), String(number));
  }
  fc.assert(
    fc.property(fc.maxSafeInteger(), (number) => assert.equal(written(number), String(number))),
    PROPERTY,
  );
});
