import xterm from "@xterm/headless";

/** Size of a terminal, in characters. */
export interface TerminalSize {
  columns: number;
  rows: number;
}

/** What `read` finds on a terminal's screen once a program has written this to it. */
export async function shownScreen<T>(
  written: string,
  { columns, rows }: TerminalSize,
  read: (screen: xterm.IBuffer) => T,
): Promise<T> {
  const terminal = new xterm.Terminal({
    cols: columns,
    rows,
    allowProposedApi: true,
    scrollback: 0,
  });
  await new Promise<void>((resolve) => terminal.write(written, resolve));
  try {
    return read(terminal.buffer.active);
  } finally {
    terminal.dispose();
  }
}
