import type { Output } from "../terminal/output.ts";
import { safeText } from "../terminal/safe_text.ts";
import type { QueryResult, Value } from "../catalog/engine.ts";

/** Forms in which a result can be printed. */
export type TextFormat = "table" | "csv" | "json" | "markdown";

/** Forms in which an answer can be given. */
export type ResultFormat = TextFormat | "parquet";

/** How a table is fitted to a terminal. */
export interface TableFit {
  /** Columns of the terminal. @default {Infinity} */
  columns?: number;
  /** Called with the number of columns that did not fit. */
  hidden?(count: number): void;
}

/** Printing goes through a buffer of this many characters: one write a row would be slow. */
const BUFFER_CHARACTERS = 65_536;

/** Prints a result to standard output; gives the number of rows. */
export async function printResult(
  result: QueryResult,
  format: TextFormat | "expanded",
  output: Output,
  fit: TableFit = {},
): Promise<number> {
  const printer = PRINTERS[format](result.columns.map(({ name }) => name), output, fit);
  let buffer = printer.begin;
  let rows = 0;
  for await (const page of result.pages) {
    for (const row of page) {
      buffer += printer.row(row, rows++);
      if (buffer.length < BUFFER_CHARACTERS) continue;
      output.raw(buffer);
      if (output.closed) return rows;
      buffer = "";
    }
  }
  output.raw(buffer + printer.end(rows));
  return rows;
}

interface Printer {
  begin: string;
  row(values: Value[], number: number): string;
  end(rows: number): string;
}

const PRINTERS: Record<
  TextFormat | "expanded",
  (names: string[], output: Output, fit: TableFit) => Printer
> = {
  csv(names) {
    const isTerminal = Deno.stdout.isTerminal();
    const line = (values: Value[]) => csvLine(values, isTerminal);
    return { begin: line(names), row: line, end: () => "" };
  },
  json(names) {
    const keys = distinct(names);
    return {
      begin: "[",
      row: (values, number) =>
        (number === 0 ? "\n" : ",\n") +
        // The escapes are JSON's own: the value that is read is the same.
        safeText(
          JSON.stringify(Object.fromEntries(keys.map((key, i) => [key, jsonValue(values[i])]))),
        ),
      end: (rows) => rows === 0 ? "]\n" : "\n]\n",
    };
  },
  /** Holds all rows, as the widths of the columns depend on them. */
  markdown: (names) => ({
    begin: markdownRow(names) + markdownRow(names.map(() => "---")),
    row: markdownRow,
    end: () => "",
  }),
  expanded(all) {
    const names = all.map(safeText);
    const widest = Math.max(0, ...names.map(width));
    return {
      begin: "",
      row: (values, number) =>
        `-- row ${number + 1}\n` +
        names.map((name, c) => `${name}${" ".repeat(widest - width(name))}  ${cell(values[c])}\n`)
          .join(""),
      end: () => "",
    };
  },
  table(names, { colour }, fit) {
    const rows: Value[][] = [];
    return {
      begin: "",
      row(values) {
        rows.push(values);
        return "";
      },
      end: () => table(names, rows, colour, fit),
    };
  },
};

/** One record by RFC 4180: NULL is an empty field, the empty text is `""`. */
function csvLine(values: Value[], isTerminal: boolean): string {
  let line = "";
  for (let c = 0; c < values.length; c++) {
    const value = values[c];
    line += c === 0 ? "" : ",";
    if (typeof value === "string") line += csvText(value, isTerminal);
    else if (value !== null) line += value;
  }
  return line + "\r\n";
}

/**
 * What a spreadsheet takes for a formula, which could run a program or send the table away; the full-width signs
 * too, in its East Asian versions. A text that is a number is none. Source: OWASP, CSV injection.
 */
const FORMULA = /^[=@\t\n\r\0\uff1d\uff20\uff0b\uff0d]|^[+-](?![\d.]+(?:[eE][+-]?\d+)?$)/;

function csvText(value: string, isTerminal: boolean): string {
  const given = mayBeFormula(value.charCodeAt(0)) && FORMULA.test(value) ? `'${value}` : value;
  const text = isTerminal ? safeText(given) : given;
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** By its first character, as most texts are none and a pattern a value is slow. */
function mayBeFormula(first: number): boolean {
  return first <= 0x2d || first === 0x3d || first === 0x40 || first >= 0xff0b;
}

/** In V8 since 11.4, not yet in TypeScript's types. */
interface RawJson {
  rawJSON(text: string): unknown;
}

/** Integers keep all their digits; what JSON has no number for is text. */
function jsonValue(value: Value): unknown {
  if (typeof value === "bigint") return (JSON as unknown as RawJson).rawJSON(String(value));
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

/** Names without repetition: `close`, `close_2`. */
function distinct(names: string[]): string[] {
  const used = new Set<string>();
  return names.map((name) => {
    let key = name;
    for (let n = 2; used.has(key); n++) key = `${name}_${n}`;
    used.add(key);
    return key;
  });
}

/** A row of a table in Markdown. */
function markdownRow(values: Value[]): string {
  return `| ${values.map((value) => cell(value).replaceAll("|", "\\|")).join(" | ")} |\n`;
}

/** Fewest columns of a terminal that a value is cut to. */
const NARROWEST = 8;

function table(all: string[], rows: Value[][], colour: boolean, fit: TableFit): string {
  const { columns = Infinity, hidden } = fit;
  let texts = rows.map((row) => row.map(cell));
  const wanted = all.map((name, c) =>
    texts.reduce((w, row) => Math.max(w, width(row[c])), width(name))
  );
  let room = columns;
  let shown = 0;
  for (; shown < all.length && (room >= wanted[shown] || shown === 0); shown++) {
    room -= wanted[shown] + 2;
  }
  if (shown < all.length) hidden?.(all.length - shown);
  const names = all.slice(0, shown);
  texts = texts.map((row) => row.slice(0, shown));
  if (wanted[0] > columns) {
    const most = Math.max(NARROWEST, columns);
    texts = texts.map(([first, ...others]) => [cut(first, most), ...others]);
  }
  const widths = names.map((name, c) =>
    texts.reduce((w, row) => Math.max(w, width(row[c])), width(safeText(name)))
  );
  const numeric = names.map((_, c) =>
    rows.some((row) => row[c] !== null) &&
    rows.every((row) => row[c] === null || typeof row[c] === "number" || typeof row[c] === "bigint")
  );
  const line = (cells: string[]) =>
    cells.map((text, c) => {
      const blanks = " ".repeat(widths[c] - width(text));
      return numeric[c] ? blanks + text : text + blanks;
    }).join("  ").trimEnd() + "\n";
  const heading = line(names.map(safeText));
  return (colour ? `\x1b[1m${heading.trimEnd()}\x1b[0m\n` : heading) +
    line(widths.map((w) => "-".repeat(w))) + texts.map(line).join("");
}

function cell(value: Value): string {
  if (value === null) return "NULL";
  return safeText(String(value).replace(/[\t\n\r]/g, (c) => JSON.stringify(c).slice(1, -1)));
}

function cut(text: string, columns: number): string {
  return width(text) <= columns ? text : [...text].slice(0, columns - 1).join("") + "…";
}

/** Width of a text on a terminal, in columns: wide East Asian characters and emoji take two. */
function width(text: string): number {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return text.length;
  let columns = 0;
  for (const character of text.normalize("NFC")) {
    if (/\p{M}|\u200d/u.test(character)) continue;
    columns += WIDE.test(character) ? 2 : 1;
  }
  return columns;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
