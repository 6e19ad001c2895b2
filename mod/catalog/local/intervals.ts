import { sqlTokens, type Token } from "../sql_tokens.ts";

/** `x + INTERVAL '1' DAY` as `date_add('day', 1, x)`, from left to right. */
export function withoutIntervals(sql: string): string {
  let text = sql;
  while (true) {
    const tokens = sqlTokens(text);
    const at = tokens.findIndex((_, i) => isInterval(tokens, i));
    if (at === -1) return text;
    const [sign, , count, unit] = tokens.slice(at - 1, at + 3);
    const from = operand(tokens, at - 2);
    const value = text.slice(from.at, sign.at).trimEnd();
    const number = Number(count.text.slice(1, -1)) * (sign.text === "-" ? -1 : 1);
    text = text.slice(0, from.at) + `date_add('${unit.text.toLowerCase()}', ${number}, ${value})` +
      text.slice(unit.at + unit.text.length);
  }
}

/** Whether an interval of one unit begins here, after `+` or `-` and something before that. */
function isInterval(tokens: Token[], i: number): boolean {
  const [sign, word, count, unit] = [i - 1, i, i + 1, i + 2].map((at) => tokens[at]);
  return i >= 2 && /^INTERVAL$/i.test(word.text) && /^[+-]$/.test(sign.text) &&
    count?.kind === "text" && /^'-?\d+'$/.test(count.text) &&
    /^(SECOND|MINUTE|HOUR|DAY|WEEK|MONTH|YEAR)$/i.test(unit?.text ?? "");
}

/** First token of the value that ends at `i`: a name, a literal, a call, or something in parentheses. */
function operand(tokens: Token[], i: number): Token {
  let at = i;
  if (tokens[at].text === ")") {
    for (let depth = 0; at >= 0; at--) {
      if (tokens[at].text === ")") depth++;
      if (tokens[at].text === "(" && --depth === 0) break;
    }
    if (tokens[at - 1]?.kind === "word" && !KEYWORD.test(tokens[at - 1].text)) at--;
  }
  while (tokens[at - 1]?.text === ".") at -= 2;
  return tokens[Math.max(0, at)];
}

/** Words that can precede a parenthesis without being a function's name. */
const KEYWORD = /^(SELECT|WHERE|AND|OR|NOT|ON|IN|WHEN|THEN|ELSE|BY|HAVING|BETWEEN|AS)$/i;
