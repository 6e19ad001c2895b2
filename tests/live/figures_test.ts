import assert from "node:assert/strict";
import { serviceTest } from "../services/services.ts";
import { until } from "../until.ts";
import { openDashboard, openPage } from "./browser.ts";
import { row, startPipeline } from "./pipeline.ts";

const CHROMIUM = { needs: ["chromium"] } as const;

serviceTest(
  "rate, lag and growth over time have axes, and outlive the page",
  CHROMIUM,
  async () => {
    await using pipeline = await startPipeline([row("HSI", "2024-01-02", 100)]);
    await using browser = await openPage();
    const { page, errors } = browser;
    await openDashboard(page, pipeline.url);
    await pipeline.produce([row("HSI", "2024-01-03", 101)]);
    const points = async () => (await (await fetch(`${pipeline.url}/api/state`)).json()).history;
    await until("a point has the row's lag", async () => (await points()).at(-1)?.[2] === 1);
    await page.reload();
    await page.waitForSelector("#connection.live");
    for (const [id, most] of [["rates", /^\d+\/s$/], ["lag-history", /^1$/], ["growth", /B$/]]) {
      await page.waitForSelector(`#${id}:visible`);
      assert.match((await page.textContent(`#${id} .most`))!, most as RegExp);
      assert.match((await page.textContent(`#${id} .begin`))!, /^\d\d:\d\d:\d\d$/);
    }
    assert.deepEqual(errors, []);
  },
);

serviceTest(
  "the mark at the top and the banner never contradict each other",
  CHROMIUM,
  async () => {
    await using pipeline = await startPipeline([row("HSI", "2024-01-02", 100)]);
    await pipeline.send(["no row"]);
    await pipeline.consume();
    await using browser = await openPage();
    const { page } = browser;
    await openDashboard(page, pipeline.url);
    await page.waitForSelector("#rejected:text-is('1')");
    const table = `${pipeline.home}/lake/dead_letter/index_quotes`;
    const [folder] = Deno.readDirSync(table);
    const [{ name }] = Deno.readDirSync(`${table}/${folder.name}`);
    const path = `${table}/${folder.name}/${name}`;
    const letters = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, "damaged");
    await page.waitForSelector("#trouble:visible");
    assert.equal(await page.textContent("#connection-text"), "not up to date");
    await Deno.writeTextFile(path, letters);
    await page.waitForSelector("#trouble", { state: "hidden" });
    assert.equal(await page.textContent("#connection-text"), "live");
    // Without its server the page says that, and nothing else.
    await pipeline.stopDashboard();
    await page.waitForSelector("#connection.away");
    assert.equal(await page.isVisible("#trouble"), false);
  },
);

serviceTest(
  "the comparison's values follow the crosshair; a change of more than 100% is shown whole",
  CHROMIUM,
  async () => {
    const closes = [["2024-01-02", 100], ["2024-01-03", 110], ["2024-01-04", 252.54]] as const;
    const rows = closes.flatMap(([day, close]) => [row("HSI", day, close), row("NYA", day, 50)]);
    await using pipeline = await startPipeline(rows);
    await using browser = await openPage();
    const { page } = browser;
    await openDashboard(page, pipeline.url);
    await page.locator("#compare").scrollIntoViewIfNeeded();
    const box = (await page.locator("#compare").boundingBox())!;
    await until("a day is under the crosshair", async () => {
      for (const at of [0.45, 0.5]) {
        await page.mouse.move(box.x + box.width * at, box.y + box.height / 2);
      }
      return (await page.locator("#legend button").allTextContents()).includes("NYA 100.0");
    });
    const change = "#indices [aria-selected=true] .change";
    assert.equal(await page.textContent(change), "+129.58%");
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 900 });
      const [text, room] = await page.$eval(change, (element) => {
        const { scrollWidth, clientWidth } = element as unknown as Record<string, number>;
        return [scrollWidth, clientWidth];
      });
      assert.ok(text <= room, `at ${width}: ${text} in ${room}`);
    }
  },
);
