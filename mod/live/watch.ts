import type { Output } from "../cli/output.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { SinkObserver } from "../sink/observer.ts";
import type { RowListener } from "../sink/open_range.ts";
import { watchFrame } from "./watch_frame.ts";
import { rowLine, rowObject } from "./watch_row.ts";
import { WatchState } from "./watch_state.ts";

/** Milliseconds between two frames. */
const FRAME_MS = 100;

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";

/** Options of {@linkcode startWatch}. */
export interface WatchOptions {
  schema: RowSchema;
  topic: string;
  output: Output;
}

/** A view that shows what the sink reads. */
export interface Watch {
  readonly observer: SinkObserver;
  readonly onRow: RowListener;
  /** Ends the view; a terminal keeps its last frame. */
  close(): void;
}

/**
 * Shows the rows as they are read: on a terminal a table that stays in place, a line an index;
 * elsewhere, and with `--json`, a line a row at once.
 */
export function startWatch({ schema, topic, output }: WatchOptions): Watch {
  if (!Deno.stdout.isTerminal() || output.json) {
    return {
      observer: {},
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
  // Home, each line with the rest of it erased, then all below: nothing is blank in between.
  const draw = () => output.raw("\x1b[H" + frame().join("\x1b[K\r\n") + "\x1b[K\x1b[J");
  output.raw(ENTER);
  draw();
  const timer = setInterval(draw, FRAME_MS);
  return {
    observer: state,
    onRow: (_, reader) => state.take(reader),
    close() {
      clearInterval(timer);
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
