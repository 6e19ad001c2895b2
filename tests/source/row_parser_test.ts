import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { Failure } from "../../mod/failure/failure.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { canonicalFields, encodeCsvRow, parseCsvRow } from "../../mod/schema/parse_csv_row.ts";
import type { ColumnType, RowSchema } from "../../mod/schema/schema.ts";
import { MAX_ROW_BYTES } from "../../mod/source/row_parser.ts";
import { PROPERTY } from "../property_seed.ts";
import { outcomeOf } from "./outcome.ts";

const quotes = await loadSchema();
const HEADER = "Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD";
const GOOD = "HSI,1987-01-02,5,6,4,5,5,0.0,0.65";
const GOOD_MESSAGE =
  '{"Index":"HSI","Date":"1987-01-02","Open":5,"High":6,"Low":4,"Close":5,"Adj Close":5,"Volume":0.0,"CloseUSD":0.65}';
const ofLines = (...lines: string[]) => outcomeOf([HEADER, ...lines].join("\n") + "\n", quotes);
const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("each row becomes a message with its key, each broken one a rejection with its line", async () => {
  const outcome = await ofLines(
    GOOD,
    "HSI,1987-02-30,5,6,4,5,5,0.0,0.65",
    "HSI,1987-01-02,abc,6,4,5,5,0.0,0.65",
    "HSI,1987-01-02,5,3,5,5,5,0.0,0.65",
    "",
    "HSI,1987-01-02,5,6,4",
    GOOD + ",1",
    GOOD,
  );
  assert.deepEqual(outcome.rows, [["HSI", GOOD_MESSAGE], ["HSI", GOOD_MESSAGE]]);
  assert.deepEqual(outcome.rejected, [
    '3: Date: no such day "1987-02-30"',
    '4: Open: expected a number, found "abc"',
    "5: High 3 is below Low 5",
    "7: expected 9 fields, found 5",
    "8: expected 9 fields, found 10",
  ]);
});

Deno.test("a file that is cut in the middle of a row loses that row only", async () => {
  const whole = `${HEADER}\n${GOOD}\n${GOOD}`;
  for (let length = HEADER.length + GOOD.length + 3; length < whole.length; length++) {
    const { rows, rejected } = await outcomeOf(whole.slice(0, length), quotes);
    // A last number that lost decimals, but not all of them, is still a number; the last column may be empty.
    const isNumber = /,0\.0,$|,0(\.6)?$/.test(whole.slice(0, length)) && length > whole.length - 5;
    assert.equal(rows.length, isNumber ? 2 : 1, whole.slice(0, length));
    assert.equal(rejected.length, isNumber ? 0 : 1);
    if (!isNumber) assert.match(rejected[0], /^3: /);
  }
});

Deno.test("line ends, a byte order mark, empty lines and a missing last line end make no difference", async () => {
  const expected = await ofLines(GOOD, GOOD);
  for (
    const text of [
      `${HEADER}\n${GOOD}\n${GOOD}`,
      `${HEADER}\r\n${GOOD}\r\n${GOOD}\r\n`,
      `\ufeff${HEADER}\n${GOOD}\n\n\r\n${GOOD}\n\n`,
      `\r\n\n${HEADER}\r\n${GOOD}\n${GOOD}\r`,
    ]
  ) {
    assert.deepEqual(await outcomeOf(text, quotes), expected);
  }
});

Deno.test("columns stand in any order, and unknown ones are left out", async () => {
  const { rows } = await outcomeOf(
    "note,CloseUSD,Volume,Adj Close,Close,Low,High,Open,Date,Index,note\n" +
      "a,0.65,0.0,5,5,4,6,5,1987-01-02,HSI,b\n" +
      `"x ""y"", z",0.65,0.0,5,5,4,6,5,1987-01-02,HSI,\n`,
    quotes,
  );
  assert.deepEqual(rows, [["HSI", GOOD_MESSAGE], ["HSI", GOOD_MESSAGE]]);
});

Deno.test("bytes of an unknown column need not be UTF-8, those of a known one must be", async () => {
  const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
  const { rows, rejected } = await outcomeOf(
    latin1(
      `${HEADER},name\n${GOOD},Zürich\n${GOOD.replace("HSI", "Zü")},x\n"${
        GOOD.replace("HSI", 'Zü""')
      },x\n`
        .replace('"Zü""', '"Zü"""'),
    ),
    quotes,
  );
  assert.equal(rows.length, 1);
  assert.equal(rejected[0], "3: Index: not UTF-8");
});

Deno.test("texts that CSV or JSON has to escape arrive as they are, wherever a read ends", async () => {
  const header = "Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD";
  const keys = ['a"b', "a\\b", "Zürich", "a,b", "a\nb", "a\r\nb", "😀", "\u0001", "ａ"];
  const lines = keys.map((key) => GOOD.replace("HSI", `"${key.replaceAll('"', '""')}"`));
  for (const size of [1, 2, 7, 50, 51, 60, Infinity]) {
    const text = [header, ...lines, GOOD].join("\n");
    const { rows, rejected } = await outcomeOf(text, quotes, [size]);
    assert.deepEqual(rejected, []);
    assert.deepEqual(rows.map(([key]) => key), [...keys, "HSI"]);
    assert.deepEqual(rows.map(([, value]) => JSON.parse(value).Index), [...keys, "HSI"]);
  }
});

Deno.test("a stray quote costs its own row, not the ones behind it", async () => {
  for (const stray of ['"HSI,1987', 'HS"I,1987', '"HSI"x,1987', '"', '"""', 'HSI,"']) {
    const { rows, rejected } = await ofLines(GOOD, stray, GOOD, GOOD, stray, GOOD);
    assert.equal(rows.length, 4, stray);
    assert.equal(rejected.length, 2, stray);
    assert.match(rejected[0], /^3: (.*, in quotes up to line 6|quotes do not match)$/);
    assert.match(rejected[1], /^6: (quotes do not match|a quote is not closed)$/);
  }
});

Deno.test("a stray quote in an unknown column is one too", async () => {
  const { rows, rejected } = await outcomeOf(`${HEADER},x\n${GOOD},5" disk\n${GOOD},5\n`, quotes);
  assert.equal(rows.length, 1);
  assert.match(rejected[0], /^2: /);
});

Deno.test("line numbers count the lines of a quoted field", async () => {
  const { rows, rejected } = await ofLines(GOOD.replace("HSI", '"H\n\nSI"'), "x", GOOD);
  assert.equal(rows.length, 2);
  assert.deepEqual(rejected, ["5: expected 9 fields, found 1"]);
});

Deno.test("a quote that is never closed does not swallow a large file", async () => {
  const count = 20_000;
  const text = `${HEADER}\n"${GOOD}\n${`${GOOD}\n`.repeat(count)}`;
  assert.ok(text.length > 4 * MAX_ROW_BYTES);
  const { rows, rejected } = await outcomeOf(text, quotes);
  assert.equal(rows.length, count);
  assert.deepEqual(rejected, ["2: a quote is not closed"]);
});

Deno.test("a line that is too long is rejected, whatever its length, and the next one is read", async () => {
  for (const length of [MAX_ROW_BYTES + 1, 2 * MAX_ROW_BYTES, 10 * 2 ** 20]) {
    for (const filling of ["x", '"', "é", ","]) {
      const line = filling.repeat(length / bytes(filling).length + 1);
      const { rows, rejected } = await ofLines(GOOD, line, GOOD);
      assert.equal(rows.length, 2);
      assert.deepEqual(rejected, [`3: longer than ${MAX_ROW_BYTES} bytes`]);
    }
  }
  const last = await outcomeOf(`${HEADER}\n${GOOD}\n${"x".repeat(10 * 2 ** 20)}`, quotes);
  assert.equal(last.rows.length, 1);
  assert.equal(last.rejected.length, 1);
});

Deno.test("the longest line that is allowed is read", async () => {
  const schema: RowSchema = {
    table: "t",
    key: "k",
    columns: [{ wire: "k", name: "k", type: "string", required: true }],
    notBelow: [],
  };
  const key = "\u0001".repeat(MAX_ROW_BYTES);
  const { rows } = await outcomeOf(`k\n${key}\n`, schema);
  assert.equal(rows[0][0], key);
  assert.ok(rows[0][1].length < 2 ** 20, "the message would be too large for a broker");
});

Deno.test("a header that is not the schema's is a usage failure that names the columns", async () => {
  const cases: Array<[string | Uint8Array, RegExp]> = [
    ["", /^quotes\.csv is empty: expected a header such as Index,Date,/],
    ["\n\n\n", /^quotes\.csv is empty/],
    [
      "Index,Date,Open,High,Low,CloseUSD\n",
      /: no columns Close, Volume; the header is "Index", "Date"/,
    ],
    [`${HEADER.replace("Open", "Opening")}\n`, /: no column Open; /],
    [`${HEADER},Open\n`, /^quotes\.csv: more than one column Open$/],
    [`"${HEADER}\n`, /: the header's quotes do not match$/],
    [new Uint8Array(500_000).fill(0x61), /: no columns Index, Date, /],
    [
      Uint8Array.from(
        [0xff, 0xfe, ...HEADER].flatMap((c) => typeof c === "string" ? [c.charCodeAt(0), 0] : [c]),
      ),
      /: no columns /,
    ],
  ];
  for (const [content, message] of cases) {
    const error = await outcomeOf(content, quotes).then(() => null, (error) => error);
    assert.ok(error instanceof Failure && error.exitCode === 2, String(error));
    assert.match(error.message, message);
    assert.ok(error.message.length < 1000);
  }
});

Deno.test("an optional column may be missing in the file and empty in a row", async () => {
  const schema = structuredClone(quotes);
  for (const column of schema.columns.slice(6)) column.required = false;
  const { rows, rejected } = await outcomeOf(
    "Index,Date,Open,High,Low,Close,Volume\nHSI,1987-01-02,5,6,4,5,\nHSI,1987-01-02,5,6,4,5,7\n",
    schema,
  );
  assert.deepEqual(rejected, []);
  assert.deepEqual(rows.map(([, value]) => value), [
    '{"Index":"HSI","Date":"1987-01-02","Open":5,"High":6,"Low":4,"Close":5}',
    '{"Index":"HSI","Date":"1987-01-02","Open":5,"High":6,"Low":4,"Close":5,"Volume":7}',
  ]);
});

const ALL_TYPES: RowSchema = {
  table: "t",
  key: "k",
  columns: [
    { wire: "k", name: "k", type: "string", required: true, maxLength: 20 },
    { wire: "day", name: "day", type: "date", required: false },
    { wire: 'a "b", c', name: "a", type: "double", required: false, min: 0, max: 1e6 },
    { wire: "n", name: "n", type: "long", required: false },
    { wire: "at", name: "at", type: "timestamp", required: false },
    { wire: "u", name: "u", type: "double", required: false },
    { wire: "day2", name: "day2", type: "date", required: false },
  ],
  notBelow: [{ column: "a", than: "u" }, { column: "n", than: "u" }, {
    column: "day",
    than: "day2",
  }],
};

/** Texts of fields that are valid, nearly valid, or anything. */
const VALID: Record<ColumnType, fc.Arbitrary<string>> = {
  string: fc.oneof(fc.constant("HSI"), fc.stringMatching(/^[ -~]{1,12}$/), fc.string()),
  date: fc.constantFrom("1987-01-02", "2020-02-29", "2021-01-01 00:00:00", "0001-01-01"),
  double: fc.oneof(
    fc.constantFrom("5", "5", "-0", "007", "1e5", "2568.300049", "335.90698726000005"),
    fc.double({ noNaN: true, min: 0 }).map(String),
  ),
  long: fc.constantFrom("5", "0.0", "1495365300.0", "9007199254740991", "1e3", "-7"),
  timestamp: fc.constantFrom(
    "2021-01-01T10:00:00Z",
    "1970-01-01 00:00",
    "2021-05-31 13:45:10.123456",
  ),
};
const anything = fc.oneof(
  fc.constantFrom(
    "",
    "2913.",
    "1e400",
    "NaN",
    "2021-02-30",
    "0000-01-01",
    "9007199254740992",
    "0.5",
  ),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.stringMatching(/^[ ,"'\\a\t]{0,6}$/),
);
const oneLine = (text: fc.Arbitrary<string>) =>
  text.map((text) => text.replace(/[\r\n]/g, " ").toWellFormed());
const field = (type: ColumnType) =>
  oneLine(
    fc.oneof({ weight: 19, arbitrary: VALID[type] }, { weight: 1, arbitrary: anything }),
  );

Deno.test("the bytes' way and the careful way agree on every file that csv-parse reads", async () => {
  const { columns } = ALL_TYPES;
  const table = fc.record({
    names: fc.shuffledSubarray(columns.map(({ wire }) => wire), { minLength: columns.length }),
    extra: fc.array(fc.constantFrom("x", "y z", "x"), { maxLength: 2 }),
    rows: fc.array(
      fc.record({
        fields: fc.tuple(...columns.map(({ type }) => field(type))),
        others: fc.tuple(oneLine(anything), oneLine(anything)),
        ragged: fc.nat(9).map((n) => n === 0),
        quoted: fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }),
      }),
      { maxLength: 8 },
    ),
    lineEnd: fc.constantFrom("\n", "\r\n"),
    sizes: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 10 }),
  });
  const write = (text: string, quoted: boolean) =>
    quoted || /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(table, async ({ names, extra, rows, lineEnd, sizes }) => {
      const header = [...names, ...extra];
      const text = [
        header.map((name) => write(name, false)).join(","),
        ...rows.map(({ fields, others, ragged, quoted }) => {
          const known = names.map((name) => fields[columns.findIndex(({ wire }) => wire === name)]);
          const unknown = extra.map((_, i) => others[i]);
          return [...known, ...unknown, ...(ragged ? ["x"] : [])]
            .map((text, i) => write(text, quoted[i])).join(",");
        }),
      ].join(lineEnd);
      const [, ...records] = parse(text, { relax_column_count: true }) as string[][];
      const expected: string[] = [];
      for (const record of records) {
        if (record.length !== header.length) {
          expected.push(`expected ${header.length} fields, found ${record.length}`);
          continue;
        }
        const fields = canonicalFields(
          ALL_TYPES,
          ALL_TYPES.columns.map(({ wire }) => record[header.indexOf(wire)]),
        );
        const checked = parseCsvRow(ALL_TYPES, fields);
        expected.push(typeof checked === "string" ? checked : encodeCsvRow(ALL_TYPES, fields));
      }
      const outcome = await outcomeOf(text, ALL_TYPES, sizes);
      const rejected = outcome.rejected.map((line) => line.slice(line.indexOf(" ") + 1));
      const sent = outcome.rows.map(([, value]) => value);
      accepted += sent.length;
      assert.deepEqual(sent, expected.filter((text) => text.startsWith("{")));
      assert.deepEqual(rejected, expected.filter((text) => !text.startsWith("{")));
      assert.deepEqual(outcome.rows.map(([key]) => key), sent.map((value) => JSON.parse(value).k));
    }),
    { ...PROPERTY, numRuns: PROPERTY.numRuns * 5 },
  );
  assert.ok(accepted > PROPERTY.numRuns, `only ${accepted} rows were accepted`);
});

Deno.test("whatever stands between them, the good rows are sent and every other line is rejected once", async () => {
  const garbage = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.string({ unit: "binary", maxLength: 40 }).map(bytes),
    fc.stringMatching(/^[",a1\r]{1,12}$/).map(bytes),
    fc.integer({ min: 1, max: GOOD.length - 6 }).map((length) => bytes(GOOD.slice(0, length))),
    fc.constantFrom("NaN", "1e400", "\\ud800", '"5', '5"', "5.")
      .map((text) => bytes(GOOD.replace("6", text))),
    fc.constantFrom(70_000, 10).map((length) => bytes("🙂".repeat(length))),
    fc.constant(Uint8Array.of(0x48, 0xed, 0xa0, 0x80)),
  ).map((line) => line.filter((byte) => byte !== 0x0a));
  const line = fc.oneof(garbage, fc.constant(bytes(GOOD)));
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 5 }),
      async (lines, sizes) => {
        const isGood = (line: Uint8Array) => new TextDecoder().decode(line) === GOOD;
        const isEmpty = (line: Uint8Array) =>
          line.length === 0 || (line.length === 1 && line[0] === 0x0d);
        const content = [bytes(HEADER), ...lines].flatMap((line) => [line, Uint8Array.of(0x0a)]);
        const file = new Uint8Array(await new Blob(content).arrayBuffer());
        const { rows, rejected } = await outcomeOf(file, quotes, sizes);
        assert.deepEqual(rows, lines.filter(isGood).map(() => ["HSI", GOOD_MESSAGE]));
        assert.deepEqual(
          rejected.map((text) => Number(text.slice(0, text.indexOf(":")))),
          lines.flatMap((line, i) => isGood(line) || isEmpty(line) ? [] : [i + 2]),
        );
        for (const text of rejected) assert.ok(text.length < 400 && text.isWellFormed(), text);
      },
    ),
    PROPERTY,
  );
});
