import assert from "node:assert/strict";
import fc from "fast-check";
import { checkMessage } from "../../mod/schema/check_message.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import type { RowSchema } from "../../mod/schema/schema.ts";
import { PROPERTY } from "../property_seed.ts";

const quotes = await loadSchema();
const bytes = (text: string) => new TextEncoder().encode(text);
const GOOD = {
  Index: "HSI",
  Date: "1987-01-02",
  Open: 2540.100098,
  High: 2540.5,
  Low: 2540,
  Close: 2540.100098,
  "Adj Close": 2540.100098,
  Volume: 0,
  CloseUSD: 330.21301274,
};
const check = (value: unknown) => checkMessage(quotes, bytes(JSON.stringify(value)));
const ANY: RowSchema = {
  table: "any",
  key: "k",
  columns: [
    { wire: "k", name: "k", type: "string", required: true, maxLength: 4 },
    { wire: "at", name: "at", type: "timestamp", required: false },
    { wire: "constructor", name: "constructor", type: "double", required: false },
    { wire: "__proto__", name: "proto", type: "long", required: false, max: 10 },
    { wire: "day", name: "day", type: "date", required: false },
  ],
  notBelow: [],
};

Deno.test("a message of the original notebooks becomes typed values in the schema's order", () => {
  const python =
    '{"Index": "HSI", "Date": "1986-12-31", "Open": 2568.300049, "High": 2568.300049, "Low": 2568.300049, "Close": 2568.300049, "Adj Close": 2568.300049, "Volume": 1495365300.0, "CloseUSD": 333.87900637}';
  assert.deepEqual(checkMessage(quotes, bytes(python)), [
    "HSI",
    6208,
    2568.300049,
    2568.300049,
    2568.300049,
    2568.300049,
    2568.300049,
    1495365300,
    333.87900637,
  ]);
});

Deno.test("each broken message has its reason", () => {
  const cases: Array<[unknown, string]> = [
    [{ ...GOOD, Open: "abc" }, 'Open: expected a number, found "abc"'],
    [{ ...GOOD, Open: "3.5" }, 'Open: expected a number, found "3.5"'],
    [{ ...GOOD, Open: true }, "Open: expected a number, found true"],
    [{ ...GOOD, Open: [1] }, "Open: expected a number, found an array"],
    [{ ...GOOD, Open: { a: 1 } }, "Open: expected a number, found an object"],
    [{ ...GOOD, Open: null }, "Open is missing"],
    [{ ...GOOD, Index: "" }, "Index is missing"],
    [{ ...GOOD, Index: 5 }, "Index: expected text, found 5"],
    [{ ...GOOD, Open: -1 }, "Open -1 is below 0"],
    [{ ...GOOD, High: 3, Low: 5 }, "High 3 is below Low 5"],
    [{ ...GOOD, Volume: 0.5 }, "Volume: expected a whole number, found 0.5"],
    [{ ...GOOD, Volume: 2 ** 63 }, "Volume: number out of range, found 9223372036854776000"],
    [{ ...GOOD, Volume: 1e300 }, "Volume: number out of range, found 1e+300"],
    [{ ...GOOD, Date: "2021-02-30" }, 'Date: no such day "2021-02-30"'],
    [{ ...GOOD, Date: "0000-01-01" }, 'Date: no such day "0000-01-01"'],
    [{ ...GOOD, Date: "31.12.2020" }, 'Date: expected YYYY-MM-DD, found "31.12.2020"'],
    [
      { ...GOOD, Date: "2021-01-04 09:30:00" },
      'Date: expected YYYY-MM-DD, found "2021-01-04 09:30:00"',
    ],
    [{ ...GOOD, Date: 20210104 }, "Date: expected YYYY-MM-DD, found 20210104"],
    [
      { Index: "HSI", High: 2, Low: 1 },
      "Date is missing; Open is missing; Close is missing; and 1 more",
    ],
    [[GOOD], "expected a JSON object, found an array"],
    ["HSI", 'expected a JSON object, found "HSI"'],
    [null, "expected a JSON object, found null"],
  ];
  for (const [value, reason] of cases) assert.equal(check(value), reason);
});

Deno.test("bytes that are no JSON object have a reason and throw nothing", () => {
  const text = JSON.stringify(GOOD);
  assert.equal(checkMessage(quotes, null), "no value (a tombstone)");
  assert.equal(checkMessage(quotes, new Uint8Array()), "empty value");
  assert.equal(checkMessage(quotes, Uint8Array.of(0x7b, 0xff, 0x7d)), "not UTF-8");
  // A surrogate written as if it were a character: CESU-8, not UTF-8.
  assert.equal(checkMessage(quotes, Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)), "not UTF-8");
  assert.match(
    checkMessage(quotes, bytes(text.slice(0, -5))) as string,
    /^not JSON: "\{\\"Index\\"/,
  );
  assert.match(checkMessage(quotes, bytes(text.replace("2540.5", "NaN"))) as string, /^not JSON/);
  assert.equal(
    checkMessage(quotes, bytes(text.replace("2540.5", "1e400"))),
    "High: number out of range",
  );
  const deep = "[".repeat(5_000_000);
  assert.match(checkMessage(quotes, bytes(deep)) as string, /^not JSON/);
  assert.equal(
    typeof checkMessage(quotes, bytes(`{"Index":${"[".repeat(100_000)}${"]".repeat(100_000)}}`)),
    "string",
  );
});

Deno.test("a ten-mebibyte text is rejected with a short reason", () => {
  const reason = check({ ...GOOD, Index: "x".repeat(10 * 2 ** 20) }) as string;
  assert.match(reason, /^Index is longer than 64 bytes: "xxx/);
  assert.ok(reason.length < 120);
});

Deno.test("half of a surrogate pair is rejected, a whole pair is not", () => {
  const text = (index: string) => JSON.stringify(GOOD).replace('"HSI"', index);
  assert.equal(
    checkMessage(quotes, bytes(text('"\\ud83d"'))),
    'Index: half of a surrogate pair in "\\ud83d"',
  );
  assert.equal(checkMessage(quotes, bytes(text('"\\ud83d\\ude00"')))[0], "😀");
});

Deno.test("a reason carries no character that would disturb a terminal or UTF-8", () => {
  const reason = check({ ...GOOD, Open: "\u001b[2J\u009b1m\u202e\n\ud800" }) as string;
  assert.equal(reason, 'Open: expected a number, found "\\u001b[2J\\u009b1m\\u202e\\n\\ud800"');
});

Deno.test("of a name that comes twice the last value counts, and other names are ignored", () => {
  const twice = JSON.stringify(GOOD).replace("{", '{"Index":"N225","x":{"Open":1},');
  assert.equal((checkMessage(quotes, bytes(twice)) as unknown[])[0], "HSI");
});

Deno.test("only the message's own names count, whatever they are called", () => {
  assert.deepEqual(checkMessage(ANY, bytes('{"k":"a"}')), ["a", null, null, null, null]);
  assert.deepEqual(
    checkMessage(ANY, bytes('{"k":"a","__proto__":7,"constructor":1.5}')),
    ["a", null, 1.5, 7, null],
  );
  assert.equal(
    checkMessage(ANY, bytes('{"__proto__":{"k":"a"}}')),
    "k is missing; __proto__: expected a number, found an object",
  );
});

Deno.test("the length of a text is counted in UTF-8", () => {
  assert.equal((checkMessage(ANY, bytes('{"k":"éé"}')) as unknown[])[0], "éé");
  assert.equal(checkMessage(ANY, bytes('{"k":"ééé"}')), 'k is longer than 4 bytes: "ééé"');
});

Deno.test("a date may be followed by midnight, as pandas and yfinance write it", () => {
  for (
    const text of [
      "2021-05-31",
      "2021-05-31 00:00:00",
      "2021-05-31T00:00:00.000Z",
      "2021-05-31T00:00:00.000000000",
      "2021-05-31 00:00:00-05:00",
    ]
  ) {
    assert.equal(
      (checkMessage(ANY, bytes(JSON.stringify({ k: "a", day: text }))) as unknown[])[4],
      18778,
    );
  }
});

Deno.test("a timestamp is UTC unless it says otherwise, to the millisecond", () => {
  const at = (text: unknown) => {
    const row = checkMessage(ANY, bytes(JSON.stringify({ k: "a", at: text })));
    return typeof row === "string" ? row : row[1];
  };
  assert.equal(at("2021-05-31 13:45:10.123456"), Date.UTC(2021, 4, 31, 13, 45, 10, 123));
  assert.equal(at("2021-05-31T13:45Z"), Date.UTC(2021, 4, 31, 13, 45));
  assert.equal(at("2021-05-31T13:45:10+05:30"), Date.UTC(2021, 4, 31, 8, 15, 10));
  assert.equal(at("1969-12-31 23:59:59.9"), -100);
  assert.equal(at("2021-05-31 24:00:00"), 'at: no such time "2021-05-31 24:00:00"');
  assert.equal(at("2021-02-29 10:00:00"), 'at: no such day "2021-02-29 10:00:00"');
  assert.equal(at("2021-05-31"), 'at: expected YYYY-MM-DD HH:MM:SS, found "2021-05-31"');
  assert.equal(at(1622468710123), "at: expected YYYY-MM-DD HH:MM:SS, found 1622468710123");
});

Deno.test("every day of the years 1 to 9999 that exists is read, and no other", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9999 }),
      fc.integer({ min: 0, max: 13 }),
      fc.integer({ min: 0, max: 32 }),
      (year, month, day) => {
        const pad = (n: number, width: number) => String(n).padStart(width, "0");
        const text = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
        const date = new Date(0);
        date.setUTCFullYear(year, month - 1, day);
        const exists = date.toISOString().startsWith(text);
        const row = checkMessage(ANY, bytes(JSON.stringify({ k: "a", day: text })));
        if (exists) assert.equal((row as unknown[])[4], date.getTime() / 86_400_000);
        else assert.equal(row, `day: no such day "${text}"`);
      },
    ),
    PROPERTY,
  );
});

Deno.test("whatever the bytes, a message is a row or has a reason", () => {
  const nearly = fc.record({
    Index: fc.oneof(fc.string({ unit: "binary" }), fc.constant("HSI")),
    Date: fc.oneof(fc.constant("2020-02-29"), fc.string()),
    Open: fc.oneof(fc.double(), fc.constant(5)),
    High: fc.oneof(fc.double({ min: 5 }), fc.jsonValue()),
    Low: fc.constant(1),
    Close: fc.constant(5),
    "Adj Close": fc.constant(5),
    Volume: fc.oneof(fc.integer(), fc.bigInt().map(Number)),
    CloseUSD: fc.constant(5),
  }, { requiredKeys: [] });
  const values = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map(bytes),
    nearly.map((value) => bytes(JSON.stringify(value))),
    fc.tuple(nearly, fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
      const changed = bytes(JSON.stringify(value));
      changed[at % changed.length] = byte;
      return changed;
    }),
  );
  fc.assert(
    fc.property(values, (value) => {
      const row = checkMessage(quotes, value);
      if (typeof row === "string") {
        assert.ok(row.length > 0 && row.length < 1000 && row.isWellFormed());
        return;
      }
      assert.equal(row.length, 9);
      const [index, date, ...numbers] = row;
      assert.ok(typeof index === "string" && index !== "" && index.isWellFormed());
      assert.ok(Number.isInteger(date));
      for (const number of numbers) {
        assert.ok(number === null || (Number.isFinite(number) && (number as number) >= 0));
      }
      assert.ok(Number.isSafeInteger(row[7]));
      assert.ok((row[3] as number) >= (row[4] as number));
    }),
    { ...PROPERTY, numRuns: PROPERTY.numRuns * 10 },
  );
});

Deno.test("a byte order mark before a message is no part of it", () => {
  assert.ok(Array.isArray(checkMessage(quotes, bytes(`\ufeff${JSON.stringify(GOOD)}`))));
  assert.equal(checkMessage(quotes, bytes("\ufeffx")), 'not JSON: "x"');
  assert.equal(checkMessage(quotes, bytes("\ufeff")), 'not JSON: ""');
});
