import assert from "node:assert/strict";
import fc from "fast-check";
import { isJson } from "../../mod/schema/is_json.ts";
import { PROPERTY } from "../property_seed.ts";

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function assertSame(text: string): void {
  assert.equal(isJson(new TextEncoder().encode(text)), parses(text), JSON.stringify(text));
}

Deno.test("a text is JSON where the engine's parser takes it", () => {
  for (
    const text of [
      ...[
        "",
        " ",
        "x",
        "{}",
        "[]",
        "{ }",
        "[ ]",
        "{,}",
        "[,]",
        "[1,]",
        '{"a":1,}',
        '{"a"}',
        "{]",
        "[}",
      ],
      ...[
        "0",
        "-0",
        "00",
        "01",
        "-",
        "+1",
        "1.",
        ".1",
        "1.0",
        "1e5",
        "1E+5",
        "1e",
        "1e+",
        "0x1",
        "1_0",
      ],
      ...[
        "NaN",
        "Infinity",
        "true",
        "tru",
        "truex",
        "null",
        "nul",
        '"',
        '"a',
        '"\\"',
        '"\\x"',
        '"\\u12g4"',
      ],
      ...[
        '"\t"',
        '"\u007f"',
        '"\u2028"',
        "\ufeff{}",
        "\u00a01",
        "\v1",
        " \t\r\n1 ",
        "1 2",
        '"a""b"',
        "{}{}",
      ],
      ...[
        '{"a":1 "b":2}',
        '{"a":{"b":[1,{"c":null}]}}',
        "[[[]]]",
        "[[]",
        "]",
        '{"a":}',
        "{a:1}",
        "{'a':1}",
      ],
    ]
  ) assertSame(text);
});

Deno.test("a JSON text with a place changed, cut out or put in is judged as the parser judges it", () => {
  const places = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'{}[],:"\\ue-+.0 1tx\n')), {
    maxLength: 3,
  });
  fc.assert(
    fc.property(fc.json(), places, fc.nat(2), (json, changes, cut) => {
      let text = json;
      for (const [place, character] of changes) {
        const at = place % (text.length + 1);
        text = text.slice(0, at) + character + text.slice(at + cut);
      }
      assertSame(text);
    }),
    { ...PROPERTY, numRuns: PROPERTY.numRuns * 10 },
  );
});

Deno.test("a deep nesting is no harm", () => {
  assert.ok(isJson(new TextEncoder().encode("[".repeat(1e6) + "]".repeat(1e6))));
  assert.ok(!isJson(new TextEncoder().encode("[".repeat(1e6))));
});
