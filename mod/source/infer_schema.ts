import { countText } from "../terminal/amount_text.ts";
import { Failure } from "../failure/failure.ts";
import { DELIMITERS, type FileForm, formatByName, stemOf } from "./file_form.ts";
import { rowsBelow } from "./header.ts";
import { ColumnGuess, type InferredColumn } from "./infer_column.ts";
import type { Input } from "./input.ts";
import { refuseArray } from "./json_array.ts";
import { parseJson } from "../schema/parse_json.ts";
import { draftText } from "../schema/schema_draft.ts";
import { readSome } from "./read_some.ts";
import { splitRecord } from "./split_record.ts";

/** Bytes of a file that are looked at. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * A schema for a file, as text with comments on what was guessed, ready for `--schema`. Looks at the
 * whole file, up to 64 MiB.
 * @throws {Failure} kind `usage`, for a file without a header and rows
 */
export async function inferSchema(
  input: Input,
  form: Omit<FileForm, "name">,
  signal?: AbortSignal,
): Promise<string> {
  const { text, isWhole } = await beginningOf(input, signal);
  if (text.slice(0, 4096).includes("\0")) {
    throw new Failure("usage", `${input.name} is not UTF-8 text`, {
      fix: "If it is UTF-16, save it as UTF-8.",
    });
  }
  refuseArray(text.trimStart().charCodeAt(0), { ...form, name: input.name });
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== "");
  const format = form.format ?? formatByName(input.name) ??
    (text.trimStart()[0] === "{" ? "jsonl" : "csv");
  const { guesses, rows, about } = format === "jsonl"
    ? guessJson(lines)
    : guessCsv(lines, form.delimiter);
  if (rows === 0) {
    throw new Failure("usage", `${input.name} has no row to look at: expected a header and rows`);
  }
  return draftText({
    source: input.name === "stdin" ? "rows" : stemOf(input.name),
    columns: withPrices(guesses.map((guess) => ({ wire: guess.name, ...guess.result }))),
    comments: [
      `Made by \`ticklake schema infer ${input.name}\` from ${countText(rows, "row")}${
        isWhole ? "" : ", the first 64 MiB of the file"
      }${about}. Review it: it is a guess.`,
    ],
  });
}

const PRICE_NAME = /^(open|high|low|close|adj[ _.]?close)$/i;

/** Prices that are whole by chance have the type of the other prices. */
function withPrices<T extends InferredColumn & { wire: string }>(columns: T[]): T[] {
  const isPrice = ({ wire }: T) => PRICE_NAME.test(wire);
  const other = columns.find((column) => isPrice(column) && column.type === "double");
  if (other === undefined) return columns;
  return columns.map((column) =>
    isPrice(column) && column.type === "long"
      ? { ...column, type: "double" as const, more: other.more }
      : column
  );
}

async function beginningOf(
  input: Input,
  signal?: AbortSignal,
): Promise<{ text: string; isWhole: boolean }> {
  const file = await input.open();
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for (const chunk = new Uint8Array(256 * 1024); size < MOST_BYTES;) {
      const count = await readSome(file, chunk, input.name, signal);
      if (count === null) break;
      parts.push(chunk.slice(0, count));
      size += count;
    }
  } finally {
    file.close();
  }
  const isWhole = size < MOST_BYTES;
  const decoder = new TextDecoder();
  const text = parts.map((part) => decoder.decode(part, { stream: true })).join("");
  // A line cut off by the limit is ignored.
  return { text: isWhole ? text : text.slice(0, text.lastIndexOf("\n")), isWhole };
}

interface Guesses {
  guesses: ColumnGuess[];
  rows: number;
  about: string;
}

function guessCsv(lines: string[], given: string | undefined): Guesses {
  const own = lines.filter((line) => !line.startsWith("#"));
  const separator = /^"?sep=(.)"?$/i.exec(own[0] ?? "")?.[1];
  if (separator !== undefined) own.shift();
  const width = (line: string, delimiter: string) => fieldsOf(line, delimiter).length;
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
  const about = delimiter === "," ? "" : `, separated by ${JSON.stringify(delimiter)}`;
  return { guesses: guesses.filter(({ name }) => name !== ""), rows, about };
}

function fieldsOf(line: string, delimiter: string): string[] {
  if (!line.includes('"')) return line.split(delimiter);
  const decoder = new TextDecoder();
  return splitRecord(new TextEncoder().encode(line), delimiter)?.map((f) => decoder.decode(f)) ??
    [];
}

function guessJson(lines: string[]): Guesses {
  const objects = lines.map(parseJson).filter((value): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value)
  );
  const names = [...new Set(objects.flatMap((object) => Object.keys(object)))];
  const guesses = names.map((name) => new ColumnGuess(name));
  for (const object of objects) {
    guesses.forEach((guess) => {
      const value = object[guess.name];
      guess.add(value === undefined || value === null ? undefined : String(value));
    });
  }
  return { guesses, rows: objects.length, about: "" };
}
