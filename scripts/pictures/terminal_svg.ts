import type xterm from "@xterm/headless";
import { shownScreen } from "./shown_screen.ts";

const LINE_HEIGHT = 20;
const CHARACTER_WIDTH = 8.43;
const MARGIN = 20;

/** Colours of the picture's terminal: those that the program uses. */
const COLOURS: Record<number, string> = {
  1: "#f08a7d",
  2: "#4fc79c",
  3: "#e5c07b",
};
const INK = "#d5d8de";
const DIM = "#8b93a1";
const BOLD = "#ffffff";

/** What a picture shows. */
export interface TerminalPicture {
  /** What a program wrote to its terminal. */
  written: string;
  columns: number;
  /** Most rows; the picture ends with the last that has something on it. */
  rows: number;
  /** For screen readers. */
  label: string;
}

/** A terminal's screen as SVG; each part at its column, whatever the font's width. */
export async function terminalSvg(picture: TerminalPicture): Promise<string> {
  const { written, columns, rows, label } = picture;
  const lines = await shownScreen(
    written,
    { columns, rows },
    (screen) => Array.from({ length: rows }, (_, row) => partsOf(screen, row, columns)),
  );
  while (lines.at(-1)?.length === 0) lines.pop();
  const width = Math.ceil(columns * CHARACTER_WIDTH) + 2 * MARGIN;
  const height = lines.length * LINE_HEIGHT + 2 * MARGIN;
  const texts = lines.map((parts, i) =>
    `<text x="${MARGIN}" y="${MARGIN + 14 + i * LINE_HEIGHT}">${parts.map(span).join("")}</text>`
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(label)}">` +
    `<rect width="100%" height="100%" rx="8" fill="#1c1f25"/>` +
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" ` +
    `font-size="14" fill="${INK}">${texts.join("\n")}</g></svg>\n`;
}

/** Characters of a line that look alike. */
interface Part {
  column: number;
  text: string;
  fill: string;
}

function partsOf(buffer: xterm.IBuffer, row: number, columns: number): Part[] {
  const line = buffer.getLine(buffer.baseY + row)!;
  const parts: Part[] = [];
  for (let column = 0; column < columns; column++) {
    const cell = line.getCell(column)!;
    const fill = cell.isFgPalette()
      ? COLOURS[cell.getFgColor()] ?? INK
      : cell.isDim()
      ? DIM
      : cell.isBold()
      ? BOLD
      : INK;
    const character = cell.getChars() || " ";
    const last = parts.at(-1);
    if (last?.fill === fill) last.text += character;
    else parts.push({ column, text: character, fill });
  }
  const last = parts.at(-1);
  if (last !== undefined) last.text = last.text.trimEnd();
  return parts.filter(({ text }) => text.trim() !== "");
}

function span({ column, text, fill }: Part): string {
  const x = (MARGIN + column * CHARACTER_WIDTH).toFixed(1);
  const length = (text.length * CHARACTER_WIDTH).toFixed(1);
  return `<tspan x="${x}" textLength="${length}" lengthAdjust="spacingAndGlyphs"` +
    `${fill === INK ? "" : ` fill="${fill}"`}>${escape(text).replaceAll(" ", "\u00a0")}</tspan>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
