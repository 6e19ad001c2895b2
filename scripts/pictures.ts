/**
 * Makes the README's pictures, from the program as it runs: `./dev pictures`. Needs Chromium
 * (`TEST_CHROMIUM` names another than /usr/bin/chromium).
 */
import { chromium } from "playwright-core";
import { openBroker } from "../mod/commands/open_broker.ts";
import { loadSettings } from "../mod/config/load.ts";
import { watchFrame } from "../mod/live/watch_frame.ts";
import { WatchState } from "../mod/live/watch_state.ts";
import { checkMessage } from "../mod/schema/check_message.ts";
import { loadSchema } from "../mod/schema/load_schema.ts";
import { MessageReader } from "../mod/schema/message_reader.ts";
import { PERMISSIONS } from "./compile.ts";

const root = new URL("..", import.meta.url);
const docs = new URL("docs/", root).pathname;

/** Milliseconds for the page to have something to show. */
const LOOKING_MS = 60_000;

async function dashboardPictures(): Promise<void> {
  const demo = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--config=deno.json", ...PERMISSIONS, "main.ts"],
      ...["demo", "--dashboard", "--listen", "127.0.0.1:0"],
    ],
    cwd: root,
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let text = "";
  let url: string | undefined;
  const reader = demo.stdout.pipeThrough(new TextDecoderStream()).getReader();
  while (url === undefined) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the demo ended:\n${text}`);
    text += value;
    url = /dashboard at (\S+)/.exec(text)?.[1];
  }
  await sendBadMessages(/--home (\S+)/.exec(text)![1]);
  const browser = await chromium.launch({
    executablePath: Deno.env.get("TEST_CHROMIUM") ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
  });
  const pictures = [
    { name: "dashboard.png", colorScheme: "light", width: 1280, height: 900 },
    { name: "dashboard-dark.png", colorScheme: "dark", width: 1280, height: 900 },
    { name: "dashboard-phone.png", colorScheme: "light", width: 390, height: 844 },
  ] as const;
  const pages = await Promise.all(pictures.map(async ({ name, colorScheme, width, height }) => {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme });
    await page.goto(url);
    return { name, page };
  }));
  await new Promise((resolve) => setTimeout(resolve, LOOKING_MS));
  for (const { name, page } of pages) {
    await page.screenshot({ path: docs + name, fullPage: !name.includes("phone") });
  }
  await browser.close();
  demo.kill("SIGTERM");
  await reader.cancel();
  await demo.status;
}

/** A few messages that are no rows: they are a part of what the page shows. */
async function sendBadMessages(home: string): Promise<void> {
  const { settings } = loadSettings({ flags: { home } });
  const broker = await openBroker(settings);
  const producer = await broker.producer({ topic: settings.topic });
  const quote = { Index: "HSI", Date: "2024-12-31", Open: 18_600, High: 18_700, Low: 18_500 };
  await producer.send(
    [
      "HSI;2024-12-31;18600",
      JSON.stringify(quote),
      JSON.stringify({ ...quote, Close: "18,599.80", "Adj Close": 1, Volume: 1, CloseUSD: 1 }),
      JSON.stringify({ ...quote, Close: 18_599.8, "Adj Close": 1, Volume: -5, CloseUSD: 1 }),
      JSON.stringify(quote),
    ].map((value) => ({ key: "HSI", value })),
  );
  await producer.close();
  await broker.close();
}

const COLUMNS = 88;
const LINE_HEIGHT = 20;
const CHARACTER_WIDTH = 8.43;
const MARGIN = 20;
const COLOURS: Record<string, string> = {
  "1": "#ffffff",
  "2": "#8b93a1",
  "31": "#f08a7d",
  "32": "#4fc79c",
  "33": "#e5c07b",
};

/** The terminal view over the shipped quotes, as SVG. */
async function watchPicture(): Promise<void> {
  const schema = await loadSchema();
  const state = new WatchState(schema, "index-quotes");
  const reader = new MessageReader(schema, (value) => checkMessage(schema, value));
  // As if the rows had come within the last seconds.
  state.rate(performance.now() - 1900);
  const csv = await Deno.readTextFile(new URL("data/indexProcessed.csv", root));
  const [header, ...lines] = csv.trimEnd().split("\n").map((line) => line.split(","));
  for (const line of lines) {
    const quote = Object.fromEntries(
      header.map((name, i) => [name, i < 2 ? line[i] : Number(line[i])]),
    );
    if (reader.read(new TextEncoder().encode(JSON.stringify(quote))) === null) state.take(reader);
  }
  const report = { partition: 2, first: 9216, last: 12287, rows: 3072, rejected: 0, objects: 12 };
  state.event({ kind: "flushed", flush: { ...report, bytes: 512 * 1024, seconds: 0.04 } });
  const frame = watchFrame(state, { columns: COLUMNS, rows: 30 }, true, performance.now());
  const width = Math.ceil(COLUMNS * CHARACTER_WIDTH) + 2 * MARGIN;
  const height = frame.length * LINE_HEIGHT + 2 * MARGIN;
  const texts = frame.map((line, i) =>
    `<text x="${MARGIN}" y="${MARGIN + 14 + i * LINE_HEIGHT}">${spans(line)}</text>`
  );
  await Deno.writeTextFile(
    docs + "watch.svg",
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `viewBox="0 0 ${width} ${height}" role="img" aria-label="consume --watch in a terminal">` +
      `<rect width="100%" height="100%" rx="8" fill="#1c1f25"/>` +
      `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" ` +
      `font-size="14" fill="#d5d8de">${texts.join("")}</g></svg>\n`,
  );
}

/** A line with its colours; each part at its column, whatever the font's width. */
function spans(line: string): string {
  let column = 0;
  // deno-lint-ignore no-control-regex
  return line.split(/(\x1b\[\d+m[^\x1b]*\x1b\[0m)/).filter((part) => part !== "").map((part) => {
    // deno-lint-ignore no-control-regex
    const [, code, painted] = /^\x1b\[(\d+)m([^\x1b]*)/.exec(part) ?? [];
    const text = painted ?? part;
    const x = (MARGIN + column * CHARACTER_WIDTH).toFixed(1);
    const length = (text.length * CHARACTER_WIDTH).toFixed(1);
    column += text.length;
    const fill = code === undefined ? "" : ` fill="${COLOURS[code]}"`;
    return `<tspan x="${x}" textLength="${length}" lengthAdjust="spacingAndGlyphs"${fill}>` +
      text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(" ", "\u00a0") + "</tspan>";
  }).join("");
}

await watchPicture();
if (!Deno.args.includes("--watch-only")) await dashboardPictures();
