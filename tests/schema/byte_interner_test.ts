import assert from "node:assert/strict";
import fc from "fast-check";
import { ByteInterner } from "../../mod/schema/byte_interner.ts";
import { PROPERTY } from "../property_seed.ts";

const encoder = new TextEncoder();

/** Interns a text that stands in the middle of others. */
function intern(interner: ByteInterner, text: string): number {
  const bytes = encoder.encode(`"${text}"`);
  return interner.intern(bytes, 1, bytes.length - 1);
}

Deno.test("equal texts have one number, others the next one", () => {
  const texts = fc.array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 6 }),
      fc.stringMatching(/^[ab]{0,4}$/),
      fc.constantFrom("", "\ufeff", "\ufeffa", "\u0000", "\u0000\u0000", "é", "e\u0301"),
      fc.nat(300).map((count) => "x".repeat(count)),
    ),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(texts, (texts) => {
      const interner = new ByteInterner();
      const numbers = new Map<string, number>();
      for (const text of texts) {
        if (!numbers.has(text)) numbers.set(text, numbers.size);
        assert.equal(intern(interner, text), numbers.get(text));
      }
      assert.equal(interner.size, numbers.size);
      for (const [text, number] of numbers) assert.equal(interner.text(number), text);
    }),
    PROPERTY,
  );
});

Deno.test("many thousands of texts are told apart while the table grows", () => {
  const interner = new ByteInterner();
  const count = 20_000;
  const text = (i: number) => `symbol ${i % 7} ${i}`;
  for (let i = 0; i < count; i++) assert.equal(intern(interner, text(i)), i);
  for (let i = 0; i < count; i++) assert.equal(intern(interner, text(i)), i);
  const { bytes, ends } = interner.values();
  assert.equal(ends.length, count);
  assert.equal(bytes.length, ends[count - 1]);
  const last = bytes.subarray(ends[count - 2], ends[count - 1]);
  assert.equal(new TextDecoder().decode(last), text(count - 1));
  assert.ok(interner.byteLength >= bytes.length + ends.byteLength);
});

Deno.test("a text that is larger than all room so far is taken whole", () => {
  const interner = new ByteInterner();
  const long = "é".repeat(100_000);
  assert.deepEqual(["a", long, "b", long].map((text) => intern(interner, text)), [0, 1, 2, 1]);
  assert.equal(interner.text(1), long);
});
