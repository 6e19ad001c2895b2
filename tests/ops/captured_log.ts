import { openLog } from "../../mod/ops/log/log.ts";

/** The program's log in place of standard error, until it is disposed of. */
export interface CapturedLog extends Disposable {
  /** All lines so far. */
  readonly text: string;
}

/** Catches the log of this process; one at a time. */
export function capturedLog(logFormat: "text" | "json" = "text"): CapturedLog {
  let text = "";
  const close = openLog({
    settings: { logFormat, logLevel: "debug" },
    output: { log: (line) => text += line + "\n", interactive: false },
  });
  return {
    get text() {
      return text;
    },
    [Symbol.dispose]: close,
  };
}
