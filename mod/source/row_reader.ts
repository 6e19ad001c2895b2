import type { RowSchema } from "../schema/schema.ts";
import type { FileForm } from "./file_form.ts";
import type { InputFile } from "./input_file.ts";
import { readSome } from "./read_some.ts";
import { RowParser } from "./row_parser.ts";
import type { Row } from "./source_row.ts";
import type { RowPlace } from "./row_index.ts";

/** Bytes that are read first in search of one row. */
const PAGE_BYTES = 4096;

/** Some rows of a file, in its order. */
export interface RowBatch {
  rows: Row[];
  /** Where each of them begins in the file. */
  offsets: number[];
  rejections: Rejection[];
}

/** A broken row. */
export interface Rejection {
  /** Number of the batch's rows that stand before it. */
  after: number;
  /** Number of its first line in the file, from 1. */
  line: number;
  reason: string;
}

/** Options of {@linkcode RowReader.open}. */
export interface RowReaderOptions extends FileForm {
  /** Ends the waiting for bytes; the call then throws its reason. */
  signal?: AbortSignal;
}

/** Reads the rows of a file, in memory that does not grow with it. */
export class RowReader {
  readonly #file: InputFile;
  #isClosed = false;
  readonly #options: RowReaderOptions;
  readonly #parser: RowParser;
  #isFirst = true;
  #isDone = false;

  private constructor(file: InputFile, options: RowReaderOptions, parser: RowParser) {
    this.#file = file;
    this.#options = options;
    this.#parser = parser;
  }

  /**
   * Reads a file's header. The file then belongs to the reader.
   * @throws {Failure} kind `usage`, when the header is not the schema's; kind `failed`, when the file
   *   cannot be read
   */
  static async open(
    file: InputFile,
    schema: RowSchema,
    options: RowReaderOptions,
  ): Promise<RowReader> {
    const { name, signal } = options;
    try {
      const read = (into: Uint8Array) => readSome(file, into, name, signal);
      return new RowReader(file, options, await RowParser.afterHeader(read, schema, options));
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * The rows of the bytes that are there now; waits until there are some. There may be none in them
   * yet. `null` at the end.
   * @throws {Failure} kind `failed`, when the file cannot be read any more
   * @throws the signal's reason, as soon as it aborts
   */
  async next(): Promise<RowBatch | null> {
    if (this.#isDone) return null;
    const { name, signal } = this.#options;
    // There may already be rows after the header in the buffer.
    const count = this.#isFirst
      ? 0
      : await readSome(this.#file, this.#parser.space(), name, signal);
    this.#isFirst = false;
    this.#isDone = count === null;
    const batch: RowBatch = { rows: [], offsets: [], rejections: [] };
    const sink = {
      row: (row: Row, offset: number) => {
        batch.rows.push(row);
        batch.offsets.push(offset);
      },
      rejected: (line: number, reason: string) => {
        batch.rejections.push({ after: batch.rows.length, line, reason });
      },
    };
    if (count === null) this.#parser.finish(sink);
    else this.#parser.push(count, sink);
    return batch;
  }

  /**
   * The `skip`-th valid row behind `start`, the place of a row that {@linkcode RowReader.next} gave;
   * `null` if there is none before `end`. Reading in order is over with it.
   */
  rowAt({ start, end, skip }: RowPlace): Row | null {
    let found: Row | null = null;
    let seen = 0;
    const sink = {
      row: (row: Row) => {
        if (seen++ === skip) found = row;
      },
      rejected: () => {},
    };
    this.#isDone = true;
    this.#file.seekSync(start, Deno.SeekMode.Start);
    this.#parser.moveTo(start);
    // Most rows lie in the first page; a long one takes a few steps.
    for (let left = end - start, step = PAGE_BYTES; left > 0 && found === null; step *= 2) {
      const space = this.#parser.space();
      const count = this.#file.readSync(space.subarray(0, Math.min(left, step)));
      if (count === null) break;
      left -= count;
      this.#parser.push(count, sink);
    }
    if (found === null) this.#parser.finish(sink);
    return found;
  }

  /** May be called twice: a replay that is stopped between two rounds closes a closed reader. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#file.close();
  }
}
