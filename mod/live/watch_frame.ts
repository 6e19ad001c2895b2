import { countText, sizeText } from "../terminal/amount_text.ts";
import { isoDay } from "../schema/calendar.ts";
import { sparkline } from "./sparkline.ts";
import type { WatchedIndex, WatchState } from "./watch_state.ts";

/** Size of the terminal. */
export interface FrameSize {
  columns: number;
  rows: number;
}

const BOLD = "1";
const DIM = "2";
const RED = "31";
const GREEN = "32";
const YELLOW = "33";

/** Lines that are not those of an index. */
const FRAME_ROWS = 5;

/** Columns before the sparkline. */
const SPARK_AT = 58;

/**
 * The view as lines, none wider than the terminal, and no more of them than it has rows.
 * @param now `performance.now()`
 */
export function watchFrame(
  state: WatchState,
  { columns, rows }: FrameSize,
  colour: boolean,
  now: number,
): string[] {
  const paint = (code: string, text: string) => colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  const indices = state.indices;
  const room = Math.max(1, rows - FRAME_ROWS);
  const shown = indices.length <= room ? indices : indices.slice(0, room - 1);
  const left = `ticklake  ${state.topic}`;
  const right = `${number(state.rate(now))} rows/s   lag ${number(state.unread)}   rejected ` +
    number(state.rejectedMessages);
  const lines = [
    paint(BOLD, between(left, right, columns)),
    "",
    paint(DIM, cut(heading(state), columns)),
    ...shown.map((index) => line(index, state, columns, paint)),
  ];
  if (shown.length < indices.length) {
    lines.push(paint(DIM, `and ${number(indices.length - shown.length)} more`));
  }
  lines.push("", bottom(state, columns, now, paint));
  return lines;
}

type Paint = (code: string, text: string) => string;

function heading({ schema, fields }: WatchState): string {
  const name = (index: number | undefined) => index === undefined ? "" : schema.columns[index].name;
  return "  " + name(fields.key).toUpperCase().padEnd(12) +
    name(fields.date).toUpperCase().padEnd(12) +
    name(fields.close).toUpperCase().padStart(13) + "CHANGE".padStart(9) + "ROWS".padStart(9);
}

function line(index: WatchedIndex, state: WatchState, columns: number, paint: Paint): string {
  const { symbol, close, previous, date, rows, history } = index;
  // In hundredths of a percent, as shown: what rounds to nothing has neither sign nor colour.
  const change = Math.round(1e4 * (close / previous - 1));
  const changeText = Number.isFinite(change)
    ? `${change > 0 ? "+" : change < 0 ? "-" : ""}${fixed(Math.abs(change) / 100, 2, 6)}%`
    : "";
  const head = "  " + printable(symbol).slice(0, 11).padEnd(12) + dateText(date, state).padEnd(12) +
    (Number.isNaN(close) ? "" : fixed(close, priceDigits(close), 12)).padStart(13);
  const changed = changeText.padStart(9);
  const tail = number(rows).padStart(9);
  const room = columns - SPARK_AT - 1;
  const spark = history.length < 2 || room < 4 ? "" : sparkline(history.slice(-room));
  const plain = cut(head + changed + tail + "  " + spark, columns);
  const change_ = head.length + changed.length;
  if (plain.length < change_) return plain;
  const painted = Number.isFinite(change) && change !== 0
    ? paint(change > 0 ? GREEN : RED, plain.slice(head.length, change_))
    : plain.slice(head.length, change_);
  return plain.slice(0, head.length) + painted + plain.slice(change_, SPARK_AT) +
    paint(DIM, plain.slice(SPARK_AT));
}

function bottom(state: WatchState, columns: number, now: number, paint: Paint): string {
  if (state.obstacle !== undefined) return paint(YELLOW, cut(`  ${state.obstacle}`, columns));
  const { lastFlush: last } = state;
  if (last === undefined) return paint(DIM, cut("  nothing written yet", columns));
  const seconds = Math.max(0, Math.round((now - last.at) / 1000));
  const text =
    `  last flush ${seconds} s ago: partition ${last.partition}, offsets ${last.first} to ` +
    `${last.last}; ${countText(state.objects, "object")}, ${sizeText(state.bytes)}` +
    (state.lastReason === undefined ? "" : `; last rejected: ${printable(state.lastReason)}`);
  return paint(DIM, cut(text, columns));
}

function dateText(date: number | undefined, { schema, fields }: WatchState): string {
  if (date === undefined || fields.date === undefined) return "";
  return schema.columns[fields.date].type === "date"
    ? isoDay(date)
    : new Date(date).toISOString().slice(0, 10);
}

function between(left: string, right: string, columns: number): string {
  const space = columns - left.length - right.length;
  return space >= 2 ? left + " ".repeat(space) + right : cut(`${left}  ${right}`, columns);
}

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : text.slice(0, Math.max(0, columns - 1)) + "…";
}

/** Without what would move a terminal's cursor. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069]/g, "�");
}

/**
 * A number with at least two fraction digits; short, such as `1.7B`, if it is wider than its
 * column.
 */
function fixed(value: number, maximumFractionDigits: number, width: number): string {
  const text = value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits });
  return text.length <= width
    ? text
    : value.toLocaleString("en-US", { notation: "compact", maximumFractionDigits: 1 });
}

/** Fraction digits that show five significant digits of a price, 2 to 8. */
function priceDigits(value: number): number {
  const integerDigits = value === 0 ? 3 : Math.floor(Math.log10(Math.abs(value))) + 1;
  return Math.min(8, Math.max(2, 5 - integerDigits));
}

function number(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
