import fc from "fast-check";
import assert from "node:assert/strict";
import { formatValue, parseValue, type ValueRule } from "../../mod/config/value.ts";
import { PROPERTY } from "../property_seed.ts";

const CHOICE: ValueRule = { type: "choice", choices: ["parquet", "jsonl"] };

function accepts(rule: ValueRule, texts: Record<string, unknown>): void {
  for (const [text, value] of Object.entries(texts)) {
    assert.equal(parseValue(rule, text, "--x"), value, text);
  }
}

/** Each text is refused with kind `usage` and a message that names source, expectation and finding. */
function refuses(rule: ValueRule, expected: string, texts: string[]): void {
  for (const text of texts) {
    assert.throws(() => parseValue(rule, text, "NAME in .env"), {
      kind: "usage",
      message: `NAME in .env: expected ${expected}, found ${JSON.stringify(text)}`,
    });
  }
}

Deno.test("a duration has a unit, and is no longer than a timer takes", () => {
  accepts({ type: "duration" }, {
    "500ms": 500,
    "1s": 1000,
    "1.5s": 1500,
    " 5m ": 300_000,
    "2 h": 7_200_000,
    "0s": 0,
    "596h": 2_145_600_000,
  });
  refuses({ type: "duration" }, "a duration such as 500ms, 1s, 5m or 2h, at most 596h", [
    "5",
    "",
    "s",
    "-1s",
    "1d",
    "1S",
    "1e3s",
    "597h",
    "1constructor",
    "five minutes",
  ]);
});

Deno.test("a size is bytes or has a unit of 1000 or 1024", () => {
  accepts({ type: "size" }, {
    "64MiB": 64 * 2 ** 20,
    "512KiB": 512 * 2 ** 10,
    "1.5GiB": 1.5 * 2 ** 30,
    "1MB": 1e6,
    "10B": 10,
    "4096": 4096,
  });
  refuses({ type: "size" }, "a size such as 64MiB, 512KiB or a number of bytes", [
    "64M",
    "-1",
    "MiB",
    "99999999999999999999",
    "9999999999GiB",
  ]);
});

Deno.test("an integer is whole, not negative, exact, and not below its least value", () => {
  accepts({ type: "integer" }, { "0": 0, "7": 7, "9007199254740991": 2 ** 53 - 1 });
  refuses({ type: "integer" }, "a whole number, 0 or more", [
    "-1",
    "1.0",
    "1e3",
    "0x10",
    "1_000",
    "9007199254740993",
    "",
    "ten",
  ]);
  accepts({ type: "integer", min: 1 }, { "1": 1 });
  refuses({ type: "integer", min: 1 }, "a whole number, 1 or more", ["0", "-1"]);
});

Deno.test("a rate is above 0, or max", () => {
  accepts({ type: "rate" }, { max: Infinity, "0.5": 0.5, "20000": 20000 });
  refuses({ type: "rate" }, "a number of rows a second above 0, or max", [
    "0",
    "-1",
    "Infinity",
    "NaN",
    "MAX",
    "",
  ]);
});

Deno.test("a boolean is any of the usual words", () => {
  accepts({ type: "boolean" }, { true: true, YES: true, on: true, "1": true });
  accepts({ type: "boolean" }, { false: false, No: false, off: false, "0": false });
  refuses({ type: "boolean" }, "true or false", ["", "2", "enabled"]);
});

Deno.test("a choice is one of its words", () => {
  accepts(CHOICE, { parquet: "parquet", "jsonl ": "jsonl" });
  refuses(CHOICE, "one of parquet, jsonl", ["Parquet", "", "csv"]);
});

Deno.test("a text is not blank", () => {
  accepts({ type: "string" }, { " index-quotes ": "index-quotes" });
  refuses({ type: "string" }, "text", ["", "  "]);
});

Deno.test("a secret keeps its blanks, and no message shows it", () => {
  accepts({ type: "string", secret: true }, { " pass word ": " pass word " });
  assert.throws(
    () => parseValue({ type: "integer", secret: true }, "hunter2", "PIN in the environment"),
    { message: "PIN in the environment: expected a whole number, 0 or more, found something else" },
  );
});

Deno.test("a value is written as it is read", () => {
  const values = fc.oneof(
    fc.tuple(fc.constant("duration" as const), fc.nat({ max: 2 ** 31 - 1 })),
    fc.tuple(fc.constant("size" as const), fc.maxSafeNat()),
    fc.tuple(fc.constant("integer" as const), fc.maxSafeNat()),
    fc.tuple(fc.constant("rate" as const), fc.integer({ min: 1, max: 10 ** 9 })),
    fc.tuple(fc.constant("rate" as const), fc.constant(Infinity)),
    fc.tuple(fc.constant("boolean" as const), fc.boolean()),
  );
  fc.assert(
    fc.property(values, ([type, value]) => {
      assert.equal(parseValue({ type }, formatValue(type, value), "--x"), value);
    }),
    PROPERTY,
  );
});

Deno.test("durations and sizes are written in their largest whole unit", () => {
  assert.equal(formatValue("duration", 60_000), "1m");
  assert.equal(formatValue("duration", 90_000), "90s");
  assert.equal(formatValue("duration", 0), "0ms");
  assert.equal(formatValue("size", 64 * 2 ** 20), "64MiB");
  assert.equal(formatValue("size", 1000), "1000");
  assert.equal(formatValue("rate", Infinity), "max");
});
