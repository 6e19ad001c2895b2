import { configureSync, type LogLevel, resetSync, type Sink } from "@logtape/logtape";
import type { Output } from "../../terminal/output.ts";
import type { Settings } from "../../config/settings.ts";
import { logLine } from "./log_line.ts";
import { RepeatLimiter, type RepeatLimiterOptions } from "./repeat_limiter.ts";

/** Options of {@linkcode openLog}. */
export interface LogOptions {
  settings: Pick<Settings, "logFormat" | "logLevel">;
  /** Gets the lines, so that they and a drawn progress do not mix. */
  output: Pick<Output, "log" | "interactive">;
  repeats?: RepeatLimiterOptions;
}

/**
 * Sends the program's log to standard error, one line an event, as the settings say. Repeats of a
 * message are counted.
 * @returns closes the log: repeats that were counted are written
 */
export function openLog(options: LogOptions): () => void {
  const { settings, output, repeats } = options;
  const line = logLine({ format: settings.logFormat, terminal: output.interactive });
  const limiter = new RepeatLimiter((record) => output.log(line(record)), repeats);
  open = limiter;
  const sink: Sink & Disposable = Object.assign(
    limiter.add.bind(limiter),
    { [Symbol.dispose]: () => limiter.close() },
  );
  configureSync({
    sinks: { standardError: sink },
    loggers: [
      {
        category: "ticklake",
        sinks: ["standardError"],
        lowestLevel: settings.logLevel,
      },
      { category: ["logtape", "meta"], sinks: ["standardError"], lowestLevel: "error" },
    ],
    reset: true,
  });
  return resetSync;
}

/** What counts the open log's repeats. */
let open: RepeatLimiter | undefined;

/** The output whose results come after all that was logged before them, counted repeats too. */
export function resultsAfterLog(output: Output): Output {
  return {
    ...output,
    get closed() {
      return output.closed;
    },
    line(text) {
      open?.flush();
      output.line(text);
    },
    document(value) {
      open?.flush();
      output.document(value);
    },
  };
}

/** How the notes begin that are more than information. */
const NOTE_LEVELS: ReadonlyArray<readonly [prefix: string, level: LogLevel]> = [
  ["error: ", "error"],
  ["warning: ", "warning"],
];

/**
 * The output with its notes as events of a JSON log, so that every line on standard error is one.
 * They are logged at any `--log-level`.
 */
export function notesAsEvents(output: Output): Output {
  const line = logLine({ format: "json" });
  return {
    ...output,
    get closed() {
      return output.closed;
    },
    note(text, fix) {
      const [prefix, level] = NOTE_LEVELS.find(([prefix]) => text.startsWith(prefix)) ??
        ["", "info"];
      const message = text.slice(prefix.length);
      output.log(line({
        category: ["ticklake"],
        level,
        message: [message],
        rawMessage: message,
        timestamp: Date.now(),
        properties: fix === undefined ? {} : { fix },
      }));
    },
  };
}
