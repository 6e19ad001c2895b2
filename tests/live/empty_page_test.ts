import assert from "node:assert/strict";
import { serviceTest } from "../services/services.ts";
import { openDashboard, openPage } from "./browser.ts";
import { row, startPipeline } from "./pipeline.ts";

const CHROMIUM = { needs: ["chromium"] } as const;

/** Panels with what they say where nothing is, and what makes it go away. */
const EMPTY: ReadonlyArray<readonly [selector: string, says: RegExp]> = [
  ["#no-symbols", /`?ticklake produce/],
  ["#last", /ticklake produce sends some, ticklake consume writes them/],
  ["#no-comparison", /ticklake produce/],
  ["#no-topic", /ticklake produce/],
  ["#growth-empty", /ticklake consume/],
  ["#no-objects", /ticklake consume/],
  ["#no-rejections", /rejected messages appear here/],
  ["#no-messages", /ticklake produce/],
];

serviceTest(
  "where there is nothing each panel says what to do, and no longer once there is",
  CHROMIUM,
  async () => {
    await using pipeline = await startPipeline(undefined);
    await using browser = await openPage();
    const { page, errors } = browser;
    await openDashboard(page, pipeline.url);
    for (const [selector, says] of EMPTY) {
      await page.waitForSelector(`${selector}:visible`);
      assert.match((await page.textContent(selector))!, says, selector);
    }
    await page.waitForSelector("#message-form", { state: "hidden" });
    for (const id of ["rates", "lag-history"]) {
      assert.ok(
        await page.isVisible(`#${id}`) || await page.isVisible(`#${id}-empty`),
        `${id} shows its points, or that the first is to come`,
      );
    }
    await pipeline.produce([row("HSI", "2024-01-02", 100)]);
    await pipeline.consume();
    await page.waitForSelector("#objects tr");
    for (const [selector] of EMPTY) {
      if (selector !== "#last" && selector !== "#no-rejections") {
        await page.waitForSelector(selector, { state: "hidden" });
      }
    }
    assert.match((await page.textContent("#last"))!, /^2024-01-02: 100\.00/);
    assert.ok(await page.isVisible("#message-form"));
    assert.deepEqual(errors, []);
  },
);
