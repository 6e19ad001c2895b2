import { chromium } from "playwright-core";
import { openBroker } from "../../mod/commands/open_broker.ts";
import { loadSettings } from "../../mod/config/load.ts";
import { PERMISSIONS } from "../compile.ts";

const root = new URL("../..", import.meta.url);
const docs = new URL("docs/", root).pathname;

/** Milliseconds for the page to have something to show. */
const LOOKING_MS = 60_000;

/** Three widths, light and dark; each ends below a card. */
const PICTURES = [
  { name: "dashboard", width: 1280, height: 900, end: ".columns" },
  { name: "dashboard-tablet", width: 768, height: 1024, end: ".columns" },
  { name: "dashboard-phone", width: 390, height: 844, end: "section:has(#compare)" },
].flatMap((size) => [
  { ...size, colorScheme: "light" as const },
  { ...size, name: `${size.name}-dark`, colorScheme: "dark" as const },
]);

/** The dashboard of a demo that goes on, after a minute. */
export async function dashboardPictures(): Promise<void> {
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
  const pages = await Promise.all(
    PICTURES.map(async ({ name, colorScheme, width, height, end }) => {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme });
      await page.goto(url);
      return { name, page, width, end };
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, LOOKING_MS));
  for (const { name, page, width, end } of pages) {
    await page.selectOption("#sql-example", { index: 2 });
    await page.click("#sql-form button:has-text('Run')");
    await page.waitForSelector("#sql-answer:visible");
    await page.click("#message-form button:has-text('Read')");
    await page.waitForSelector("#some-messages:visible");
    await page.evaluate("scrollTo(0, 0)");
    await page.mouse.move(0, 0);
    const { y, height } = (await page.locator(end).boundingBox())!;
    const clip = { x: 0, y: 0, width, height: y + height + 8 };
    await page.screenshot({ path: `${docs}${name}.png`, fullPage: true, clip });
    if (Deno.args.includes("--full")) {
      await page.screenshot({ path: `${docs}${name}-full.png`, fullPage: true });
    }
    if (name === "dashboard") {
      await page.locator("#sql-section").screenshot({ path: `${docs}dashboard-sql.png` });
    }
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
