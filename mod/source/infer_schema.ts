import { countText } from "../terminal/amount_text.ts";
import { Failure } from "../failure/failure.ts";
import { type FileForm, formatByName, stemOf } from "./file_form.ts";
import { guessCsv } from "./infer_csv.ts";
import type { NamedColumn } from "./infer_guesses.ts";
import { guessJson } from "./infer_json.ts";
import type { Input } from "./input.ts";
import { openInput } from "./open_input.ts";
import { refuseArray } from "./json_array.ts";
import { draftText } from "../schema/schema_draft.ts";
import { readSome } from "./read_some.ts";

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
  const { columns, rows, about, comments = [] } = format === "jsonl"
    ? guessJson(lines)
    : guessCsv(lines, form.delimiter, input.name);
  if (rows === 0) {
    throw new Failure("usage", `${input.name} has no row to look at: expected a header and rows`);
  }
  return draftText({
    source: input.name === "stdin" ? "rows" : stemOf(input.name),
    columns: withPrices(columns),
    comments: [
      `Made by \`ticklake schema infer ${input.name}\` from ${countText(rows, "row")}${
        isWhole ? "" : ", the first 64 MiB of the file"
      }${about}. Review it: it is a guess.`,
      ...comments,
    ],
  });
}

const PRICE_NAME = /^(open|high|low|close|adj[ _.]?close)$/i;

/** Prices that are whole by chance have the type of the other prices. */
function withPrices(columns: readonly NamedColumn[]): readonly NamedColumn[] {
  const isPrice = ({ wire }: NamedColumn) => PRICE_NAME.test(wire);
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
  const file = await openInput(input, { signal });
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
