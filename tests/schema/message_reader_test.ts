import assert from "node:assert/strict";
import fc from "fast-check";
import { checkMessage } from "../../mod/schema/check_message.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { MessageReader } from "../../mod/schema/message_reader.ts";
import { readSchema } from "../../mod/schema/read_schema.ts";
import type { RowSchema } from "../../mod/schema/schema.ts";
import { encodeRecord } from "../../mod/source/encode_record.ts";
import { findHeader } from "../../mod/source/header.ts";
import { PROPERTY } from "../property_seed.ts";
import { python, serviceTest } from "../services/services.ts";

const quotes = await loadSchema();

/** Optional columns, a timestamp, bounds and a rule, and names that JavaScript has a meaning for. */
const other = readSchema({
  table: "other",
  key: "__proto__",
  columns: [
    { wire: "__proto__", name: "proto", type: "string", required: true, maxLength: 12 },
    { wire: "constructor", name: "constructor", type: "long", min: -5, max: 1e12 },
    { wire: "low", name: "low", type: "double" },
    { wire: "high", name: "high", type: "double", max: 1e6 },
    { wire: "day", name: "day", type: "date" },
    { wire: "at", name: "at", type: "timestamp" },
    { wire: "ü", name: "note", type: "string" },
  ],
  notBelow: [{ column: "high", than: "low" }],
}).schema!;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function reader(schema: RowSchema): MessageReader {
  return new MessageReader(schema, (value) => checkMessage(schema, value));
}

/** The row that a reader holds, in the form of {@linkcode checkMessage}. */
function held(reader: MessageReader): Array<string | number | bigint | null> {
  return reader.schema.columns.map(({ type }, c) => {
    if (reader.absent[c] === 1) return null;
    return type === "string"
      ? decoder.decode(reader.bytes.subarray(reader.starts[c], reader.ends[c]))
      : reader.hasWide && reader.wide[c] !== undefined
      ? reader.wide[c]
      : reader.numbers[c];
  });
}

function assertAgrees(reader: MessageReader, bytes: Uint8Array): void {
  const checked = checkMessage(reader.schema, bytes);
  const reason = reader.read(bytes);
  assert.deepEqual(reason ?? held(reader), checked, decoder.decode(bytes));
  // Where it lies within others nothing else comes out: they, or a part of it, are not the message.
  for (const [before, after] of SURROUNDINGS) {
    const all = encoder.encode(before + "?".repeat(bytes.length) + after);
    all.set(bytes, before.length);
    const end = before.length + bytes.length;
    if (reader.readSpan(all, before.length, end)) assert.deepEqual(held(reader), checked);
  }
  const cut = bytes.subarray(0, -1);
  if (reader.readSpan(bytes, 0, cut.length)) {
    assert.deepEqual(held(reader), checkMessage(reader.schema, cut));
  }
}

/** What stands before and after a message, in ASCII. */
const SURROUNDINGS = [
  ['{"Index":"', '"}'],
  ["", "}"],
  ["1", '" ,"low":1}'],
  [" ", "0 "],
];

const QUOTE = {
  Index: "NYA",
  Date: "2024-01-02",
  Open: 16_000.5,
  High: 16_100.25,
  Low: 15_900,
  Close: 16_050.123047,
  "Adj Close": 16_050.123047,
  Volume: 0,
  CloseUSD: 16_050.123047,
};

/** Texts of one JSON value: what producers write, and what they should not. */
const numberText = fc.oneof(
  fc.double().map((value) => JSON.stringify(value)),
  fc.maxSafeInteger().map(String),
  fc.constantFrom(
    ...[
      "0",
      "-0",
      "0.0",
      "-0.0",
      "1e5",
      "1E+5",
      "1.5e-7",
      "1e400",
      "-1e400",
      "1e-400",
      "01",
      "1.",
      ".5",
    ],
    ...["+1", "-", "9007199254740993", "123456789012345678", "0.1234567890123456789", "1e", "NaN"],
    ...["Infinity", "12.0", "1495365300.0", "5.000000000000001"],
  ),
);
const stringText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }).map((text) => JSON.stringify(text)),
  fc.string({ maxLength: 70 }).map((text) => JSON.stringify(text)),
  fc.constantFrom('"\\u004e"', '"\\ud800"', '"a\\/b"', '""', '"\t"', '"ü"', '"\\"'),
);
const dateText = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => JSON.stringify(date.toISOString().slice(0, 10))),
  fc.date({ noInvalidDate: true }).map((date) => JSON.stringify(date.toISOString())),
  fc.constantFrom('"2024-02-30"', '"0000-01-01"', '"2024-1-2"', '"2023-02-29"', '"99999-01-01"'),
);
const anyText = fc.oneof(
  numberText,
  stringText,
  dateText,
  fc.json({ maxDepth: 2 }),
  fc.constantFrom("null", "true", "{}", "[]", "{", "undefined"),
);

/** A message of a schema: its columns mostly in order, each with a text that mostly fits. */
function messageOf(schema: RowSchema): fc.Arbitrary<Uint8Array> {
  const members = schema.columns.map(({ wire, type }) => {
    const fitting = type === "string"
      ? stringText
      : type === "date" || type === "timestamp"
      ? dateText
      : numberText;
    return fc.tuple(
      fc.oneof({ weight: 30, arbitrary: fc.constant(wire) }, fc.string({ maxLength: 5 })),
      fc.oneof({ weight: 12, arbitrary: fitting }, anyText),
    );
  });
  return fc.record({
    members: fc.tuple(...members),
    shuffled: fc.option(fc.infiniteStream(fc.nat()), { freq: 5 }),
    left: fc.option(fc.nat(schema.columns.length), { freq: 5, nil: -1 }),
    twice: fc.option(fc.nat(schema.columns.length), { freq: 5, nil: -1 }),
    colon: fc.constantFrom(":", ": ", " :"),
    comma: fc.constantFrom(",", ", ", ",\n"),
    around: fc.constantFrom("", " ", "\ufeff"),
  }).map(({ members, shuffled, left, twice, colon, comma, around }) => {
    const all = members.filter((_, i) => i !== left);
    if (members[twice] !== undefined) all.push(members[twice]);
    if (shuffled !== null) all.sort(() => shuffled.next().value! % 3 - 1);
    const body = all.map(([name, value]) => JSON.stringify(name) + colon + value).join(comma);
    return encoder.encode(`${around}{${body}}${around}`);
  });
}

for (const [name, schema] of [["quotes", quotes], ["a schema of every kind", other]] as const) {
  Deno.test(`reading directly and checking with all care agree on any message: ${name}`, () => {
    const own = reader(schema);
    fc.assert(
      fc.property(messageOf(schema), (bytes) => assertAgrees(own, bytes)),
      { ...PROPERTY, numRuns: 20 * PROPERTY.numRuns },
    );
  });
}

Deno.test("they agree on good messages with bytes flipped, cut and put in", () => {
  const own = reader(quotes);
  const good = encoder.encode(JSON.stringify(QUOTE));
  const place = fc.nat(good.length - 1);
  const change = fc.oneof(
    fc.tuple(place, fc.nat(255)).map(([at, byte]) => good.with(at, byte)),
    place.map((at) => good.slice(0, at)),
    place.map((at) => good.slice(at)),
    fc.tuple(place, fc.uint8Array({ maxLength: 4 })).map(([at, bytes]) =>
      new Uint8Array([...good.slice(0, at), ...bytes, ...good.slice(at)])
    ),
  );
  fc.assert(
    fc.property(change, (bytes) => assertAgrees(own, bytes)),
    { ...PROPERTY, numRuns: 20 * PROPERTY.numRuns },
  );
});

/** A number that a quote may have, as producers spell it. */
const price = fc.oneof(
  fc.double({ min: 0, max: 1e6, noNaN: true }).map((value) => JSON.stringify(Math.abs(value))),
  fc.tuple(fc.nat(1e6), fc.nat(999_999)).map(([whole, part]) => `${whole}.${part}`),
  fc.nat().map((value) => `${value}.0`),
  fc.nat().map(String),
  fc.constantFrom("0", "-0", "-0.0", "1e5", "2.5E+3", "1e-7", "0.1234567890123456789"),
);
const plainText = fc.stringMatching(/^[ !#-[\]-~]{1,64}$/);
const goodDay = fc.date({
  min: new Date("0001-01-01"),
  max: new Date("9999-12-31"),
  noInvalidDate: true,
}).map((date) => `"${date.toISOString().slice(0, 10)}"`);

/** Names and texts of a quote's members; all is as it should be. */
const goodMembers = fc.tuple(
  plainText.map((text) => `"${text}"`),
  goodDay,
  ...Array.from({ length: 5 }, () => price),
  fc.oneof(
    fc.maxSafeInteger().map((value) => String(Math.abs(value))),
    fc.nat().map((value) => `${value}.0`),
    fc.constantFrom("9007199254740991", "9007199254740991.0", "1e15", "0"),
  ),
  price,
).map((texts) => {
  // The high is not below the low.
  if (Number(texts[3]) < Number(texts[4])) [texts[3], texts[4]] = [texts[4], texts[3]];
  return quotes.columns.map(({ wire }, c) => [JSON.stringify(wire), texts[c]]);
});

Deno.test("a quote in the form that producers write is read directly, whatever its values", () => {
  const own = reader(quotes);
  fc.assert(
    // In the form of `JSON.stringify`, and of Python's `json.dumps`.
    fc.property(
      goodMembers,
      fc.constantFrom([",", ":"], [", ", ": "]),
      (members, [comma, colon]) => {
        const bytes = encoder.encode(
          `{${members.map((member) => member.join(colon)).join(comma)}}`,
        );
        assertAgrees(own, bytes);
        assert.equal(own.verbatim, true, decoder.decode(bytes));
        // What goes into lines of JSON as it is.
        const spans = members.map((_, c) => bytes.subarray(own.starts[c], own.ends[c]));
        assert.deepEqual(
          spans.map((span) => decoder.decode(span)),
          members.map(([, text]) => text.replaceAll('"', "")),
        );
      },
    ),
    { ...PROPERTY, numRuns: 10 * PROPERTY.numRuns },
  );
});

Deno.test("they agree on quotes with one thing wrong or spelled otherwise", () => {
  const own = reader(quotes);
  const seen = { directly: 0, carefully: 0, rejected: 0 };
  const change = fc.oneof(
    fc.tuple(fc.nat(8), fc.oneof(numberText, stringText, dateText, anyText))
      .map(([c, text]) => (members: string[][]) => members.with(c, [members[c][0], text])),
    fc.tuple(fc.nat(8), stringText)
      .map(([c, name]) => (members: string[][]) => members.with(c, [name, members[c][1]])),
    fc.nat(8).map((c) => (members: string[][]) => members.toSpliced(c, 1)),
    fc.tuple(fc.nat(8), fc.nat(9))
      .map(([c, to]) => (members: string[][]) => members.toSpliced(to, 0, members[c])),
    fc.tuple(fc.nat(9), anyText, fc.constantFrom('"__proto__"', '"toString"', '"x"', '"Open"'))
      .map(([to, text, name]) => (members: string[][]) => members.toSpliced(to, 0, [name, text])),
    fc.tuple(fc.nat(8), fc.nat(8)).map(([a, b]) => (members: string[][]) =>
      members.with(a, members[b]).with(b, members[a])
    ),
    // High and low as they come.
    fc.tuple(price, price).map(([high, low]) => (members: string[][]) =>
      members.with(3, [members[3][0], high]).with(4, [members[4][0], low])
    ),
    // The same name, spelled with an escape.
    fc.constant((members: string[][]) => members.with(2, ['"\\u004fpen"', members[2][1]])),
  );
  const space = fc.constantFrom("", " ", "  ", "\n", "\t", "\u00a0");
  const spaces = fc.oneof(
    { weight: 3, arbitrary: fc.constant(["", "", "", ""]) },
    fc.tuple(space, space, space, space),
  );
  const changed = fc.tuple(goodMembers, change, spaces).map(
    ([members, change, [before, behind, inner, end]]) => {
      const texts = change(members).map((member) => member.join(`${behind}:${inner}`));
      return `{${before}${texts.join(`${end},${before}`)}${end}}`;
    },
  );
  fc.assert(
    fc.property(changed, (text) => {
      const bytes = encoder.encode(text);
      assertAgrees(own, bytes);
      const reason = own.read(bytes);
      seen[reason !== null ? "rejected" : own.verbatim ? "directly" : "carefully"]++;
    }),
    { ...PROPERTY, numRuns: 20 * PROPERTY.numRuns },
  );
  // Else this would have compared a way with itself.
  for (const [way, count] of Object.entries(seen)) {
    assert.ok(count > PROPERTY.numRuns / 2, `${way}: ${count}`);
  }
});

Deno.test("what produce makes of a file's row is read directly", () => {
  const own = reader(quotes);
  const { header } = findHeader(
    [encoder.encode(quotes.columns.map(({ wire }) => wire).join(","))],
    quotes,
    { name: "quotes.csv" },
    true,
  )!;
  const digits = fc.oneof(
    price.filter((text) => !text.startsWith("-")),
    fc.nat().map((value) => `00${value}.50`),
  );
  const record = fc.tuple(fc.stringMatching(/^[A-Z0-9^.]{1,8}$/), goodDay, digits, fc.nat());
  fc.assert(
    fc.property(record, ([index, day, value, volume]) => {
      const fields = [index, JSON.parse(day), ...Array(5).fill(value), volume, value];
      const row = encodeRecord(quotes, header, encoder.encode(fields.join(",")));
      assert.ok(typeof row !== "string", String(row));
      assertAgrees(own, row.value);
      assert.equal(own.verbatim, true, decoder.decode(row.value));
      assert.deepEqual(held(own).slice(2, 4), [Number(value), Number(value)]);
    }),
    PROPERTY,
  );
});

Deno.test("they agree on bytes that are anything", () => {
  const own = reader(quotes);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => assertAgrees(own, bytes)),
    PROPERTY,
  );
});

Deno.test("what JSON.stringify writes is read directly; what came before leaves no trace", () => {
  const own = reader(quotes);
  assert.equal(own.read(encoder.encode(JSON.stringify({ ...QUOTE, Index: "ÜÖÄ" }))), null);
  assert.equal(own.verbatim, false);
  assert.equal(own.read(encoder.encode(JSON.stringify(QUOTE))), null);
  assert.equal(own.verbatim, true);
  assert.deepEqual(held(own), checkMessage(quotes, encoder.encode(JSON.stringify(QUOTE))));
  assert.match(own.read(encoder.encode("{}"))!, /is missing/);
});

serviceTest("what Python's json.dumps writes is read directly", { needs: ["python"] }, async () => {
  const own = reader(quotes);
  const line = await python(
    "import json, sys; print(json.dumps(json.loads(sys.argv[1])))",
    [JSON.stringify({ ...QUOTE, Volume: 1_495_365_300 })],
  );
  assert.match(line, /"Index": "NYA", /);
  assert.equal(own.read(encoder.encode(line.trimEnd())), null);
  assert.equal(own.verbatim, true);
});

Deno.test("deep nesting and large values are rejected, and no fault", () => {
  const own = reader(quotes);
  for (const text of ["[".repeat(1e6), '{"a":'.repeat(1e5), `{"Index":"${"x".repeat(1e7)}"}`]) {
    assert.equal(typeof own.read(encoder.encode(text)), "string");
  }
});
