import type { RowSchema } from "../schema/schema.ts";
import { encodeRecord } from "./encode_record.ts";
import { type Header, readHeader } from "./header.ts";
import { LineEncoder } from "./line_encoder.ts";
import type { RowSink } from "./source_row.ts";

/**
 * Most bytes of a row in the file. JSON escapes can make six bytes of one, and a message has to stay
 * below Kafka's usual limit of 1 MiB.
 */
export const MAX_ROW_BYTES = 128 * 1024;

/** More than one row of any length, so that there is always something to go on with. */
const BUFFER_BYTES = 2 * MAX_ROW_BYTES;

const NEWLINE = 0x0a;
const LINE_END_BYTES = 2;
const RETURN = 0x0d;
const QUOTE = 0x22;

/**
 * Cuts the bytes of a CSV file into rows, in memory that does not grow with the file. Every row goes
 * to the sink, as a message or as a rejection; empty lines are no rows.
 *
 * A row may go over several lines where a quoted field holds line ends. When such a row is broken (or
 * its quote never closed, or not within {@linkcode MAX_ROW_BYTES}), only its first line is rejected
 * and reading goes on with the next one: a stray quote costs one row, not the rest of the file. This
 * stays linear: a line that leaves a quote open is read again at most once, as the lines behind it up
 * to the one that closes it hold even numbers of quotes.
 */
export class RowParser {
  readonly #schema: RowSchema;
  readonly #header: Header;
  readonly #encoder: LineEncoder;
  readonly #buffer: Uint8Array;
  #start: number;
  #end: number;
  /** The buffer's place in the file. */
  #base = 0;
  #line: number;
  /** Inside of a line that was too long and is rejected already. */
  #skipping = false;

  private constructor(
    schema: RowSchema,
    header: Header,
    buffer: Uint8Array,
    place: { start: number; end: number; line: number },
  ) {
    this.#schema = schema;
    this.#header = header;
    this.#encoder = new LineEncoder(schema, header);
    this.#buffer = buffer;
    this.#start = place.start;
    this.#end = place.end;
    this.#line = place.line;
  }

  /**
   * Reads a file's header and gives the parser that stands behind it.
   * @param read fills an array from its beginning; `null` at the file's end
   * @throws {Failure} kind `usage`, when the header is not the schema's
   */
  static async afterHeader(
    read: (into: Uint8Array) => Promise<number | null>,
    schema: RowSchema,
    file: string,
  ): Promise<RowParser> {
    const buffer = new Uint8Array(BUFFER_BYTES);
    let end = 0;
    for (;;) {
      const count = end > MAX_ROW_BYTES ? null : await read(buffer.subarray(end));
      end += count ?? 0;
      const line = headerLine(buffer.subarray(0, end), count === null);
      if (line === null) continue;
      const header = readHeader(buffer.subarray(line.start, line.stop), schema, file);
      return new RowParser(schema, header, buffer, {
        start: line.next,
        end,
        line: line.number + 1,
      });
    }
  }

  /** Forgets all bytes and goes on at another row's first byte; line numbers are off from then on. */
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
      const row = this.#encoder.encode(bytes, start, stop);
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
    const end = endOfRecord(bytes, start, final);
    if (end === -1 && !final && bytes.length - start <= MAX_ROW_BYTES) return false;
    if (end === -1 || end - start > MAX_ROW_BYTES + LINE_END_BYTES) {
      return this.#reject("a quote is not closed", next, sink);
    }
    const isOneLine = end === next;
    const record = bytes.subarray(start, isOneLine ? stop : end);
    const lines = isOneLine ? 1 : countLines(bytes, start, end);
    const outcome = encodeRecord(this.#schema, this.#header, record);
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

/** The first line that is not empty, without a byte order mark; `null` when more bytes are needed. */
function headerLine(
  bytes: Uint8Array,
  final: boolean,
): { start: number; stop: number; next: number; number: number } | null {
  let start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  for (let number = 1;; number++) {
    const newline = bytes.indexOf(NEWLINE, start);
    if (newline === -1 && !final) return null;
    const end = newline === -1 ? bytes.length : newline;
    const next = newline === -1 ? end : newline + 1;
    const stop = end > start && bytes[end - 1] === RETURN ? end - 1 : end;
    if (stop > start || newline === -1) return { start, stop, next, number };
    start = next;
  }
}
