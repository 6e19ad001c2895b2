import { basename } from "node:path";
import { Failure } from "../failure/failure.ts";
import type { RowSchema } from "../schema/schema.ts";

/** How a file is written: CSV, or a JSON object a line. */
export type InputFormat = "csv" | "jsonl";

/** What is known of a file before its first byte is read. */
export interface FileForm {
  /** Its name, for messages. */
  name: string;
  /** @default {by the name's ending, otherwise by the first byte} */
  format?: InputFormat;
  /** What separates the fields of CSV, one byte. @default {found by looking at the header} */
  delimiter?: string;
  /** Texts for columns that the file lacks, by the column's wire name. */
  constants?: ReadonlyMap<string, string>;
}

/** The separators that are detected, the likeliest first. */
export const DELIMITERS: readonly string[] = [",", ";", "\t", "|"];

/** The file's name without directories and extensions: `prices/ABC.csv.gz` is `ABC`. */
export function stemOf(name: string): string {
  return basename(name).replace(/(?<=.)(\.(csv|tsv|txt|jsonl|ndjson|json|gz|zst|zip))+$/i, "");
}

/** Whether a file's name says that it holds JSON lines. */
export function formatByName(name: string): InputFormat | undefined {
  if (/\.(jsonl|ndjson)(\.(gz|zst))?$/i.test(name)) return "jsonl";
  return /\.(csv|tsv)(\.(gz|zst))?$/i.test(name) ? "csv" : undefined;
}

/** Placeholder for the file's name in a constant. */
const STEM = /\{stem\}/gi;

/** Any placeholder. */
const PLACEHOLDER = /\{\w+\}/g;

/**
 * Reads `--set COLUMN=VALUE` (several, a line each).
 * @returns the values by wire name
 * @throws {Failure} kind `usage`, when there is no such column or no `=`, for two values of a column and
 * for another placeholder than `{stem}`
 */
export function readConstants(text: string | undefined, schema: RowSchema): Map<string, string> {
  const constants = new Map<string, string>();
  for (const entry of (text ?? "").split("\n").filter((entry) => entry !== "")) {
    const at = entry.indexOf("=");
    const name = entry.slice(0, at).trim();
    const column = at < 1
      ? undefined
      : schema.columns.find((column) =>
        [column.wire, column.name, ...column.aliases ?? []].some((other) =>
          other.toLowerCase() === name.toLowerCase()
        )
      );
    if (column === undefined) {
      const wires = schema.columns.map(({ wire }) => wire).join(", ");
      throw new Failure(
        "usage",
        `--set ${entry}: expected COLUMN=VALUE with a column of the schema: ${wires}`,
        { fix: `Name a column, such as --set ${schema.columns[0].wire}=ABC.` },
      );
    }
    const value = entry.slice(at + 1);
    const known = constants.get(column.wire);
    if (known !== undefined && known !== value) {
      throw new Failure(
        "usage",
        `--set ${entry}: ${column.wire} is already set to ${known}`,
        { fix: `Set ${column.wire} once; run produce once for each value.` },
      );
    }
    const unknown = value.replaceAll(STEM, "").match(PLACEHOLDER)?.[0];
    if (unknown !== undefined) {
      throw new Failure("usage", `--set ${entry}: expected {stem}, found ${unknown}`, {
        fix: "{stem}, the file's name without extensions, is the only placeholder.",
      });
    }
    constants.set(column.wire, value);
  }
  return constants;
}

/**
 * A constant with the placeholder replaced by the file's name.
 * @throws {Failure} kind `usage`, for standard input, which has no name
 */
export function filledConstant(text: string, wire: string, file: string): string {
  if (text.search(STEM) === -1) return text;
  if (file === "stdin") {
    throw new Failure("usage", `${wire} should be the file's name, but standard input has none`, {
      fix: `Set it with --set ${wire}=VALUE.`,
    });
  }
  return text.replaceAll(STEM, stemOf(file));
}

/**
 * The separator that `--delimiter` says.
 * @throws {Failure} kind `usage`, when it is not one byte
 */
export function delimiterOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const delimiter = text === "tab" || text === "\\t" ? "\t" : text;
  if (/^[^\w"\r\n\x80-\uffff]$/.test(delimiter)) return delimiter;
  throw new Failure(
    "usage",
    `--delimiter: expected one character or tab, found ${JSON.stringify(text)}`,
  );
}
