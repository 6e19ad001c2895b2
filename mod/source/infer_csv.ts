import { countText } from "../terminal/amount_text.ts";
import { DELIMITERS } from "./file_form.ts";
import { HEADER_LINES, refuseRepeated, rowsBelow } from "./header.ts";
import { ColumnGuess } from "./infer_column.ts";
import { columnOf, type Guesses, type NamedColumn } from "./infer_guesses.ts";
import { splitRecord } from "./split_record.ts";

/**
 * The columns of CSV lines.
 * @param given the separator, where it is known
 * @throws {Failure} kind `usage`, if several columns have one name
 */
export function guessCsv(lines: string[], given: string | undefined, file: string): Guesses {
  const own = lines.filter((line) => !line.startsWith("#"));
  const separator = /^"?sep=(.)"?$/i.exec(own[0] ?? "")?.[1];
  if (separator !== undefined) own.shift();
  const width = (line: string, delimiter: string) => fieldsOf(line, delimiter).length;
  const above = linesAbove(own, given ?? separator, width);
  own.splice(0, above);
  const delimiter = given ?? separator ??
    DELIMITERS.reduce((best, next) =>
      width(own[0] ?? "", next) > width(own[0] ?? "", best) ? next : best
    );
  const below = rowsBelow(
    own.slice(1, 3).map((line) => new TextEncoder().encode(line)),
    fieldsOf(own[0] ?? "", delimiter),
    delimiter,
  );
  const names = below.names.map((name) => name.trim());
  refuseRepeated(repeatedOf(names), file, SIDE_BY_SIDE);
  const guesses = names.map((name) => new ColumnGuess(name));
  let rows = 0;
  for (const line of own.slice(1 + below.lines)) {
    const fields = fieldsOf(line, delimiter);
    // A line that cannot be split says nothing about the columns.
    if (fields.length < names.length - 1 || fields.length > names.length + 1) continue;
    rows++;
    guesses.forEach((guess, i) => guess.add(fields[i]));
  }
  if (guesses.some((guess) => guess.hasDecimalComma)) {
    for (const guess of guesses) guess.takeDecimalComma();
  }
  const about = [
    delimiter === "," ? "" : `, separated by ${JSON.stringify(delimiter)}`,
    above === 0 ? "" : `, below ${countText(above, "other line")}`,
  ].join("");
  const columns = guesses.filter(({ name }) => name !== "").map(columnOf);
  if (below.ticker !== undefined) columns.unshift(tickerColumn());
  const [first] = guesses;
  const isUnnamed = first?.name === "" && first.result.required;
  if (!isUnnamed) return { columns, rows, about };
  const date = unnamedDate(first, names);
  return date === undefined
    ? { columns, rows, about, comments: ["The first column has no name in the header: left out."] }
    : { columns: [date, ...columns], rows, about };
}

/** Lines above the header: the first line that has several fields and about as many as the next one. */
function linesAbove(
  lines: readonly string[],
  given: string | undefined,
  width: (line: string, delimiter: string) => number,
): number {
  const at = lines.slice(0, HEADER_LINES).findIndex((line, i) =>
    (given === undefined ? DELIMITERS : [given]).some((delimiter) => {
      const [own, next] = [line, lines[i + 1] ?? ""].map((line) => width(line, delimiter));
      return own > 1 && next > 1 && Math.abs(own - next) <= 1;
    })
  );
  return Math.max(0, at);
}

const SIDE_BY_SIDE =
  "The file may hold several symbols side by side: save each to a file of its own, or keep each column only once.";

/** Names that stand more than once, the first few. */
function repeatedOf(names: readonly string[]): string[] {
  const plain = names.map((name) => name.toLowerCase());
  const repeated = names.filter((name, i) => name !== "" && plain.indexOf(plain[i]) < i);
  return [...new Set(repeated)].slice(0, 5);
}

/** The symbol of yfinance's second header row, which each row gets. */
function tickerColumn(): NamedColumn {
  const comments = ["from the second row of the header"];
  return { wire: "Ticker", type: "string", required: true, more: {}, comments };
}

/** A first column without a name whose values are days or times, as pandas writes a frame's index. */
function unnamedDate({ result }: ColumnGuess, names: readonly string[]): NamedColumn | undefined {
  const isOnly = names.lastIndexOf("") === 0 && !names.some((name) => /^date$/i.test(name));
  if (!isOnly || (result.type !== "date" && result.type !== "timestamp")) return undefined;
  const comments = [...result.comments, "the first column, which has no name in the header"];
  // An alias of blanks is the empty name.
  return { ...result, wire: "Date", more: { ...result.more, aliases: [" "] }, comments };
}

function fieldsOf(line: string, delimiter: string): string[] {
  if (!line.includes('"')) return line.split(delimiter);
  const decoder = new TextDecoder();
  return splitRecord(new TextEncoder().encode(line), delimiter)?.map((f) => decoder.decode(f)) ??
    [];
}
