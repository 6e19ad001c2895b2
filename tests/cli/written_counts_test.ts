import assert from "node:assert/strict";
import { REPOSITORY } from "../services/tools_folder.ts";

/** What the program counts for people. Numbers of bytes in errors about formats are exact, and stay digits. */
const THINGS = "row|message|offset|object|file|partition|topic|group|snapshot|letter|column|" +
  "second|minute|rejection|gap";

/** A count in a text without `countText`, such as `${held} messages`; constants are never 1. */
const BARE = new RegExp(
  `\\$\\{(?:[a-z][A-Za-z.]*(?:\\(\\))?|numberText\\([^\`]*\\))\\} (?:dead )?(?:${THINGS})s?\\b`,
  "g",
);

/** A range of offsets whose end is exclusive, or whose offsets have commas. */
const RANGE = /offsets? \$\{numberText|offsets \$\{[^}]*\} to \$\{(?:[a-z]+\.)?end\}/g;

/** Rooms whose texts are about the bytes of a format. */
const OF_FORMATS =
  /^mod\/(?:lake\/format|message|broker\/kafka|broker\/embedded|table\/hive\/(?:adopt|table_record))/;

function* sources(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(`${REPOSITORY}/${folder}`)) {
    if (isDirectory) yield* sources(`${folder}/${name}`);
    else if (name.endsWith(".ts")) yield `${folder}/${name}`;
  }
}

function found(pattern: RegExp): string[] {
  return [...sources("mod")].filter((file) => !OF_FORMATS.test(file)).flatMap((file) =>
    [...Deno.readTextFileSync(`${REPOSITORY}/${file}`).matchAll(pattern)]
      .map(([text]) => `${file}: ${text}`)
  );
}

Deno.test("every count is written with its separators and its noun in the right number", () => {
  assert.deepEqual(found(BARE), []);
  assert.ok(BARE.test("stopped before ${held} messages"), "the pattern finds them");
});

Deno.test("offset ranges are written with both ends inclusive, in digits", () => {
  assert.deepEqual(found(RANGE), []);
});

Deno.test("sizes are in KiB, MiB and GiB", () => {
  assert.deepEqual(found(/\$\{[^}]*\} ?(?:[kKMG]B)\b/g), []);
});
