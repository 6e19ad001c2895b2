import { Failure } from "../failure/failure.ts";
import { canonicalText } from "../schema/canonical_value.ts";
import { checkValue } from "../schema/check_value.ts";
import { valueText } from "../schema/value_text.ts";
import type { RowSchema } from "../schema/schema.ts";
import { DELIMITERS, type FileForm, filledConstant } from "./file_form.ts";
import { matchColumns } from "./match_columns.ts";
import { splitRecord } from "./split_record.ts";

/** Where a file has the schema's columns. */
export interface Header {
  /** Number of fields that a row must have. */
  fieldCount: number;
  /** For each column of the schema the index of its field, -1 for one that does not exist. */
  fieldOf: number[];
  /** For each column of the schema the text that it has in every row, in the form of messages. */
  constants: Array<string | undefined>;
  /** What separates the fields, one byte. */
  delimiter: string;
  /** Whether the header ends with a separator; rows then may or may not. */
  isTrailing: boolean;
}

/** A header, and the number of lines that it and everything above it take. */
export interface FoundHeader {
  header: Header;
  lines: number;
}

/** First name of a header of three rows, see {@linkcode rowsBelow}. */
const FIRST_OF_THREE = "Price";

/** Lines in which a header is looked for. */
export const HEADER_LINES = 20;

/**
 * Finds the header in a file's first lines: the first line that names all columns that a row must
 * have, in any order, by wire name, lake name or alias. Lines above it are skipped. Columns that the
 * schema does not know are ignored.
 * @param lines the first lines, without their ends
 * @param final whether there are no more lines, or none in which a header is looked for
 * @returns `null` if it may come with the next lines
 * @throws {Failure} kind `usage`, naming the columns that are missing or there more than once
 */
export function findHeader(
  lines: readonly Uint8Array[],
  schema: RowSchema,
  form: FileForm,
  final: boolean,
): FoundHeader | null {
  const given = lines.findIndex((line) => line.length > 0);
  if (given === -1) {
    if (!final) return null;
    throw new Failure(
      "usage",
      `${form.name} is empty: expected a header such as ${wires(schema)}`,
    );
  }
  const separator = separatorLine(lines[given]);
  const delimiter = form.delimiter ?? separator;
  const first = separator === undefined ? given : given + 1;
  for (let at = first; at < lines.length; at++) {
    if (lines[at].length === 0) continue;
    const header = headerOf(lines, at, schema, form, delimiter);
    // The next lines may belong to the header.
    if (header !== null) {
      return !final && lines.length < at + 3 && isPrice(lines[at]) ? null : header;
    }
  }
  return final ? refuse(lines, first, schema, form, delimiter) : null;
}

/** Whether it may be the first of three header rows. */
function isPrice(line: Uint8Array): boolean {
  return textOf(line).startsWith(FIRST_OF_THREE);
}

/** What a first line `sep=;`, as Excel writes it, says. */
function separatorLine(line: Uint8Array): string | undefined {
  return /^"?sep=(.)"?$/i.exec(textOf(line))?.[1];
}

/** The header at a line, by the separator with which it names most columns. */
function headerOf(
  lines: readonly Uint8Array[],
  at: number,
  schema: RowSchema,
  form: FileForm,
  delimiter: string | undefined,
): FoundHeader | null {
  let best: FoundHeader | null = null;
  let most = 0;
  for (const candidate of delimiter === undefined ? DELIMITERS : [delimiter]) {
    const names = namesOf(lines[at], candidate);
    if (names === null) continue;
    const below = rowsBelow(lines.slice(at + 1, at + 3), names, candidate);
    const { fieldOf, repeated } = matchColumns(schema.columns, below.names);
    const constants = constantsOf(schema, form, fieldOf, below.ticker);
    if (missing(schema, fieldOf, constants).length > 0) continue;
    const matches = fieldOf.filter((field) => field !== -1).length;
    if (matches <= most) continue;
    refuseRepeated(repeated, form.name);
    refuseBoth(schema, form, fieldOf);
    most = matches;
    best = {
      lines: at + 1 + below.lines,
      header: {
        fieldCount: names.length,
        fieldOf,
        constants: constantTexts(schema, constants, form.name),
        delimiter: candidate,
        isTrailing: names.length > 1 && names.at(-1) === "",
      },
    };
  }
  return best;
}

/** Names of a header's fields, or `null` if its quotes do not match. */
function namesOf(line: Uint8Array, delimiter: string): string[] | null {
  return splitRecord(line, delimiter)?.map(textOf) ?? null;
}

/**
 * The second and third header row of yfinance: `Ticker,ABC,ABC,…` and `Date,,,…`, below a first that
 * begins with `Price`.
 */
export function rowsBelow(
  lines: readonly Uint8Array[],
  names: string[],
  delimiter: string,
): { names: string[]; lines: number; ticker?: string } {
  if (lines.length < 2 || names[0] !== FIRST_OF_THREE) return { names, lines: 0 };
  const [second, third] = lines.map((line) => namesOf(line, delimiter));
  const isThird = third !== null && third.slice(1).every((name) => name === "");
  if (second?.[0] !== "Ticker" || !isThird) return { names, lines: 0 };
  const tickers = new Set(second.slice(1));
  return {
    names: [third[0], ...names.slice(1)],
    lines: 2,
    ticker: tickers.size === 1 ? second[1] : undefined,
  };
}

/** Texts for the columns that the file lacks: of `--set`, of the file's own header, of the schema. */
function constantsOf(
  { columns }: RowSchema,
  { constants }: FileForm,
  fieldOf: readonly number[],
  ticker: string | undefined,
): Array<string | undefined> {
  return columns.map((column, c) => {
    if (fieldOf[c] !== -1) return undefined;
    const names = [column.wire, ...column.aliases ?? []];
    return constants?.get(column.wire) ?? (names.includes("Ticker") ? ticker : undefined) ??
      column.default;
  });
}

/** The constants as messages have them, checked once for all rows. */
function constantTexts(
  schema: RowSchema,
  constants: ReadonlyArray<string | undefined>,
  file: string,
): Array<string | undefined> {
  return schema.columns.map((column, c) => {
    const constant = constants[c];
    if (constant === undefined) return undefined;
    const text = canonicalText(column, filledConstant(constant, column.wire, file));
    const isNumber = column.type === "double" || column.type === "long";
    const checked = checkValue(column, isNumber && text !== undefined ? Number(text) : text);
    if (checked === null || typeof checked !== "object") return text;
    throw new Failure("usage", `--set ${column.wire}=${constant}: ${checked.reason}`);
  });
}

function missing(
  { columns }: RowSchema,
  fieldOf: readonly number[],
  constants: ReadonlyArray<string | undefined>,
): string[] {
  return columns.filter(({ required }, c) =>
    required && fieldOf[c] === -1 && constants[c] === undefined
  ).map(({ wire }) => wire);
}

/** @throws {Failure} kind `usage`, if there is a repeated column */
export function refuseRepeated(
  repeated: readonly string[],
  file: string,
  fix = "Keep each column only once in the file.",
): void {
  if (repeated.length === 0) return;
  throw new Failure("usage", `${file}: more than one column ${repeated.join(", ")}`, { fix });
}

/** `--set` is for columns that a file lacks: it must not hide what a file says. */
function refuseBoth(schema: RowSchema, form: FileForm, fieldOf: readonly number[]): void {
  const both = schema.columns.filter(({ wire }, c) =>
    fieldOf[c] !== -1 && form.constants?.has(wire)
  );
  if (both.length === 0) return;
  const names = both.map(({ wire }) => wire).join(", ");
  throw new Failure("usage", `${form.name} already has a column ${names}, but --set gives one`, {
    fix: `Leave --set ${both[0].wire}=… out for this file.`,
  });
}

function refuse(
  lines: readonly Uint8Array[],
  first: number,
  schema: RowSchema,
  form: FileForm,
  delimiter: string | undefined,
): never {
  const candidates = delimiter === undefined ? DELIMITERS : [delimiter];
  // The reading with the fewest missing columns gives the most useful message.
  const readings = lines.slice(first).flatMap((line) =>
    line.length === 0 ? [] : candidates.flatMap((candidate) => {
      const names = namesOf(line, candidate);
      if (names === null) return [];
      const { fieldOf, repeated } = matchColumns(schema.columns, names);
      const constants = constantsOf(schema, form, fieldOf, undefined);
      return [{ line, names, repeated, missing: missing(schema, fieldOf, constants) }];
    })
  );
  if (readings.length === 0) {
    throw new Failure("usage", `${form.name}: the header's quotes do not match`);
  }
  const best = readings.reduce((a, b) => b.missing.length < a.missing.length ? b : a);
  refuseRepeated(best.repeated, form.name);
  const wanted = best.missing.join(", ");
  const columns = best.missing.length === 1 ? "column" : "columns";
  const isMany = best.names.length > 2 && best.names[0] === FIRST_OF_THREE;
  throw new Failure(
    "usage",
    `${form.name}: no ${columns} ${wanted}; the header is ${shown(best.names)}`,
    { fix: fixOf(best, schema, isMany) },
  );
}

/** A line read as a header with one of the separators. */
interface Reading {
  line: Uint8Array;
  names: readonly string[];
  missing: readonly string[];
}

function fixOf(
  { line, names, missing }: Reading,
  { columns }: RowSchema,
  isMany: boolean,
): string {
  if (line.includes(0)) return "It is not UTF-8 text: if it is UTF-16, save it as UTF-8.";
  if (missing.length > 1 && names.length === 1) {
    return "Name the separator with --delimiter, if the header has several names; " +
      "`ticklake schema infer FILE` creates a schema for the file, for --schema.";
  }
  // A constant makes sense for a symbol, not for a price.
  const isText = columns.find(({ wire }) => wire === missing[0])?.type === "string";
  if (missing.length > 1 || !isText) {
    return "`ticklake schema infer FILE` creates a schema for the file, for --schema; " +
      "`ticklake schema` lists the shipped ones.";
  }
  const flag = `--set ${missing[0]}=VALUE, or --set ${missing[0]}={stem} for the file's name`;
  return isMany
    ? `The file may hold several symbols side by side: save each to a file of its own, or ${flag}.`
    : `Give every row the same value with ${flag}; or give another --schema.`;
}

const decoder = new TextDecoder();

function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** A header for an error message: enough of it to recognize the file. */
function shown(names: string[]): string {
  const some = names.slice(0, 12).map(valueText).join(", ");
  return names.length > 12 ? `${some} and ${names.length - 12} more` : some;
}

function wires(schema: RowSchema): string {
  return schema.columns.map(({ wire }) => wire).join(",");
}
