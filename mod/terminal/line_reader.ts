import process from "node:process";
import { createInterface, type Interface } from "node:readline";
import { readHistory, writeHistory } from "./line_history.ts";

/** Lines that the history keeps. */
const HISTORY_LINES = 1000;

/** Options of {@linkcode LineReader}. */
export interface LineReaderOptions {
  /** File of the history; one that cannot be read or written is left alone. */
  historyFile?: string;
  /** What the word at the cursor may continue with. @param before the line up to the cursor */
  complete(before: string): { word: string; candidates: string[] };
}

/** A line of the user's; `end` after Ctrl-D, `interrupt` after Ctrl-C. */
export type ReadLine = { line: string } | "end" | "interrupt";

/** Reads lines from a terminal, with editing, history and completion. */
export class LineReader {
  readonly #readline: Interface;
  readonly #historyFile?: string;
  #history: string[] = [];
  #waiting?: (read: ReadLine) => void;
  /** Lines that were pasted while nobody was waiting. */
  readonly #ahead: ReadLine[] = [];
  /** Called at Ctrl-C while no line is read. */
  onInterrupt: () => void = () => {};

  constructor({ historyFile, complete }: LineReaderOptions) {
    this.#historyFile = historyFile;
    this.#readline = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: true,
      history: readHistory(historyFile),
      historySize: HISTORY_LINES,
      removeHistoryDuplicates: true,
      completer: (before: string) => {
        const { word, candidates } = complete(before);
        return [candidates, word];
      },
    });
    this.#readline.on("line", (line) => this.#give({ line }));
    this.#readline.on("close", () => this.#give("end"));
    this.#readline.on("SIGINT", () => {
      if (this.#waiting === undefined) return this.onInterrupt();
      // Discards the line that was started, and starts a new one.
      process.stdout.write("^C\r\n");
      this.#readline.write(null, { ctrl: true, name: "e" });
      this.#readline.write(null, { ctrl: true, name: "u" });
      this.#give("interrupt");
    });
    (this.#readline as unknown as { on(name: string, fn: (lines: string[]) => void): void })
      .on("history", (lines) => this.#history = [...lines]);
  }

  /** Reads a line. */
  read(prompt: string): Promise<ReadLine> {
    const ahead = this.#ahead.shift();
    if (ahead !== undefined) return Promise.resolve(ahead);
    this.#readline.setPrompt(prompt);
    this.#readline.prompt();
    return new Promise((resolve) => this.#waiting = resolve);
  }

  /** Gives the terminal back, and keeps the history. */
  close(): void {
    this.#readline.close();
    writeHistory(this.#historyFile, this.#history);
  }

  #give(read: ReadLine): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) waiting(read);
    else this.#ahead.push(read);
  }
}
