/** Widest term that has its description beside it; a wider one has it on the lines below. */
const WIDEST_TERM = 34;

/** Breaks a text at its blanks into lines of at most `width` characters; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/**
 * Terms at the left, what they mean at the right, for a terminal of `width` columns.
 * @returns lines without their ends
 */
export function columns(
  rows: ReadonlyArray<readonly [term: string, text: string]>,
  width: number,
): string[] {
  const terms = rows.map(([term]) => term.length);
  const left = Math.max(0, ...terms.filter((length) => length <= WIDEST_TERM)) + 4;
  return rows.flatMap(([term, text]) => {
    const lines = wrap(text, Math.max(20, width - left));
    const first = `  ${term}`;
    const beside = term.length <= left - 4;
    const begin = beside ? [first.padEnd(left) + lines[0]] : [first, " ".repeat(left) + lines[0]];
    return [...begin, ...lines.slice(1).map((line) => " ".repeat(left) + line)];
  });
}
