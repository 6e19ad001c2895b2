import type { InputFile } from "../../mod/source/input_file.ts";
import { RowParser } from "../../mod/source/row_parser.ts";
import type { RowSchema } from "../../mod/schema/schema.ts";

/** What came of a file: each valid row's key and message, and each rejection, as `line: reason`. */
export interface FileOutcome {
  rows: string[][];
  rejected: string[];
}

/** Parses bytes that arrive in pieces of these sizes, the last size again and again. */
export async function outcomeOf(
  bytes: Uint8Array | string,
  schema: RowSchema,
  sizes: number[] = [Infinity],
): Promise<FileOutcome> {
  const file = inMemory(bytes, sizes);
  const outcome: FileOutcome = { rows: [], rejected: [] };
  const sink = {
    row: ({ key, value }: { key: string; value: Uint8Array }) => {
      outcome.rows.push([key, new TextDecoder().decode(value)]);
    },
    rejected: (line: number, reason: string) => {
      outcome.rejected.push(`${line}: ${reason}`);
    },
  };
  const parser = await RowParser.afterHeader((into) => file.read(into), schema, {
    name: "quotes.csv",
  });
  parser.push(0, sink);
  for (;;) {
    const count = await file.read(parser.space());
    if (count === null) break;
    parser.push(count, sink);
  }
  parser.finish(sink);
  return outcome;
}

/** Bytes as an open file that gives them in pieces of these sizes, the last size again and again. */
export function inMemory(content: Uint8Array | string, sizes: number[] = [Infinity]): InputFile {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  let at = 0;
  let reads = 0;
  const readSync = (into: Uint8Array) => {
    const size = Math.max(1, sizes[Math.min(reads++, sizes.length - 1)]);
    const part = bytes.subarray(at, at + Math.min(size, into.length));
    into.set(part);
    at += part.length;
    return part.length === 0 ? null : part.length;
  };
  return {
    readSync,
    read: (into) => Promise.resolve(readSync(into)),
    seekSync: (offset) => at = offset,
    close: () => {},
  };
}
