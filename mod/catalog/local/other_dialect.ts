import { Failure } from "../../failure/failure.ts";
import { sqlTokens } from "../sql_tokens.ts";

/**
 * Refuses what is right on Athena and has another meaning in SQLite, instead of giving a wrong answer:
 * `DATE '2026-01-01'`, `CAST(x AS DATE)` (SQLite makes the number 2026 of it).
 * @throws {Failure} kind `usage`, with the form that both understand
 */
export function refuseOtherDialect(sql: string): void {
  const tokens = sqlTokens(sql);
  /** For each open parenthesis, whether it is CAST's. */
  const open: boolean[] = [];
  tokens.forEach(({ text, kind }, i) => {
    const word = text.toUpperCase();
    if (text === "(") open.push(tokens[i - 1]?.text.toUpperCase() === "CAST");
    if (text === ")") open.pop();
    if (kind !== "word" || !["DATE", "TIMESTAMP"].includes(word)) return;
    const literal = tokens[i + 1]?.kind === "text" && tokens[i - 1]?.text !== ".";
    const cast = open.at(-1) === true && tokens[i - 1]?.text.toUpperCase() === "AS";
    if (!literal && !cast) return;
    const found = literal ? `${word} ${tokens[i + 1].text}` : `CAST(... AS ${word})`;
    throw new Failure("usage", `the local engine does not understand ${found}`, {
      fix: word === "DATE"
        ? "Write date('2026-01-31'), which means the same here and on Athena; a column such as \"date\" is one already."
        : "Compare with text such as '2026-01-31 12:00:00.000'; timestamps are text of this form here.",
    });
  });
}
