import assert from "node:assert/strict";
import fc from "fast-check";
import { checkMessage } from "../../mod/schema/check_message.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { encodeCsvRow, parseCsvRow } from "../../mod/schema/parse_csv_row.ts";
import { PROPERTY } from "../property_seed.ts";

const quotes = await loadSchema();
const fields = (changed: Record<number, string | undefined> = {}) =>
  ["HSI", "1987-01-02", "5", "6", "4", "5", "5", "0.0", "5"].map((field, i) =>
    i in changed ? changed[i] : field
  );

Deno.test("a row keeps the digits of its file in the message", () => {
  const row = fields({ 2: "5.50", 7: "1495365300.0", 8: "335.90698726000005" });
  assert.deepEqual(parseCsvRow(quotes, row)[7], 1495365300);
  assert.equal(
    encodeCsvRow(quotes, row),
    '{"Index":"HSI","Date":"1987-01-02","Open":5.50,"High":6,"Low":4,"Close":5,"Adj Close":5,"Volume":1495365300.0,"CloseUSD":335.90698726000005}',
  );
});

Deno.test("leading zeros, which JSON does not know, are left out of the message", () => {
  const row = fields({ 2: "005.5", 5: "00", 6: "-0.0" });
  assert.deepEqual((parseCsvRow(quotes, row) as number[]).slice(2, 3), [5.5]);
  assert.match(encodeCsvRow(quotes, row), /"Open":5\.5,.*"Close":0,"Adj Close":-0\.0,/);
});

Deno.test("a text that only looks like a number is rejected", () => {
  const texts = ["2913.", ".5", "+5", "nan", "NaN", "inf", "1,0", " 5", "5 ", "0x5", "1e", "--5"];
  for (const text of [...texts, "1_0", "٥", "5\u00a0"]) {
    assert.equal(
      parseCsvRow(quotes, fields({ 2: text })),
      `Open: expected a number, found ${JSON.stringify(text)}`,
    );
  }
  assert.equal(parseCsvRow(quotes, fields({ 2: "1e400" })), "Open: number out of range");
});

Deno.test("an empty field is no value", () => {
  assert.equal(parseCsvRow(quotes, fields({ 2: "", 0: "" })), "Index is missing; Open is missing");
  assert.equal(parseCsvRow(quotes, fields({ 2: undefined })), "Open is missing");
});

Deno.test("what a file's row is accepted with, its message is accepted with", () => {
  const number = fc.oneof(
    fc.double({ noNaN: true, min: 0 }).map(String),
    fc.stringMatching(/^-?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,3})?$/),
    fc.nat().map(String),
  );
  const row = fc.tuple(
    fc.string({ unit: "binary", maxLength: 30 }),
    fc.constantFrom("2020-02-29", "1999-12-31 00:00:00", "2020-02-30"),
    number,
    number,
    fc.oneof(number, fc.constant("0")),
    number,
    number,
    fc.oneof(number, fc.nat().map((n) => `${n}.0`)),
    number,
  );
  let accepted = 0;
  fc.assert(
    fc.property(row, (row) => {
      const parsed = parseCsvRow(quotes, row);
      if (typeof parsed === "string") return;
      accepted++;
      const message = new TextEncoder().encode(encodeCsvRow(quotes, row));
      assert.deepEqual(checkMessage(quotes, message), parsed);
    }),
    { ...PROPERTY, numRuns: PROPERTY.numRuns * 10 },
  );
  assert.ok(accepted > PROPERTY.numRuns / 10, `only ${accepted} rows were accepted`);
});
