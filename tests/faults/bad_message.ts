import fc from "fast-check";

/** A message of a topic. */
export interface Message {
  key: string | null;
  value: Uint8Array | null;
}

const encoder = new TextEncoder();

/** Something in one of twelve cases. */
function sometimes<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: 11, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

/** JSON text of values where a number belongs; each may be one or not. */
const NUMBER = fc.oneof(
  { weight: 40, arbitrary: fc.nat({ max: 1e9 }).map(String) },
  {
    weight: 40,
    arbitrary: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(String),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e-400", "-0", "-1", "-1e-320"],
      ...["0.0", "1.", ".5", "+1", "01", "1E2", "0e0", "1e+2", "0x10", "1_0", "1n"],
      ...["9007199254740991", "9007199254740993", "1e308", "123456789012345678901234567890"],
      ...["null", "true", '"1"', '""', "[]", "[1]", "{}", "undefined", "", "'1'"],
    ),
  },
);

/** JSON text of values where a name belongs. */
const NAME = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.string({ minLength: 1, maxLength: 12 }).map((text) => JSON.stringify(text)),
  },
  {
    weight: 6,
    arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 40 })
      .map((text) => JSON.stringify(text)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...['""', "null", "1", "{}", "[]", "true", '"\\ud800"', '"\\udc00x"', '"a\\u0000b"'],
      ...['"."', '".."', '"../../x"', '"a/b=c"', '"%41"', '"\\n"', '"a b"', '"é"', '"__proto__"'],
      ...[`"${"x".repeat(64)}"`, `"${"x".repeat(65)}"`, `"${"/".repeat(64)}"`],
      ...[`"${"é".repeat(64)}"`, '"__HIVE_DEFAULT_PARTITION__"', '"\\u0041"', '"a', '"\t"'],
    ),
  },
);

/** JSON text of values where a day belongs. */
const DAY = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.date({
      min: new Date("0001-01-01"),
      max: new Date("9999-12-31"),
      noInvalidDate: true,
    })
      .map((date) => JSON.stringify(date.toISOString().slice(0, 10))),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...['"2021-02-30"', '"0000-01-01"', '"2020-1-2"', '"20200102"', '"2020-01-02T00:00:00Z"'],
      ...["20200102", "null", '""', '"9999-12-31"', '"0001-01-01"', '"-001-01-01"', "{}"],
    ),
  },
);

/** JSON text of an object in the form of a quote. */
const QUOTE = fc.record({
  Index: NAME,
  Date: DAY,
  Open: NUMBER,
  High: fc.oneof({ weight: 20, arbitrary: fc.constant("1e308") }, { weight: 1, arbitrary: NUMBER }),
  Low: fc.oneof({ weight: 20, arbitrary: fc.constant("0") }, { weight: 1, arbitrary: NUMBER }),
  Close: NUMBER,
  "Adj Close": NUMBER,
  Volume: fc.oneof(
    { weight: 30, arbitrary: fc.nat({ max: 2 ** 40 }).map(String) },
    { weight: 1, arbitrary: NUMBER },
  ),
  CloseUSD: NUMBER,
});

/** Further members that an object may have. */
const EXTRA = fc.constantFrom<string[]>(
  ['"more"', "1"],
  ['"__proto__"', '{"Open":1}'],
  ['"constructor"', "null"],
  ['"Open"', "7"],
  ['"Op\\u0065n"', "8"],
  ['"deep"', "[".repeat(500) + "]".repeat(500)],
  ['""', '""'],
  ['"Volume"', '"x"'],
);

const OBJECT = fc.tuple(
  QUOTE.map((quote) => Object.entries(quote).map(([name, text]) => [JSON.stringify(name), text])),
  sometimes(EXTRA),
  // Leaves out a member, and changes the order of the others.
  sometimes(fc.nat({ max: 8 })),
  fc.boolean(),
  fc.constantFrom("", " ", "\n\t "),
).map(([members, extra, without, reversed, space]) => {
  let all = members.filter((_, i) => i !== without);
  if (extra !== null) all.push(extra);
  if (reversed) all = all.toReversed();
  return `{${space}` + all.map(([name, text]) => `${name}:${space}${text}`).join(`,${space}`) + "}";
});

/** Bytes that are an object in the form of a quote, with some damage. */
const DAMAGED = fc.tuple(OBJECT, fc.nat(), fc.nat({ max: 255 }), fc.constantFrom(0, 1, 2, 3)).map(
  ([text, at, byte, how]) => {
    const bytes = encoder.encode(text);
    const i = at % bytes.length;
    if (how === 0) return bytes.subarray(0, i);
    if (how === 1) return Uint8Array.of(...bytes.subarray(0, i), ...bytes.subarray(i + 1));
    if (how === 2) return Uint8Array.of(...bytes.subarray(0, i), byte, ...bytes.subarray(i));
    bytes[i] = byte;
    return bytes;
  },
);

/** Texts that are no quote at all. */
const NO_QUOTE = fc.oneof(
  fc.constantFrom(
    ...["", " ", "null", "[]", "{}", '"x"', "1", "nul", "{", "}", '{"a":1', "\ufeff{}", "\u0000"],
    ...["[".repeat(100_000), '{"a":'.repeat(20_000), `"${"x".repeat(1 << 20)}"`],
  ),
  fc.json(),
  fc.string(),
).map((text) => encoder.encode(text));

/** Any message that a topic may hold: quotes, damaged quotes, anything. */
export const badMessage: fc.Arbitrary<Message> = fc.record({
  key: fc.option(fc.string({ unit: "grapheme" }), { freq: 4 }),
  value: fc.oneof(
    { weight: 8, arbitrary: OBJECT.map((text) => encoder.encode(text)) },
    { weight: 4, arbitrary: DAMAGED },
    { weight: 2, arbitrary: NO_QUOTE },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
});
