/** Kinds of token that the commands have to tell apart. */
export type TokenKind = "word" | "quoted" | "text" | "number" | "symbol";

/** One token of an SQL text, comments and blanks left out. */
export interface Token {
  kind: TokenKind;
  text: string;
  /** Index of its first character. */
  at: number;
}

/**
 * Splits SQL into tokens, for both dialects (SQLite's and Athena's). It never fails: what is not
 * closed goes to the end, and the engine then says what is wrong.
 */
export function sqlTokens(sql: string): Token[] {
  const tokens: Token[] = [];
  for (const match of sql.matchAll(TOKEN)) {
    const { groups, index } = match as RegExpMatchArray & { groups: Record<string, string> };
    const kind = KINDS.find((kind) => groups[kind] !== undefined);
    if (kind !== undefined) tokens.push({ kind, text: match[0], at: index! });
  }
  return tokens;
}

const KINDS: readonly TokenKind[] = ["word", "quoted", "text", "number", "symbol"];

const TOKEN = new RegExp(
  [
    String.raw`\s+|--[^\n]*|/\*[\s\S]*?(?:\*/|$)`,
    String.raw`(?<text>'(?:[^']|'')*(?:'|$))`,
    String.raw`(?<quoted>"(?:[^"]|"")*(?:"|$)` + "|`[^`]*(?:`|$))",
    String.raw`(?<number>\d[\w.]*)`,
    String.raw`(?<word>[\p{L}_][\p{L}\p{N}_$]*)`,
    String.raw`(?<symbol>[\s\S])`,
  ].join("|"),
  "gu",
);
