import { Failure } from "../failure/failure.ts";
import { sqlTokens, type Token } from "./sql_tokens.ts";

/** Words with which a statement that only reads can begin. */
const READING = ["SELECT", "WITH", "VALUES", "EXPLAIN", "SHOW", "DESCRIBE", "DESC", "TABLE"];

const EXAMPLE = "ticklake query 'SELECT * FROM index_quotes LIMIT 10'";

/**
 * The one statement of an SQL text, without the `;` at its end.
 * @throws {Failure} kind `usage`, when there is none, more than one, or one that could write
 */
export function readOnlyStatement(sql: string): string {
  const tokens = sqlTokens(sql);
  while (tokens.at(-1)?.text === ";") tokens.pop();
  if (tokens.length === 0) {
    throw new Failure("usage", "the SQL is empty", { fix: `Write a statement: ${EXAMPLE}` });
  }
  const second = tokens.findIndex(({ kind, text }) => kind === "symbol" && text === ";");
  if (second !== -1) {
    throw new Failure("usage", "expected one SQL statement, found several", {
      fix: `Run one at a time; the second begins with ${excerpt(sql, tokens[second + 1].at)}.`,
    });
  }
  requireReading(tokens);
  const last = tokens[tokens.length - 1];
  return sql.slice(0, last.at + last.text.length);
}

function requireReading(tokens: Token[]): void {
  const words = tokens.map(({ text }) => text.toUpperCase());
  let at = 0;
  while (words[at] === "(") at++;
  if (words[at] === "EXPLAIN") at = explained(words, at + 1);
  if (READING.includes(words[at]) || at >= words.length) return;
  throw new Failure("usage", `query only reads: a statement cannot begin with ${words[at]}`, {
    fix: `Begin with SELECT or WITH. The lake is written by \`ticklake consume\` alone.`,
  });
}

/** Where the statement begins that EXPLAIN is about (EXPLAIN ANALYZE runs it). */
function explained(words: string[], at: number): number {
  if (words[at] === "QUERY" && words[at + 1] === "PLAN") return at + 2;
  while (["ANALYZE", "VERBOSE"].includes(words[at])) at++;
  if (words[at] === "(") { while (at < words.length && words[at++] !== ")"); }
  return at;
}

function excerpt(sql: string, at: number): string {
  const line = sql.slice(at, at + 40).split("\n")[0].trimEnd();
  return JSON.stringify(line);
}
