import { type Browser, chromium, type Page } from "playwright-core";

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

/** Options of {@linkcode openPage}. */
export interface PageOptions {
  width?: number;
  height?: number;
  colorScheme?: "light" | "dark";
}

/** Starts Chromium and opens an empty page. */
export async function openPage(options: PageOptions = {}): Promise<OpenPage> {
  const { width = 1280, height = 900, colorScheme = "light" } = options;
  const executablePath = Deno.env.get("TEST_CHROMIUM");
  const browser = await chromium.launch({ executablePath, args: QUIET });
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  const errors: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  return { browser, page, errors, requests, [Symbol.asyncDispose]: () => browser.close() };
}
