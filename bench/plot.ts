import type { Figure } from "./table.ts";

/** A bar: whose figure it is, and the figure. */
interface Bar {
  who: string;
  value: number;
}

/** Bars of one kind of figure, beside each other. */
interface Panel {
  title: string;
  unit: string;
  bars: Bar[];
}

const WIDTH = 760;
const LABEL = 210;
const BAR = 16;
const GAP = 6;
const TITLE = 34;

const COLORS = {
  light: { text: "#1f2328", muted: "#59636e", own: "#0969da", other: "#afb8c1" },
  dark: { text: "#f0f6fc", muted: "#9198a1", own: "#4493f8", other: "#4d5661" },
};

/** The names in the table, and what the picture calls them. */
const SPEED = "consume";
const BYTES = "bytes a row, shipped quotes";
const SHOWN: Readonly<Record<string, string>> = {
  "Python, tuned, Parquet": "Python, tuned, Parquet",
  "ticklake, Parquet": "ticklake, Parquet",
  "ticklake, JSON lines": "ticklake, JSON lines",
  "pyarrow, snappy": "pyarrow, snappy",
  "pyarrow, zstd": "pyarrow, zstd",
  "ticklake, Parquet, zstd": "ticklake, zstd (default)",
  "ticklake, Parquet, snappy": "ticklake, snappy",
};

/**
 * Figures as a picture: rows a second, CPU, memory and bytes, beside the peers'. Only what was measured.
 * @returns `undefined` where there is nothing to draw
 */
export function plot(figures: readonly Figure[], mode: "light" | "dark"): string | undefined {
  const of = (line: string) =>
    figures.filter((figure) => figure.line === line && SHOWN[figure.who]);
  const panel = (
    title: string,
    unit: string,
    some: readonly Figure[],
    value: (figure: Figure) => number | undefined,
  ): Panel => ({
    title,
    unit,
    bars: some.flatMap((figure) => {
      const number = value(figure);
      return number === undefined ? [] : [{ who: SHOWN[figure.who], value: number }];
    }),
  });
  const panels = [
    panel("From Kafka to S3", "rows/s", of(SPEED), ({ value }) => value.median),
    panel("CPU time", "s a million rows", of(SPEED), ({ cpu }) => cpu?.median),
    panel("Memory", "MiB at most", of(SPEED), ({ peakMiB }) => peakMiB?.max),
    panel("Size in the lake", "bytes a row", of(BYTES), ({ value }) => value.median),
  ].filter(({ bars }) => bars.length > 0);
  return panels.length === 0 ? undefined : draw(panels, COLORS[mode]);
}

function draw(panels: readonly Panel[], colors: typeof COLORS.light): string {
  const parts: string[] = [];
  let y = 0;
  for (const { title, unit, bars } of panels) {
    parts.push(
      `<text x="0" y="${y + 20}" font-weight="600" fill="${colors.text}">${title}` +
        `<tspan font-weight="400" fill="${colors.muted}"> ${unit}</tspan></text>`,
    );
    y += TITLE;
    const most = Math.max(...bars.map(({ value }) => value));
    for (const { who, value } of bars) {
      const width = Math.max(2, (WIDTH - LABEL - 90) * value / most);
      const color = who.startsWith("ticklake") ? colors.own : colors.other;
      const middle = y + BAR - 4;
      parts.push(
        `<text x="0" y="${middle}" fill="${colors.text}">${who}</text>`,
        `<rect x="${LABEL}" y="${y}" width="${
          width.toFixed(1)
        }" height="${BAR}" rx="2" fill="${color}"/>`,
        `<text x="${(LABEL + width + 8).toFixed(1)}" y="${middle}" fill="${colors.muted}">` +
          `${amount(value)}</text>`,
      );
      y += BAR + GAP;
    }
    y += 8;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" ` +
    `viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="${described(panels)}" ` +
    `font-family="system-ui, sans-serif" font-size="13">\n${parts.join("\n")}\n</svg>\n`;
}

/** What the picture says, for those who do not see it. */
function described(panels: readonly Panel[]): string {
  return panels.map(({ title, unit, bars }) =>
    `${title}, ${unit}: ${bars.map(({ who, value }) => `${who} ${amount(value)}`).join("; ")}.`
  ).join(" ");
}

function amount(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toFixed(1);
}
