import { safeLines, safeText } from "./safe_text.ts";

/** Where a command writes: results to standard output, everything else to standard error. */
export interface Output {
  /** Whether results are wanted as JSON. */
  readonly json: boolean;
  /** Whether standard output is a terminal with colour (respects `NO_COLOR` and `TERM=dumb`). */
  readonly colour: boolean;
  /** Width of text on standard output: the terminal's, at most 100; 80 if it is not a terminal. */
  readonly width: number;
  /** Whether standard error is a terminal, so that progress may be drawn over itself. */
  readonly interactive: boolean;
  /** Writes a line of human-readable results; nothing with `--json`. */
  line(text: string): void;
  /** Writes one JSON document on a line; nothing without `--json`. */
  document(value: unknown): void;
  /** Writes text to standard output verbatim, with and without `--json`. */
  raw(text: string): void;
  /** Writes a note to standard error, and `fix`, what to do about it, on a separate line. */
  note(text: string, fix?: string): void;
  /** Writes a line of the log to standard error. */
  log(line: string): void;
  /** Redraws the progress line; does nothing if standard error is not a terminal. */
  progress(text: string): void;
  /**
   * Whether a reader has closed the pipe of the results (`| head`); what is written afterwards is
   * dropped. A command continues to its end, so that its exit code reflects its work; one that only
   * prints, or never ends, stops.
   */
  readonly closed: boolean;
  /** Has `finish` called, once, when a reader closes the pipe of the results. */
  onClosed(finish: () => void): void;
}

/** Longer lines are hard to read. */
const WIDEST_TEXT = 100;

const encoder = new TextEncoder();

/** Options of {@linkcode processOutput}. */
export interface ProcessOutputOptions {
  json: boolean;
  /** Removes secrets from everything that is written, except by `raw`. @default {removes nothing} */
  redact?: (text: string) => string;
}

/** The process's own output. */
export function processOutput(options: ProcessOutputOptions): Output {
  const { json, redact = (text) => text } = options;
  const colour = Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR") &&
    Deno.env.get("TERM") !== "dumb";
  const interactive = Deno.stderr.isTerminal();
  let drawn = false;
  let finish = () => {};
  let closed = false;
  const result = (text: string) => {
    // On one terminal the progress line would stand before the result.
    if (drawn && Deno.stdout.isTerminal()) {
      write(Deno.stderr, "\r\x1b[K");
      drawn = false;
    }
    if (closed || write(Deno.stdout, text)) return;
    closed = true;
    finish();
  };
  // A closed standard error is not a reason to stop.
  const error = (text: string) => {
    write(Deno.stderr, (drawn ? "\r\x1b[K" : "") + safeLines(redact(text)));
    drawn = false;
  };
  return {
    json,
    colour,
    width: Deno.stdout.isTerminal() ? Math.min(WIDEST_TEXT, terminalColumns()) : 80,
    interactive,
    line: (text) => json || result(safeLines(redact(text)) + "\n"),
    document: (value) => json && result(safeText(redact(JSON.stringify(value))) + "\n"),
    raw: result,
    note: (text, fix) => error(text + (fix === undefined ? "\n" : `\n  fix: ${fix}\n`)),
    log: (line) => error(line + "\n"),
    progress: (text) => {
      if (!interactive) return;
      write(Deno.stderr, `\r\x1b[K${safeText(redact(text))}`);
      drawn = text !== "";
    },
    get closed() {
      return closed;
    },
    onClosed: (whenClosed) => finish = whenClosed,
  };
}

/** Columns of the terminal; 80 if unknown. */
export function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

/** Writes a whole text; `false` if the reader has closed the pipe. */
function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): boolean {
  let bytes = encoder.encode(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(stream.writeSync(bytes));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe || isHungUp(error)) return false;
      if (error instanceof Deno.errors.WouldBlock) continue;
      throw error;
    }
  }
  return true;
}

/** Whether the terminal that was written to has been closed. */
function isHungUp(error: unknown): boolean {
  return (error as { code?: unknown }).code === "EIO";
}
