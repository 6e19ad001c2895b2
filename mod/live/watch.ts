import type { Output } from "../terminal/output.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { SinkListener } from "../sink/sink_event.ts";
import type { RowListener } from "../sink/open_range.ts";
import { watchFrame } from "./watch_frame.ts";
import { rowLine, rowObject } from "./watch_row.ts";
import { WatchState } from "./watch_state.ts";

/** Milliseconds between two frames. */
const FRAME_MS = 100;

/** Milliseconds after which a frame is drawn though it is the same: something may have been written over it. */
const SAME_MS = 1000;

/** The other screen, without a cursor; a line that is too wide for it is cut, not wrapped. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

const HOME = "\x1b[H";

/**
 * Lines over those that are there. Each is erased before it is written: after a line that fills the
 * terminal the cursor is on its last character, which erasing the rest of the line would delete.
 */
export function drawnLines(lines: readonly string[]): string {
  const last = lines.length - 1;
  return lines.map((line, n) => (n < last ? "\x1b[K" : "\x1b[J") + line).join("\r\n");
}

/** Options of {@linkcode startWatch}. */
export interface WatchOptions {
  schema: RowSchema;
  topic: string;
  output: Output;
}

/** A view that shows what the sink reads. */
export interface Watch {
  readonly onEvent: SinkListener;
  readonly onRow: RowListener;
  /** Ends the view; a terminal keeps its last frame. */
  close(): void;
}

/**
 * Shows rows as they are read: on a terminal a table that is redrawn in place, one line per index;
 * otherwise, and with `--json`, one line per row.
 */
export function startWatch({ schema, topic, output }: WatchOptions): Watch {
  const isTerminal = Deno.stdout.isTerminal() && Deno.env.get("TERM") !== "dumb";
  if (!isTerminal || output.json) {
    return {
      onEvent() {},
      onRow(partition, reader, offset, timestampMs) {
        const row = rowObject(schema, reader, partition, offset, timestampMs);
        if (output.json) output.document(row);
        else output.line(rowLine(row));
      },
      close() {},
    };
  }
  const state = new WatchState(schema, topic);
  const frame = () => watchFrame(state, consoleSize(), output.colour, performance.now());
  let drawn = "";
  let drawnAt = -Infinity;
  const draw = () => {
    const text = HOME + drawnLines(frame());
    const now = performance.now();
    if (text === drawn && now - drawnAt < SAME_MS) return;
    [drawn, drawnAt] = [text, now];
    output.raw(text);
  };
  output.raw(ENTER);
  // However the process ends, the terminal is its user's again.
  const leave = () => output.raw(LEAVE);
  addEventListener("unload", leave);
  draw();
  const timer = setInterval(draw, FRAME_MS);
  return {
    onEvent: (event) => state.event(event),
    onRow: (_, reader) => state.take(reader),
    close() {
      clearInterval(timer);
      removeEventListener("unload", leave);
      output.raw(LEAVE + frame().join("\n") + "\n");
    },
  };
}

function consoleSize(): { columns: number; rows: number } {
  try {
    return Deno.consoleSize();
  } catch {
    return { columns: 80, rows: 24 };
  }
}
