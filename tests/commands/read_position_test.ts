import assert from "node:assert/strict";
import { parseReadPosition } from "../../mod/commands/read_position.ts";

Deno.test("a place in a topic is a word, an offset, so many before the end, or a time in UTC", () => {
  const parse = (text: string) => parseReadPosition(text, "--from");
  assert.deepEqual(parse("earliest"), { kind: "earliest" });
  assert.deepEqual(parse("-10"), { kind: "last", messages: 10 });
  assert.deepEqual(parse("4711"), { kind: "offset", offset: 4711 });
  const noon = Date.UTC(2026, 10, 24, 12);
  assert.deepEqual(parse("2026-11-24"), { kind: "time", timeMs: Date.UTC(2026, 10, 24) });
  for (const text of ["2026-11-24T12:00", "2026-11-24 12:00:00.000", "2026-11-24T13:00:00+01:00"]) {
    assert.deepEqual(parse(text), { kind: "time", timeMs: noon }, text);
  }
});

Deno.test("what is no place is refused, with what would be one", () => {
  for (const text of ["", "yesterday", "1.5", "--1", "2026-13-01", "2026-02-30T99:00", "10x"]) {
    assert.throws(() => parseReadPosition(text, "--from"), {
      name: "Failure",
      kind: "usage",
      fix: /earliest, latest, an offset, -10/,
    }, text);
  }
});
