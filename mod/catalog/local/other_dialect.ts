import { sqlTokens, type Token } from "../sql_tokens.ts";
import { CAST, CAST_TYPES, TRY_CAST } from "./cast.ts";
import { withoutIntervals } from "./intervals.ts";

/**
 * Translates Trino's SQL to SQLite's where SQLite would understand it differently or not at all:
 * literals such as `DATE '2026-01-31'`, `CAST` and `TRY_CAST` (of `CAST('2026-01-31' AS DATE)`
 * SQLite makes the number 2026), `EXTRACT(YEAR FROM x)`, `SUBSTRING(x FROM 2)`,
 * `POSITION('a' IN x)`, `x + INTERVAL '1' DAY`, and the place of nulls in an order, which is last
 * in Trino. Everything else is left unchanged.
 */
export function inLocalDialect(sql: string): string {
  const plain = withoutIntervals(edited(sql, literals));
  return edited(plain, (tokens) => [...calls(tokens), ...orders(tokens)]);
}

/** A piece of the text, and its replacement. */
interface Edit {
  from: number;
  to: number;
  by: string;
}

function edited(sql: string, find: (tokens: Token[]) => Edit[]): string {
  return find(sqlTokens(sql)).sort((a, b) => b.from - a.from).reduce(
    (text, { from, to, by }) => text.slice(0, from) + by + text.slice(to),
    sql,
  );
}

function replace(token: Token, by: string): Edit {
  return { from: token.at, to: token.at + token.text.length, by };
}

function literals(tokens: Token[]): Edit[] {
  return tokens.flatMap((token, i) => {
    const next = tokens[i + 1];
    const type = token.text.toLowerCase();
    if (token.kind !== "word" || next?.kind !== "text" || tokens[i - 1]?.text === ".") return [];
    if (type !== "date" && type !== "timestamp") return [];
    const to = next.at + next.text.length;
    return [{ from: token.at, to, by: `${CAST}(${next.text}, '${type}')` }];
  });
}

/** A call that is open: its name's token, and the words at its own level that change. */
interface Call {
  name: Token | undefined;
  words: Token[];
}

/** Words between the arguments of calls that SQLite does not know, by the call's name. */
const SEPARATORS: Record<string, readonly string[]> = {
  CAST: ["AS"],
  TRY_CAST: ["AS"],
  EXTRACT: ["FROM"],
  SUBSTRING: ["FROM", "FOR"],
  POSITION: ["IN"],
};

function calls(tokens: Token[]): Edit[] {
  const open: Call[] = [];
  return tokens.flatMap((token, i) => {
    if (token.text === "(") {
      const name = tokens[i - 1];
      const isCall = name?.kind === "word" && name.text.toUpperCase() in SEPARATORS;
      open.push({ name: isCall ? name : undefined, words: [] });
      return [];
    }
    if (token.text === ")") {
      const call = open.pop();
      return call?.name === undefined ? [] : callEdits(call.name, call.words, tokens, i);
    }
    const call = open.at(-1);
    const separators = SEPARATORS[call?.name?.text.toUpperCase() ?? ""] ?? [];
    if (token.kind === "word" && separators.includes(token.text.toUpperCase())) {
      call!.words.push(token);
    }
    return [];
  });
}

/** @param end index of the call's closing parenthesis */
function callEdits(name: Token, words: Token[], tokens: Token[], end: number): Edit[] {
  if (words.length === 0) return [];
  const at = tokens.indexOf(words[0]);
  switch (name.text.toUpperCase()) {
    case "EXTRACT":
      return [
        replace(name, tokens[at - 1].text),
        { from: tokens[at - 1].at, to: words[0].at + words[0].text.length, by: "" },
      ];
    case "SUBSTRING":
      return words.map((word) => replace(word, ","));
    case "POSITION": {
      const [sought, text] = [tokens.slice(tokens.indexOf(name) + 2, at), tokens.slice(at + 1, end)]
        .map((part) => part.map(({ text }) => text).join(" "));
      const to = tokens[end].at;
      return [{ from: name.at, to, by: `strpos(${text}, ${sought}` }];
    }
    default: {
      // The last AS: others may be within the value, such as a CASE's.
      const as = words.at(-1)!;
      const type = tokens[tokens.indexOf(as) + 1]?.text.toLowerCase();
      // Another type stays an error of SQLite.
      if (!CAST_TYPES.has(type)) return [];
      return [
        replace(name, name.text.toUpperCase() === "CAST" ? CAST : TRY_CAST),
        { from: as.at, to: tokens[end].at, by: `, '${type}'` },
      ];
    }
  }
}

/** Words that end the last item of an ORDER BY. */
const AFTER_ORDER = /^(LIMIT|OFFSET|FETCH|ROWS|RANGE|GROUPS|UNION|EXCEPT|INTERSECT)$/i;

/** Nulls come last in ascending order too. */
function orders(tokens: Token[]): Edit[] {
  const edits: Edit[] = [];
  tokens.forEach((token, i) => {
    if (!/^ORDER$/i.test(token.text) || !/^BY$/i.test(tokens[i + 1]?.text ?? "")) return;
    let depth = 0;
    let item: Token[] = [];
    for (let at = i + 2; at <= tokens.length; at++) {
      const next = tokens[at];
      const ends = next === undefined || (depth === 0 && /^[),;]$/.test(next.text)) ||
        (depth === 0 && next.kind === "word" && AFTER_ORDER.test(next.text));
      if (ends) {
        const last = item.at(-1);
        const settled = item.some(({ kind, text }) =>
          kind === "word" && /^(NULLS|DESC)$/i.test(text)
        );
        if (last !== undefined && !settled) {
          const to = last.at + last.text.length;
          edits.push({ from: to, to, by: " NULLS LAST" });
        }
        if (next?.text !== ",") return;
        item = [];
        continue;
      }
      if (next.text === "(") depth++;
      if (next.text === ")") depth--;
      item.push(next);
    }
  });
  return edits;
}
