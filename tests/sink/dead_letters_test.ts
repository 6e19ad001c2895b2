import assert from "node:assert/strict";
import fc from "fast-check";
import { type DeadLetter, DeadLetters } from "../../mod/sink/dead_letters.ts";
import { PROPERTY } from "../property_seed.ts";

const bytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  // Around the size of the pieces in which a value becomes base64, and twice as much.
  fc.integer({ min: 49_149, max: 98_310 }).map((length) =>
    Uint8Array.from({ length }, (_, i) => i * 31 + (i >>> 8))
  ),
);

const header: fc.Arbitrary<[string, Uint8Array | null]> = fc.tuple(
  fc.string({ unit: "binary" }),
  fc.option(bytes, { nil: null }),
);

const letter: fc.Arbitrary<DeadLetter> = fc.record({
  offset: fc.nat(),
  timestampMs: fc.integer({ min: 1.7e12, max: 1.7e12 + 3 * 86_400_000 }),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(header, { maxLength: 3 }),
  reason: fc.string({ unit: "grapheme" }),
});

Deno.test("a dead letter holds all of its message, whatever its bytes: a line each, by the day", () => {
  fc.assert(
    fc.property(fc.array(letter, { minLength: 1, maxLength: 6 }), (letters) => {
      const deadLetters = new DeadLetters("quotes", 3);
      for (const letter of letters) deadLetters.add(letter);
      assert.equal(deadLetters.count, letters.length);
      const found = [...deadLetters.takeFiles()].flatMap(({ dt, bytes }) => {
        const lines = new TextDecoder().decode(bytes).split("\n");
        assert.equal(lines.pop(), "");
        return lines.map((line) => ({ dt, ...JSON.parse(line) }));
      });
      const base64 = (bytes: Uint8Array | null) => bytes && bytes.toBase64();
      const expected = letters.map(({ offset, timestampMs, key, value, headers, reason }) => {
        const timestamp = new Date(timestampMs).toISOString();
        return {
          dt: timestamp.slice(0, 10),
          topic: "quotes",
          partition: 3,
          offset,
          timestamp,
          reason,
          key: base64(key),
          value: base64(value),
          headers: headers.map(([name, value]) => [name, base64(value)]),
        };
      });
      const byDay = Map.groupBy(expected, ({ dt }) => dt);
      assert.deepEqual(found, [...byDay.values()].flat());
    }),
    { ...PROPERTY, numRuns: 60 },
  );
});
