import type { DatabaseSync } from "node:sqlite";
import { defineScalar, type Scalar, truth } from "./define_function.ts";

/**
 * Trino's functions of regular expressions, by JavaScript's: the syntax of Java that both know, and flags
 * at a pattern's begin such as `(?i)`.
 */
export function defineRegexpFunctions(db: DatabaseSync): void {
  const scalar = (name: string, length: number, fn: (...values: Scalar[]) => Scalar) =>
    defineScalar(db, name, length, fn);
  const compile = compiler();
  const text = String;
  scalar("regexp_like", 2, (x, pattern) => truth(compile(pattern).test(text(x))));
  scalar("regexp_extract", 2, (x, pattern) => compile(pattern).exec(text(x))?.[0] ?? null);
  scalar(
    "regexp_extract",
    3,
    (x, pattern, group) => compile(pattern).exec(text(x))?.[Number(group)] ?? null,
  );
  scalar("regexp_replace", 2, (x, pattern) => text(x).replace(compile(pattern, "g"), ""));
  scalar(
    "regexp_replace",
    3,
    (x, pattern, by) => text(x).replace(compile(pattern, "g"), replacement(text(by))),
  );
  scalar(
    "regexp_count",
    2,
    (x, pattern) => BigInt(text(x).match(compile(pattern, "g"))?.length ?? 0),
  );
}

/** Compiles a pattern once for all rows of a query that have the same. */
function compiler(): (pattern: Scalar, flags?: string) => RegExp {
  const known = new Map<string, RegExp>();
  return (pattern, flags = "") => {
    const key = `${flags}/${pattern}`;
    const found = known.get(key);
    if (found !== undefined) {
      found.lastIndex = 0;
      return found;
    }
    const [, own = "", rest] = /^(?:\(\?([ims]+)\))?([\s\S]*)$/.exec(String(pattern))!;
    const compiled = new RegExp(rest, `u${own}${flags}`);
    if (known.size > 100) known.clear();
    known.set(key, compiled);
    return compiled;
  };
}

/** Java's `$1`, `${name}` and `\$` as JavaScript writes them. */
function replacement(by: string): string {
  return by.replace(
    /\\([\s\S])|\$\{(\w+)\}|\$(?!\d)/g,
    (_, literal?: string, name?: string) =>
      name !== undefined ? `$<${name}>` : literal === undefined || literal === "$" ? "$$" : literal,
  );
}
