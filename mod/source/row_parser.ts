import type { RowSchema } from "../schema/schema.ts";
import { csvRecords } from "./csv_records.ts";
import { type FileForm, formatByName } from "./file_form.ts";
import { findHeader, HEADER_LINES } from "./header.ts";
import { refuseArray } from "./json_array.ts";
import { jsonRecords } from "./json_records.ts";
import type { RecordForm } from "./record_form.ts";
import type { RowSink } from "./source_row.ts";

/**
 * Most bytes of a row in the file. JSON escapes can make six bytes of one, and a message has to stay
 * below Kafka's usual limit of 1 MiB.
 */
export const MAX_ROW_BYTES = 128 * 1024;

/** More than one row of any length, so that there is always something to continue with. */
const BUFFER_BYTES = 2 * MAX_ROW_BYTES;

const NEWLINE = 0x0a;
const LINE_END_BYTES = 2;
const RETURN = 0x0d;
const QUOTE = 0x22;

/**
 * Cuts the bytes of a file into rows, in memory that does not grow with the file. Every row goes
 * to the sink, as a message or as a rejection; empty lines are no rows.
 *
 * A row may go over several lines where a quoted field holds line ends. When such a row is broken (or
 * its quote never closed, or not within {@linkcode MAX_ROW_BYTES}), only its first line is rejected
 * and reading continues with the next one: a stray quote costs one row, not the rest of the file. This
 * stays linear: a line that leaves a quote open is read again at most once, as the lines behind it up
 * to the one that closes it hold even numbers of quotes.
 */
export class RowParser {
  readonly #form: RecordForm;
  /** Whether lines end with a carriage return alone. */
  readonly #isReturn: boolean;
  readonly #buffer: Uint8Array;
  #start: number;
  #end: number;
  /** The buffer's place in the file. */
  #base = 0;
  #line: number;
  /** Whether it is inside a line that was too long and has already been rejected. */
  #skipping = false;

  private constructor(form: RecordForm, buffer: Uint8Array, place: Place) {
    this.#form = form;
    this.#isReturn = place.isReturn;
    this.#buffer = buffer;
    this.#start = place.start;
    this.#end = place.end;
    this.#line = place.line;
  }

  /**
   * Reads a file's header, if it has one, and returns a parser for the rows after it.
   * @param read fills an array from its beginning; `null` at the file's end
   * @throws {Failure} kind `usage`, when the header is not the schema's
   */
  static async afterHeader(
    read: (into: Uint8Array) => Promise<number | null>,
    schema: RowSchema,
    form: FileForm,
  ): Promise<RowParser> {
    const buffer = new Uint8Array(BUFFER_BYTES);
    for (let end = 0;;) {
      const count = end > MAX_ROW_BYTES ? null : await read(buffer.subarray(end));
      const isReturn = endsInReturns(buffer.subarray(0, end + (count ?? 0)), count === null);
      end += count ?? 0;
      if (isReturn) toNewlines(buffer.subarray(0, end));
      const bytes = buffer.subarray(0, end);
      const start = markLength(bytes);
      refuseArray(firstByte(bytes.subarray(start)), form);
      if (isJson(bytes.subarray(start), form)) {
        return new RowParser(jsonRecords(schema, form), buffer, { start, end, line: 1, isReturn });
      }
      const lines = firstLines(bytes, start, count === null);
      const final = count === null || lines.length === HEADER_LINES;
      const found = findHeader(lines.map(({ line }) => line), schema, form, final);
      if (found === null) continue;
      return new RowParser(csvRecords(schema, found.header), buffer, {
        start: lines[found.lines - 1].next,
        end,
        line: found.lines + 1,
        isReturn,
      });
    }
  }

  /** Drops all bytes and continues at another row's first byte; line numbers are wrong from then on. */
  moveTo(offset: number): void {
    this.#base = offset;
    this.#start = this.#end = this.#line = 0;
    this.#skipping = false;
  }

  /** Where the next bytes of the file have to be put, from the beginning; never empty. */
  space(): Uint8Array {
    this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#base += this.#start;
    this.#end -= this.#start;
    this.#start = 0;
    return this.#buffer.subarray(this.#end);
  }

  /** Takes the bytes that were put into {@linkcode space} and gives the sink all rows that they end. */
  push(count: number, sink: RowSink): void {
    if (this.#isReturn) toNewlines(this.#buffer.subarray(this.#end, this.#end + count));
    this.#end += count;
    this.#parse(sink, false);
  }

  /** Gives the sink what is left at the end of the file. */
  finish(sink: RowSink): void {
    this.#parse(sink, true);
  }

  #parse(sink: RowSink, final: boolean): void {
    const bytes = this.#buffer.subarray(0, this.#end);
    const end = this.#end;
    while (this.#start < end) {
      const start = this.#start;
      const newline = bytes.indexOf(NEWLINE, start);
      const next = newline === -1 ? end : newline + 1;
      const lineEnd = newline === -1 ? end : newline;
      const isTooLong = lineEnd - start > MAX_ROW_BYTES;
      if (newline === -1 && !final && !isTooLong && !this.#skipping) return;
      if (this.#skipping || isTooLong) {
        if (!this.#skipping) sink.rejected(this.#line, `longer than ${MAX_ROW_BYTES} bytes`);
        this.#skipping = newline === -1;
        this.#moveOn(next, newline === -1 ? 0 : 1);
        continue;
      }
      const stop = lineEnd > start && bytes[lineEnd - 1] === RETURN ? lineEnd - 1 : lineEnd;
      if (stop === start) {
        this.#moveOn(next, 1);
        continue;
      }
      const row = this.#form.encode(bytes, start, stop);
      if (row !== null) {
        sink.row(row, this.#base + start);
        this.#moveOn(next, 1);
      } else if (!this.#parseRecord(bytes, { start, stop, next, final }, sink)) {
        return;
      }
    }
  }

  /** Decides about a record that is not a plain line; false when more bytes are needed for that. */
  #parseRecord(
    bytes: Uint8Array,
    { start, stop, next, final }: { start: number; stop: number; next: number; final: boolean },
    sink: RowSink,
  ): boolean {
    const end = this.#form.isQuoted ? endOfRecord(bytes, start, final) : next;
    if (end === -1 && !final && bytes.length - start <= MAX_ROW_BYTES) return false;
    if (end === -1 || end - start > MAX_ROW_BYTES + LINE_END_BYTES) {
      return this.#reject("a quote is not closed", next, sink);
    }
    const isOneLine = end === next;
    const record = bytes.subarray(start, isOneLine ? stop : end);
    const lines = isOneLine ? 1 : countLines(bytes, start, end);
    const outcome = this.#form.decide(record);
    if (typeof outcome === "string") {
      const place = isOneLine ? "" : `, in quotes up to line ${this.#line + lines - 1}`;
      return this.#reject(outcome + place, next, sink);
    }
    sink.row(outcome, this.#base + start);
    this.#moveOn(end, lines);
    return true;
  }

  #reject(reason: string, next: number, sink: RowSink): true {
    sink.rejected(this.#line, reason);
    this.#moveOn(next, 1);
    return true;
  }

  #moveOn(start: number, lines: number): void {
    this.#start = start;
    this.#line += lines;
  }
}

/**
 * Where the record that begins at `start` ends: behind the first line after which the quotes are in
 * pairs. -1 when the bytes end before.
 * @param final whether the bytes' end is the file's, which ends a line too
 */
function endOfRecord(bytes: Uint8Array, start: number, final: boolean): number {
  let isOpen = false;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) isOpen = !isOpen;
    else if (byte === NEWLINE && !isOpen) return at + 1;
  }
  return final && !isOpen ? bytes.length : -1;
}

/** Number of lines in `bytes[start, end)`, whose last line end may be missing. */
function countLines(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; count++) {
    const newline = bytes.indexOf(NEWLINE, at);
    at = newline === -1 ? end : newline + 1;
  }
  return count;
}

/** Where a parser begins. */
interface Place {
  start: number;
  end: number;
  /** Number of the line there, from 1. */
  line: number;
  isReturn: boolean;
}

/** Length of a byte order mark at the beginning. */
function markLength(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** Whether a file holds JSON lines: by the setting, its name, or its first character. */
function isJson(bytes: Uint8Array, { format, name }: FileForm): boolean {
  const known = format ?? formatByName(name);
  if (known !== undefined) return known === "jsonl";
  return firstByte(bytes) === 0x7b;
}

/** The first byte that is not white space. */
function firstByte(bytes: Uint8Array): number | undefined {
  return bytes.find((byte) => byte > 0x20);
}

/** Bytes in which a newline is looked for before carriage returns are taken for line ends. */
const RETURN_BYTES = 4096;

function endsInReturns(bytes: Uint8Array, final: boolean): boolean {
  if (!final && bytes.length < RETURN_BYTES) return false;
  const at = bytes.indexOf(RETURN);
  return at !== -1 && at < bytes.length - 1 && !bytes.includes(NEWLINE);
}

function toNewlines(bytes: Uint8Array): void {
  for (let at = bytes.indexOf(RETURN); at !== -1; at = bytes.indexOf(RETURN, at + 1)) {
    bytes[at] = NEWLINE;
  }
}

/** The first lines without their ends, at most {@linkcode HEADER_LINES}, and where the next begins. */
function firstLines(
  bytes: Uint8Array,
  start: number,
  final: boolean,
): Array<{ line: Uint8Array; next: number }> {
  const lines: Array<{ line: Uint8Array; next: number }> = [];
  while (start < bytes.length && lines.length < HEADER_LINES) {
    const newline = bytes.indexOf(NEWLINE, start);
    if (newline === -1 && !final) break;
    const end = newline === -1 ? bytes.length : newline;
    const stop = end > start && bytes[end - 1] === RETURN ? end - 1 : end;
    const next = newline === -1 ? end : newline + 1;
    lines.push({ line: bytes.subarray(start, stop), next });
    start = next;
  }
  return lines;
}
