import { sqlTokens } from "./sql_tokens.ts";

/** Statements that end with `;`, and what follows the last one. */
export interface SplitStatements {
  statements: string[];
  /** Text of a statement that has not ended yet; empty if only blanks and comments follow. */
  rest: string;
}

/** Splits SQL at the `;` between statements, not at those in texts and comments. */
export function splitStatements(sql: string): SplitStatements {
  const statements: string[] = [];
  let begin = 0;
  let words = 0;
  for (const { kind, text, at } of sqlTokens(sql)) {
    if (kind !== "symbol" || text !== ";") {
      words++;
      continue;
    }
    if (words > 0) statements.push(sql.slice(begin, at).trim());
    begin = at + 1;
    words = 0;
  }
  return { statements, rest: words > 0 ? sql.slice(begin).trim() : "" };
}
