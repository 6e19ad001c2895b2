import { PERMISSIONS } from "../../scripts/compile.ts";
import { shownScreen, type TerminalSize } from "../../scripts/pictures/shown_screen.ts";
import { python } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

/** What a program in a terminal came to. */
export interface Typed {
  /** All that it had written before the keys of each step. */
  before: string[];
  all: string;
  code: number;
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
export function screen(written: string, size: TerminalSize): Promise<string[]> {
  return shownScreen(
    written,
    size,
    (buffer) =>
      Array.from(
        { length: size.rows },
        (_, row) => buffer.getLine(buffer.baseY + row)!.translateToString(true),
      ),
  );
}
