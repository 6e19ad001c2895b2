/** Where a command writes: results to standard output, everything else to standard error. */
export interface Output {
  /** Whether results are wanted as JSON. */
  readonly json: boolean;
  /** Whether standard output is a terminal that wants colour (`NO_COLOR`, `TERM=dumb` respected). */
  readonly colour: boolean;
  /** Whether standard error is a terminal, so that progress may be drawn over itself. */
  readonly interactive: boolean;
  /** Writes a line of results for people; nothing with `--json`. */
  line(text: string): void;
  /** Writes one JSON document on a line; nothing without `--json`. */
  document(value: unknown): void;
  /** Writes text to standard output as it is, whatever the mode. */
  raw(text: string): void;
  /** Tells people something on standard error; `fix`, what they can do about it, on a line of its own. */
  note(text: string, fix?: string): void;
  /** Writes a line of the log to standard error. */
  log(line: string): void;
  /** Draws a progress line over the last one; nothing when standard error is not a terminal. */
  progress(text: string): void;
  /**
   * Has `finish` called, once, when a reader closes the pipe of the results (`| head`), and what is
   * written afterwards is dropped. Without it that ends the process at once, with exit code 0.
   */
  onClosed(finish: () => void): void;
}

const encoder = new TextEncoder();

/** Options of {@linkcode processOutput}. */
export interface ProcessOutputOptions {
  json: boolean;
  /** Takes secrets out of all that is written, but for `raw`. @default {nothing} */
  redact?: (text: string) => string;
}

/** The process's own output. */
export function processOutput(options: ProcessOutputOptions): Output {
  const { json, redact = (text) => text } = options;
  const colour = Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR") &&
    Deno.env.get("TERM") !== "dumb";
  const interactive = Deno.stderr.isTerminal();
  let drawn = false;
  let finish = () => Deno.exit(0) as void;
  let closed = false;
  const result = (text: string) => {
    if (closed || write(Deno.stdout, text)) return;
    closed = true;
    finish();
  };
  // Nobody reading the notes is no reason to stop.
  const error = (text: string) => {
    write(Deno.stderr, (drawn ? "\r\x1b[K" : "") + redact(text));
    drawn = false;
  };
  return {
    json,
    colour,
    interactive,
    line: (text) => json || result(redact(text) + "\n"),
    document: (value) => json && result(redact(JSON.stringify(value)) + "\n"),
    raw: result,
    note: (text, fix) => error(text + (fix === undefined ? "\n" : `\n  fix: ${fix}\n`)),
    log: (line) => error(line + "\n"),
    progress: (text) => {
      if (!interactive) return;
      write(Deno.stderr, `\r\x1b[K${text}`);
      drawn = text !== "";
    },
    onClosed: (whenClosed) => finish = whenClosed,
  };
}

/** Writes all of a text; `false` when nobody reads it any more. */
function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): boolean {
  let bytes = encoder.encode(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(stream.writeSync(bytes));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) return false;
      if (error instanceof Deno.errors.WouldBlock) continue;
      throw error;
    }
  }
  return true;
}
