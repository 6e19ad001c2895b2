import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { until } from "../until.ts";
import { serviceTest } from "../services/services.ts";
import { drawnCandles, drawnLines, framesSeen, openDashboard, openPage } from "./browser.ts";
import { waitForClose } from "./browser.ts";
import { quote, row, startPipeline } from "./pipeline.ts";

const CHROMIUM = { needs: ["chromium"] } as const;
const DAYS = ["2024-01-02", "2024-01-03", "2024-01-04"];
const ROWS = DAYS.flatMap((day, i) => [row("HSI", day, 100 + i), row("NYA", day, 200 + 10 * i)]);
const HSI = DAYS.map((time, i) => ({
  ...{ time, open: 99 + i, high: 102 + i, low: 97 + i, close: 100 + i },
}));

serviceTest("the page draws the lake's candles, each from its row", CHROMIUM, async () => {
  await using pipeline = await startPipeline(ROWS);
  await using browser = await openPage();
  const { page, errors, requests } = browser;
  await openDashboard(page, pipeline.url);
  assert.deepEqual(await drawnCandles(page), HSI);
  assert.equal(await page.textContent("#chart-title"), "HSI");
  assert.equal(await page.textContent("#where"), "topic index-quotes, group ticklake");
  // With the keyboard: the next index; and no further than the last.
  await page.focus("#indices");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.textContent("#chart-title"), "NYA");
  assert.equal(await page.textContent("#indices [aria-selected=true] .symbol"), "NYA");
  assert.equal(await page.textContent("#last"), "2024-01-04: 220.00, +4.76%");
  assert.deepEqual((await drawnCandles(page)).map(({ close }) => close), [200, 210, 220]);
  await page.click("summary");
  assert.equal(
    await page.textContent("#days tr:first-child"),
    "2024-01-04219.00222.00217.00220.00110.0010",
  );
  await page.waitForSelector("#messages:text-is('6')");
  assert.equal(await page.textContent("#lags"), "0660");
  assert.match((await page.textContent("#objects"))!, /^dt=\d{4}-\d\d-\d\d00 – 5\d/);
  // Indices are compared in dollars, the first day as 100, as many as one wants.
  assert.deepEqual(await drawnLines(page), { HSI: [100, 101, 102], NYA: [100, 105, 110] });
  await page.click("#legend button:has-text('HSI')");
  assert.deepEqual(Object.keys(await drawnLines(page)), ["NYA"]);
  await page.click("#legend button:has-text('HSI')");
  assert.deepEqual(await drawnLines(page), { NYA: [100, 105, 110], HSI: [100, 101, 102] });
  assert.deepEqual(errors, []);
  assert.ok(requests.length > 5);
  for (const url of requests) {
    assert.ok(url.startsWith(pipeline.url) || url.startsWith("data:"), url);
  }
});

serviceTest("a row shows in the page within 200 ms of its acknowledgement", CHROMIUM, async () => {
  await using pipeline = await startPipeline(ROWS);
  await using browser = await openPage();
  const { page } = browser;
  await openDashboard(page, pipeline.url);
  const latencies: number[] = [];
  for (let i = 0; i < 15; i++) {
    const seen = waitForClose(page, 300 + i);
    await pipeline.send([quote("HSI", "2024-01-05", 300 + i)]);
    const sentAt = performance.now();
    await seen;
    latencies.push(performance.now() - sentAt);
  }
  latencies.sort((a, b) => a - b);
  console.log(`latencies: ${latencies.map((ms) => Math.round(ms)).join(" ")} ms`);
  // The fastest has the way's own delay; a busy machine only adds to it.
  assert.ok(latencies[0] < 200, `${latencies[0]} ms`);
});

serviceTest(
  "what the group has not read yet is drawn from the topic, and is its lag",
  CHROMIUM,
  async () => {
    await using pipeline = await startPipeline(ROWS);
    await pipeline.stopDashboard();
    await pipeline.send([
      quote("HSI", "2024-01-05", 103),
      "no row",
      quote("HSI", "2024-01-08", 104),
    ]);
    await pipeline.startDashboard();
    await using browser = await openPage();
    const { page } = browser;
    await openDashboard(page, pipeline.url);
    await waitForClose(page, 104);
    assert.deepEqual((await drawnCandles(page)).map(({ close }) => close), [
      100,
      101,
      102,
      103,
      104,
    ]);
    await page.waitForSelector("#lag:text-is('3')");
    assert.equal(await page.textContent("#lags"), "0963");
    // It was there before anyone looked.
    assert.equal(await page.textContent("#rate"), "0");
    await pipeline.consume();
    await page.waitForSelector("#lag:text-is('0')");
  },
);

serviceTest(
  "a thousand rows a second come in few frames, and nothing is left out",
  CHROMIUM,
  async () => {
    await using pipeline = await startPipeline(ROWS);
    await using browser = await openPage();
    const { page, errors } = browser;
    const openedAt = performance.now();
    await openDashboard(page, pipeline.url);
    const days = Array.from({ length: 28 }, (_, i) => `2024-02-${String(i + 1).padStart(2, "0")}`);
    const rows = Array.from({ length: 4000 }, (_, i) => row("HSI", days[i % 28], 1000 + i));
    await pipeline.produce(rows, "--rate", "1000");
    await waitForClose(page, 4999);
    const frames = await framesSeen(page);
    const seconds = (performance.now() - openedAt) / 1000;
    assert.ok(frames > 10 && frames <= 10 * seconds + 1, `${frames} frames in ${seconds} s`);
    // Of each day the last row counts.
    const last = days.map((_, day) => rows.length - 1 - ((rows.length - 1 - day) % 28) + 1000);
    assert.deepEqual(
      (await drawnCandles(page)).map(({ time, close }) => [time, close]),
      [...HSI.map(({ time, close }) => [time, close]), ...days.map((day, i) => [day, last[i]])],
    );
    assert.deepEqual(errors, []);
  },
);

serviceTest(
  "the page connects again by itself, and has what came in between",
  CHROMIUM,
  async () => {
    await using pipeline = await startPipeline(ROWS);
    await using browser = await openPage();
    const { page } = browser;
    await openDashboard(page, pipeline.url);
    await pipeline.stopDashboard();
    await page.waitForSelector("#connection.away");
    await pipeline.send([quote("HSI", "2024-01-08", 150)]);
    await pipeline.consume();
    await pipeline.startDashboard();
    await page.waitForSelector("#connection.live");
    await waitForClose(page, 150);
    await pipeline.send([quote("HSI", "2024-01-09", 151)]);
    await waitForClose(page, 151);
  },
);

/** As a browser does with a tab that is put behind another, or shown again. */
const setHidden = (page: Page, hidden: boolean) =>
  page.evaluate(`
    Object.defineProperty(document, "hidden", { value: ${hidden}, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  `);

serviceTest(
  "with more tabs than a browser has connections to a host, the one that is shown is live",
  CHROMIUM,
  async () => {
    await using pipeline = await startPipeline(ROWS);
    await using browser = await openPage();
    const context = await browser.browser.newContext();
    const tabs: Page[] = [];
    while (tabs.length < 6) tabs.push(await context.newPage());
    for (const tab of tabs) {
      await openDashboard(tab, pipeline.url);
      await setHidden(tab, true);
    }
    const shown = await context.newPage();
    await openDashboard(shown, pipeline.url);
    await pipeline.send([quote("HSI", "2024-01-08", 150)]);
    await waitForClose(shown, 150);
    // What came while it was hidden is there when it is shown again.
    await setHidden(shown, true);
    const [again] = tabs;
    await again.waitForSelector("#connection-text:text-is('paused while hidden')");
    await setHidden(again, false);
    await again.waitForSelector("#connection.live");
    await waitForClose(again, 150);
    await pipeline.send([quote("HSI", "2024-01-09", 151)]);
    await waitForClose(again, 151);
  },
);

serviceTest("a hostile symbol and a hostile reason are text", CHROMIUM, async () => {
  const hostile = "<img src=x onerror=alert(1)>";
  await using pipeline = await startPipeline([row(hostile, "2024-01-02", 5)]);
  await pipeline.send([JSON.stringify(`<b>${hostile}</b>`)]);
  await pipeline.consume();
  await using browser = await openPage();
  const { page, errors } = browser;
  await openDashboard(page, pipeline.url);
  assert.equal(await page.textContent("#chart-title"), hostile);
  assert.equal(await page.textContent("#indices li .symbol"), hostile);
  assert.equal(await page.textContent("#legend button"), hostile);
  await page.waitForSelector("#rejected:text-is('1')");
  assert.match((await page.textContent("#reasons"))!, /^1.*<b><img src=x onerror/);
  assert.match((await page.textContent("#rejections"))!, /^01\d{4}-.*<b><img src=x onerror/);
  assert.equal(await page.locator("img, b").count(), 0);
  assert.deepEqual(errors, []);
});

serviceTest("a browser is asked for the token once", CHROMIUM, async () => {
  const token = "a-token/of many=characters";
  const env = { TICKLAKE_DASHBOARD_TOKEN: token };
  await using pipeline = await startPipeline(ROWS, { env });
  await using browser = await openPage();
  const { page } = browser;
  assert.equal((await page.goto(pipeline.url))!.status(), 401);
  assert.equal((await page.goto(`${pipeline.url}/api/state`))!.status(), 401);
  await page.goto(pipeline.url);
  await page.fill("#token", "a-token");
  await page.click("button");
  await page.waitForSelector("#login-answer:text-is('Wrong token.')");
  await page.fill("#token", token);
  await page.click("button");
  await page.waitForSelector("#connection.live");
  assert.equal(page.url(), `${pipeline.url}/`, "the token is not in the address");
  assert.deepEqual(await drawnCandles(page), HSI);
  await page.reload();
  await page.waitForSelector("#connection.live");
});

serviceTest(
  "the chart shows values at the crosshair, volume, averages and ranges; one searches among many",
  CHROMIUM,
  async () => {
    const rows = Array.from({ length: 12 }, (_, i) => row(`S${i}`, "2024-01-02", 100 + i));
    const days = Array.from(
      { length: 60 },
      (_, i) => row("S0", new Date(Date.UTC(2024, 1, 1 + i)).toISOString().slice(0, 10), 100 + i),
    );
    await using pipeline = await startPipeline([...rows, ...days]);
    await using browser = await openPage();
    const { page, errors } = browser;
    await openDashboard(page, pipeline.url);
    assert.equal(await page.textContent("#indices-title"), "Index", "the schema's name of the key");
    assert.match((await page.textContent("#values"))!, /^2024-03-31 {2}O\u00a0.* C\u00a0159\.00/);
    const box = (await page.locator("#chart").boundingBox())!;
    await page.mouse.move(box.x + box.width / 3, box.y + box.height / 2);
    await page.waitForSelector("#values:not(:has-text('2024-03-31'))");
    const pointed = await page.textContent("#values");
    await pipeline.send([quote("S0", "2024-03-31", 500)]);
    await page.waitForSelector("#last:has-text('500.00')");
    assert.equal(
      await page.textContent("#values"),
      pointed,
      "what comes leaves the crosshair's values",
    );
    await page.click("#average-20");
    const averages = await page.evaluate<Record<string, Array<{ time: string; value: number }>>>(
      "ticklake.averages()",
    );
    assert.equal(averages[20].length, 61 - 19);
    assert.equal(averages[20].at(-1)!.value, (500 + 19 * 149) / 20);
    await page.click("#ranges button:has-text('1M')");
    // The chart moves in its next frame.
    await until("a month is in sight", async () => {
      const { from } = await page.evaluate<{ from: number }>("ticklake.range()");
      return from > 36 && from < 40;
    });
    await page.fill("#search", "s11");
    assert.deepEqual(await page.locator("#indices li:visible .symbol").allTextContents(), ["S11"]);
    await page.fill("#search", "zz");
    assert.ok(await page.isVisible("#none-found"));
    assert.deepEqual(errors, []);
  },
);

serviceTest(
  "messages are read from an offset, with what consume makes of them; dead letters have their bytes",
  CHROMIUM,
  async () => {
    await using pipeline = await startPipeline(ROWS);
    await pipeline.send(["<b>no row</b>"]);
    await pipeline.consume();
    await using browser = await openPage();
    const { page, errors } = browser;
    await openDashboard(page, pipeline.url);
    await page.waitForSelector("#rejections td:has-text('<b>no row</b>')");
    await page.click("#message-form button:has-text('Read')");
    await page.waitForSelector("#messages-read td:has-text('<b>no row</b>')");
    assert.match(
      (await page.textContent("#message-answer"))!,
      /^Offsets 0 to 6 available; 7 shown/,
    );
    await page.fill("#message-from", "5");
    await page.click("#message-form button:has-text('Read')");
    await page.waitForSelector("#messages-read tr:nth-child(2):last-child");
    assert.equal(await page.textContent("#messages-read tr:first-child td:last-child"), "row");
    const { status } = await fetch(`${pipeline.url}/api/messages?partition=99`);
    assert.equal(status, 404);
    assert.deepEqual(errors, []);
  },
);
