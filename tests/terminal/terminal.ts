import xterm from "@xterm/headless";
import { PERMISSIONS } from "../../scripts/compile.ts";
import { python } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

/** What a program in a terminal came to. */
export interface Typed {
  /** All that it had written before the keys of each step. */
  before: string[];
  all: string;
  code: number;
}

/** Size of a terminal. */
export interface TerminalSize {
  columns: number;
  rows: number;
}

/** Keys, as a terminal sends them. */
export const KEYS = {
  interrupt: "\x03",
  end: "\x04",
  up: "\x1b[A",
  tab: "\t",
  enter: "\r",
} as const;

/**
 * Runs the program in a terminal and types into it.
 * @param steps a pattern of Python's `re`, and the keys to type once it was written
 */
export async function typeInto(
  args: string[],
  steps: ReadonlyArray<readonly [pattern: string, keys: string]>,
  { columns, rows }: TerminalSize,
  env: Record<string, string> = {},
): Promise<Typed> {
  const out = await python(new URL("type_in_terminal.py", import.meta.url), [
    String(columns),
    String(rows),
    JSON.stringify(steps),
    ...[Deno.execPath(), "run", "--quiet", "--no-prompt", `--config=${REPOSITORY}/deno.json`],
    ...[...PERMISSIONS, `${REPOSITORY}/main.ts`, ...args],
  ], { TERM: "xterm-256color", NO_COLOR: "", ...env });
  return JSON.parse(out);
}

/** The lines that a terminal shows after a program has written this. */
export async function screen(written: string, { columns, rows }: TerminalSize): Promise<string[]> {
  const terminal = new xterm.Terminal({
    cols: columns,
    rows,
    allowProposedApi: true,
    scrollback: 0,
  });
  await new Promise<void>((resolve) => terminal.write(written, resolve));
  const { active } = terminal.buffer;
  const lines = Array.from(
    { length: rows },
    (_, row) => active.getLine(active.baseY + row)!.translateToString(true),
  );
  terminal.dispose();
  return lines;
}
