import type { DatabaseSync } from "node:sqlite";
import { defineScalar, defineVariadic, type Scalar, truth } from "./define_function.ts";
import { levenshtein } from "../../config/levenshtein.ts";
import { defineRegexpFunctions } from "./regexp_functions.ts";

/**
 * Trino's functions of text, also those for which SQLite has something else of the same name: its `upper`
 * knows ASCII alone, its `concat` skips nulls. Source: Trino, "String functions and operators".
 */
export function defineTextFunctions(db: DatabaseSync): void {
  const scalar = (name: string, length: number, fn: (...values: Scalar[]) => Scalar) =>
    defineScalar(db, name, length, fn);
  const text = String;
  // SQLite's own ignores the case of ASCII.
  db.exec("PRAGMA case_sensitive_like = ON");
  scalar("upper", 1, (x) => cased(text(x), (letter) => letter.toUpperCase()));
  scalar("lower", 1, (x) => cased(text(x), (letter) => letter.toLowerCase()));
  scalar("reverse", 1, (x) => [...text(x)].reverse().join(""));
  scalar("replace", 2, (x, part) => text(x).replaceAll(text(part), ""));
  defineVariadic(db, "concat", (...values) => values.map(text).join(""));
  for (const name of ["substr", "substring"]) {
    scalar(name, 2, (x, start) => part([...text(x)], Number(start), Infinity));
    scalar(name, 3, (x, start, length) => part([...text(x)], Number(start), Number(length)));
  }
  scalar("split_part", 3, (x, by, n) => text(x).split(text(by))[Number(n) - 1] ?? null);
  scalar("strpos", 2, (x, sought) => position(text(x), text(sought), 1));
  scalar("strpos", 3, (x, sought, nth) => position(text(x), text(sought), Number(nth)));
  scalar("starts_with", 2, (x, start) => truth(text(x).startsWith(text(start))));
  scalar("lpad", 3, (x, size, by) => padded(text(x), Number(size), text(by), true));
  scalar("rpad", 3, (x, size, by) => padded(text(x), Number(size), text(by), false));
  scalar("chr", 1, (x) => String.fromCodePoint(Number(x)));
  scalar("codepoint", 1, (x) => BigInt(text(x).codePointAt(0) ?? 0));
  scalar("translate", 3, (x, from, to) => translated(text(x), [...text(from)], [...text(to)]));
  scalar("levenshtein_distance", 2, (a, b) => BigInt(levenshtein([...text(a)], [...text(b)])));
  defineRegexpFunctions(db);
}

/** Letter by letter, as Trino: those that would become two (ß) stay. */
function cased(text: string, change: (letter: string) => string): string {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return change(text);
  return [...text].map((letter) => {
    const changed = change(letter);
    return [...changed].length === 1 ? changed : letter;
  }).join("");
}

/** Letters from the first (1) or, where `start` is negative, counted from the end. */
function part(letters: string[], start: number, length: number): string {
  if (start === 0 || length <= 0) return "";
  const from = start > 0 ? start - 1 : letters.length + start;
  return from < 0 ? "" : letters.slice(from, from + length).join("");
}

/** Position of the nth occurrence, from 1; 0 if there is none. */
function position(text: string, sought: string, nth: number): bigint {
  if (sought === "") return 1n;
  let at = -1;
  for (let i = 0; i < nth; i++) {
    at = text.indexOf(sought, at + 1);
    if (at === -1) return 0n;
  }
  return BigInt([...text.slice(0, at)].length + 1);
}

function padded(text: string, size: number, by: string, left: boolean): string {
  const letters = [...text];
  if (letters.length >= size || by === "") return letters.slice(0, size).join("");
  const missing = size - letters.length;
  const fill = [...by.repeat(Math.ceil(missing / [...by].length))].slice(0, missing).join("");
  return left ? fill + text : text + fill;
}

function translated(text: string, from: string[], to: string[]): string {
  return [...text].map((letter) => {
    const at = from.indexOf(letter);
    return at === -1 ? letter : to[at] ?? "";
  }).join("");
}
