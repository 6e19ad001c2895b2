import assert from "node:assert/strict";
import fc from "fast-check";
import { parseDate } from "../../mod/schema/parse_date.ts";
import { scanDay, scanNumber } from "../../mod/schema/scan_value.ts";
import { PROPERTY } from "../property_seed.ts";

const encoder = new TextEncoder();

/** What a text's beginning is read as: the number and where it ends. */
function scanned(text: string): { value: number; end: number } {
  const into = new Float64Array(1);
  const end = scanNumber(encoder.encode(text), 0, into, 0);
  return { value: into[0], end };
}

Deno.test("a number is read to the last bit as the engine reads it", () => {
  const number = fc.oneof(
    fc.stringMatching(/^-?(0|[1-9]\d{0,19})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.tuple(fc.integer({ min: 0, max: 10 ** 15 }), fc.nat(15))
      .map(([digits, decimals]) => (digits / 10 ** decimals).toFixed(decimals)),
    // 16 to 20 digits, the point anywhere; halfway between two doubles where there are few decimals.
    fc.tuple(fc.bigInt({ min: 10n ** 15n, max: 10n ** 20n }), fc.integer({ min: 1, max: 19 }))
      .map(([digits, decimals]) => {
        const text = String(digits).padStart(decimals + 1, "0");
        return `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
      }),
    fc.tuple(fc.bigInt({ min: 2n ** 52n, max: 2n ** 57n }), fc.constantFrom("5", "50", "51", "25"))
      .map(([digits, decimals]) => `${digits}.${decimals}`),
    fc.tuple(fc.integer({ min: 2 ** 49, max: 10 ** 15 - 1 }), fc.nat(255))
      .map(([whole, part]) => (whole + "." + (part / 256).toFixed(8).slice(2)).slice(0, 20)),
    fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }).map(String),
  );
  fc.assert(
    fc.property(number, fc.constantFrom("", ",", "}", " ", "\n"), (text, behind) => {
      const { value, end } = scanned(text + behind);
      assert.equal(end, text.length);
      assert.ok(Object.is(value, JSON.parse(text)), `${text}: ${value}`);
    }),
    { ...PROPERTY, numRuns: PROPERTY.numRuns * 20 },
  );
});

Deno.test("what is no JSON number is not read as one", () => {
  for (const text of ["", "-", "+1", ".5", "01", "-01", "1.", "1.e5", "1e", "1e+", "x", "NaN"]) {
    assert.equal(scanned(text).end, 0, text);
  }
});

Deno.test("a day is read as the careful way reads it", () => {
  const digits = (length: number) =>
    fc.integer({ min: 0, max: 10 ** length - 1 }).map((n) => String(n).padStart(length, "0"));
  const day = fc.oneof(
    fc.tuple(digits(4), digits(2), digits(2)).map((parts) => parts.join("-")),
    fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10)),
    fc.stringMatching(/^[\d-]{10}$/),
    fc.constantFrom("0000-01-01", "1900-02-29", "2000-02-29", "2021-1-011", "٢٠٢١٠١"),
  );
  fc.assert(
    fc.property(day, (text) => {
      const careful = parseDate(text);
      const fast = scanDay(encoder.encode(text), 0);
      if (typeof careful === "number") assert.equal(fast, careful);
      else assert.ok(Number.isNaN(fast), text);
    }),
    { ...PROPERTY, numRuns: PROPERTY.numRuns * 10 },
  );
});
