import assert from "node:assert/strict";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { serviceTest } from "../services/services.ts";
import { openDashboard, openPage, shownRange } from "./browser.ts";
import { row, startPipeline } from "./pipeline.ts";

interface Axe {
  axe: {
    run(): Promise<{ violations: Array<{ id: string; nodes: Array<{ html: string }> }> }>;
  };
}

/** What axe finds in a page. */
async function violationsOf(page: Page): Promise<string[][]> {
  // By the debugger's way in: the page's policy refuses scripts of others.
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as Axe).axe.run();
    return violations.map(({ id, nodes }) => [id, nodes[0].html]);
  });
}

serviceTest("axe finds no fault in the page, light and dark, wide and narrow", {
  needs: ["chromium"],
}, async (t) => {
  await using pipeline = await startPipeline([
    row("HSI", "2024-01-02", 100),
    row("HSI", "2024-01-03", 101),
    row("NYA", "2024-01-03", 200),
  ]);
  await pipeline.send(["no row"]);
  await pipeline.consume();
  await using browser = await openPage();
  const { page } = browser;
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1280, 768, 390]) {
      await t.step(`${colorScheme}, ${width} wide`, async () => {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        await openDashboard(page, pipeline.url);
        await page.waitForSelector("#rejected:text-is('1')");
        await page.click("summary");
        await page.click("#sql-form button:has-text('Run')");
        await page.waitForSelector("#sql-answer:visible");
        assert.deepEqual(await violationsOf(page), []);
        const scroll = await page.evaluate<number>("document.documentElement.scrollWidth");
        assert.ok(scroll <= width, `the page is ${scroll} wide`);
      });
    }
  }
});

serviceTest("axe finds no fault in the page before the first quote, and in the token's page", {
  needs: ["chromium"],
}, async () => {
  const token = "0123456789abcdef0123456789abcdef";
  await using pipeline = await startPipeline(undefined, {
    env: { TICKLAKE_DASHBOARD_TOKEN: token },
  });
  await using browser = await openPage();
  const { page } = browser;
  const inBothColours = async (what: string) => {
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await violationsOf(page), [], `${what}, ${colorScheme}`);
    }
  };
  await page.goto(pipeline.url);
  await page.fill("#token", "wrong");
  await page.click("button");
  await page.waitForSelector("#login-answer:text-is('Wrong token.')");
  await inBothColours("token");
  await page.fill("#token", token);
  await page.click("button");
  await page.waitForSelector("#connection.live");
  await page.waitForSelector("#no-symbols:visible");
  await inBothColours("empty");
});

serviceTest("the page can be used with the keyboard alone, and says what it shows", {
  needs: ["chromium"],
}, async () => {
  await using pipeline = await startPipeline([
    row("HSI", "2024-01-02", 100),
    row("NYA", "2024-01-03", 200),
  ]);
  await using browser = await openPage();
  const { page } = browser;
  await openDashboard(page, pipeline.url);
  const reached: string[] = [];
  for (let i = 0; i < 45; i++) {
    await page.keyboard.press("Tab");
    reached.push(
      await page.evaluate<string>("document.activeElement.id || document.activeElement.localName"),
    );
  }
  for (const id of ["a", "indices", "chart", "summary", "button", "compare", "sql"]) {
    assert.ok(reached.includes(id), `${id} is not among ${reached.join(", ")}`);
  }
  const before = await shownRange(page);
  await page.focus("#chart");
  await page.keyboard.press("ArrowLeft");
  const moved = await shownRange(page);
  assert.ok(moved.from < before.from && moved.to < before.to);
  await page.keyboard.press("+");
  const closer = await shownRange(page);
  assert.ok(closer.to - closer.from < moved.to - moved.from);
  await page.focus("summary");
  await page.keyboard.press("Enter");
  assert.equal(await page.isVisible("#days"), true);
  await page.waitForFunction("document.querySelector('#spoken').textContent !== ''");
  assert.match((await page.textContent("#spoken"))!, /^0 rows per second, lag 0, 0 rejected$/);
  assert.equal(await page.getAttribute("#spoken", "aria-live"), "polite");
});
