import { sqlTokens, type Token } from "../sql_tokens.ts";

/**
 * Trino's text in SQLite's words, where SQLite would read something else or nothing: the literals
 * `DATE '2026-01-31'` and `TIMESTAMP '2026-01-31 12:00:00'`, `CAST(x AS DATE)` and `TRY_CAST(x AS DATE)`
 * (of `CAST('2026-01-31' AS DATE)` SQLite makes the number 2026). What is neither stays as it is.
 */
export function inLocalDialect(sql: string): string {
  const tokens = sqlTokens(sql);
  const edits = [...literals(tokens), ...casts(tokens)].sort((a, b) => b.from - a.from);
  return edits.reduce(
    (text, { from, to, by }) => text.slice(0, from) + by + text.slice(to),
    sql,
  );
}

/** A piece of the text, and what stands in its place. */
interface Edit {
  from: number;
  to: number;
  by: string;
}

function literals(tokens: Token[]): Edit[] {
  return tokens.flatMap((token, i) => {
    const next = tokens[i + 1];
    const kind = token.text.toUpperCase();
    if (token.kind !== "word" || next?.kind !== "text" || tokens[i - 1]?.text === ".") return [];
    if (kind !== "DATE" && kind !== "TIMESTAMP") return [];
    const by = kind === "DATE" ? `date(${next.text})` : asTimestamp(next.text);
    return [{ from: token.at, to: next.at + next.text.length, by }];
  });
}

/** `CAST(` … ` AS DATE)`: the function takes the place of CAST, and the type goes. */
function casts(tokens: Token[]): Edit[] {
  const open: Array<Token | undefined> = [];
  return tokens.flatMap((token, i) => {
    const before = tokens[i - 1];
    if (token.text === "(") {
      open.push(/^(TRY_)?CAST$/i.test(before?.text ?? "") ? before : undefined);
    }
    if (token.text !== ")") return [];
    const cast = open.pop();
    const type = tokens[i - 1];
    const as = tokens[i - 2];
    if (cast === undefined || as?.text.toUpperCase() !== "AS") return [];
    const name = FUNCTIONS[type.text.toUpperCase()];
    // TRY_CAST of another type gives NULL where CAST gives nonsense here: it stays an error.
    if (name === undefined) return [];
    return [
      { from: cast.at, to: cast.at + cast.text.length, by: name },
      { from: as.at, to: type.at + type.text.length, by: "" },
    ];
  });
}

const FUNCTIONS: Record<string, string> = { DATE: "date", TIMESTAMP: "local_timestamp" };

/** A timestamp as the local engine has them: text with milliseconds. */
function asTimestamp(literal: string): string {
  return `local_timestamp(${literal})`;
}
