import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** What keeps Chromium from asking others. */
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A page in a browser of its own, and what it complained about. */
export interface OpenPage extends AsyncDisposable {
  readonly browser: Browser;
  readonly page: Page;
  /** Errors of the console and of scripts. */
  readonly errors: string[];
  /** URLs of all requests. */
  readonly requests: string[];
}

/** Starts Chromium and opens an empty page. */
export async function openPage(options: BrowserContextOptions = {}): Promise<OpenPage> {
  const executablePath = Deno.env.get("TEST_CHROMIUM");
  const browser = await chromium.launch({ executablePath, args: QUIET });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  const errors: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  return { browser, page, errors, requests, [Symbol.asyncDispose]: () => browser.close() };
}

/** Opens the dashboard and waits until it has its state. */
export async function openDashboard(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.waitForSelector("#connection.live");
}

/** A candle as the chart has it. */
export interface Candle {
  time: string;
  open: number;
  high: number;
  low: number;
  close: number;
}

/** What the page offers to tests, read from its charts. */
interface Drawn {
  candles(): Candle[];
  lines(): Record<string, Array<{ time: string; value: number }>>;
  range(): { from: number; to: number };
  frames(): number;
}

interface Globals {
  requestAnimationFrame(callback: (value: unknown) => void): void;
  ticklake: Drawn;
}

/** The candles that are drawn. */
export function drawnCandles(page: Page): Promise<Candle[]> {
  return page.evaluate(() => (globalThis as unknown as Globals).ticklake.candles());
}

/** The lines of the comparison that are drawn, by index: values only. */
export function drawnLines(page: Page): Promise<Record<string, number[]>> {
  return page.evaluate(() =>
    Object.fromEntries(
      Object.entries((globalThis as unknown as Globals).ticklake.lines())
        .map(([symbol, points]) => [symbol, points.map(({ value }) => value)]),
    )
  );
}

/** Candles that are in sight, by their numbers, after the chart's next drawing. */
export function shownRange(page: Page): Promise<{ from: number; to: number }> {
  return page.evaluate(async () => {
    for (let i = 0; i < 2; i++) {
      await new Promise((resolve) =>
        (globalThis as unknown as Globals).requestAnimationFrame(resolve)
      );
    }
    return (globalThis as unknown as Globals).ticklake.range();
  });
}

/** Frames that the page has got. */
export function framesSeen(page: Page): Promise<number> {
  return page.evaluate(() => (globalThis as unknown as Globals).ticklake.frames());
}

/** Waits until a candle with this close is drawn. */
export async function waitForClose(page: Page, close: number): Promise<void> {
  await page.waitForFunction(
    (close) =>
      (globalThis as unknown as Globals).ticklake.candles()
        .some((candle) => candle.close === close),
    close,
    { polling: 10 },
  );
}
