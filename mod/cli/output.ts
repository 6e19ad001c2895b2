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
}

const encoder = new TextEncoder();

/** Options of {@linkcode processOutput}. */
export interface ProcessOutputOptions {
  json: boolean;
  /** Takes secrets out of all that is written, but for `raw`. @default {nothing} */
  redact?: (text: string) => string;
}

/** The process's own output. A reader that closed the pipe early (`| head`) ends the process quietly. */
export function processOutput(options: ProcessOutputOptions): Output {
  const { json, redact = (text) => text } = options;
  const colour = Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR") &&
    Deno.env.get("TERM") !== "dumb";
  const interactive = Deno.stderr.isTerminal();
  let drawn = false;
  const error = (text: string) => {
    write(Deno.stderr, (drawn ? "\r\x1b[K" : "") + redact(text));
    drawn = false;
  };
  return {
    json,
    colour,
    interactive,
    line: (text) => json || write(Deno.stdout, redact(text) + "\n"),
    document: (value) => json && write(Deno.stdout, redact(JSON.stringify(value)) + "\n"),
    raw: (text) => write(Deno.stdout, text),
    note: (text, fix) => error(text + (fix === undefined ? "\n" : `\n  fix: ${fix}\n`)),
    log: (line) => error(line + "\n"),
    progress: (text) => {
      if (!interactive) return;
      write(Deno.stderr, `\r\x1b[K${text}`);
      drawn = text !== "";
    },
  };
}

function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = encoder.encode(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(stream.writeSync(bytes));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) {
        // Nobody wants the results any more. Nobody reading the notes is no reason to stop.
        if (stream === Deno.stdout) Deno.exit(0);
        return;
      }
      if (error instanceof Deno.errors.WouldBlock) continue;
      throw error;
    }
  }
}
