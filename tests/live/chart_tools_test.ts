import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { serviceTest } from "../services/services.ts";
import { until } from "../until.ts";
import { openDashboard, openPage } from "./browser.ts";
import { row, startPipeline } from "./pipeline.ts";

const CHROMIUM = { needs: ["chromium"] } as const;
const COUNT = 300;
const dayOf = (i: number) => new Date(Date.UTC(2023, 0, 1 + i)).toISOString().slice(0, 10);
const closeOf = (i: number) => 100 + (i % 7);
const volumeOf = (i: number) => 1000 + i;

/** Days of one symbol with volume, every third of which falls; a symbol without volume. */
const ROWS = [
  ...Array.from({ length: COUNT }, (_, i) => {
    const close = closeOf(i);
    const open = i % 3 === 0 ? close + 1 : close - 1;
    return `A,${dayOf(i)},${open},${close + 2},${close - 3},${close},${close},${volumeOf(i)},50`;
  }),
  ...[0, 1].map((i) => `B,${dayOf(i)},9,11,8,10,10,0,5`),
];

interface Bar {
  time: string;
  value: number;
  color: string;
}

const volumes = (page: Page) => page.evaluate<Bar[]>("ticklake.volumes()");

serviceTest("the chart's tools: volume, ranges, moving averages", CHROMIUM, async (t) => {
  await using pipeline = await startPipeline(ROWS);
  await using browser = await openPage();
  const { page, errors } = browser;
  await openDashboard(page, pipeline.url);
  const choose = async (symbol: string) => {
    await page.click(`#indices li:has(.symbol:text-is('${symbol}'))`);
    await page.waitForSelector(`#chart-title:text-is('${symbol}')`);
  };

  await t.step(
    "each candle has its volume below, in its colour; without volume there are no bars",
    async () => {
      const colour = (name: string) =>
        page.evaluate<string>(
          `getComputedStyle(document.documentElement).getPropertyValue("${name}").trim()`,
        );
      const [up, down] = [await colour("--up-soft"), await colour("--down-soft")];
      assert.notEqual(up, down);
      assert.deepEqual(
        (await volumes(page)).map(({ time, value, color }) => ({ time, value, color })),
        Array.from({ length: COUNT }, (_, i) => ({
          time: dayOf(i),
          value: volumeOf(i),
          color: i % 3 === 0 ? down : up,
        })),
      );
      await choose("B");
      assert.deepEqual(await volumes(page), []);
      assert.doesNotMatch((await page.textContent("#values"))!, /V/);
      await choose("A");
    },
  );

  await t.step("a month, half a year, a year, all: as many trading days are in sight", async () => {
    for (const [name, days] of [["1M", 22], ["6M", 126], ["1Y", 252], ["All", COUNT]] as const) {
      await page.click(`#ranges button:text-is('${name}')`);
      // The chart moves in its next frame. A margin beside the bars keeps their labels whole.
      await until(`${name} is in sight`, async () => {
        const { from, to } = await page.evaluate<{ from: number; to: number }>("ticklake.range()");
        const first = Math.ceil(Math.max(from, 0));
        const last = Math.floor(Math.min(to, COUNT - 1));
        return last === COUNT - 1 && last - first + 1 === days;
      });
    }
  });

  await t.step(
    "averages are the means of the last 20, 50 and 200 closes, and go away again",
    async () => {
      const averages = () =>
        page.evaluate<Record<string, Array<{ time: string; value: number }>>>(
          "ticklake.averages()",
        );
      assert.deepEqual(await averages(), {});
      for (const days of [20, 50, 200]) {
        await page.click(`#average-${days}`);
        assert.equal(await page.getAttribute(`#average-${days}`, "aria-pressed"), "true");
        const { [days]: line } = await averages();
        assert.deepEqual(
          line.map(({ time }) => time),
          Array.from({ length: COUNT - days + 1 }, (_, i) => dayOf(i + days - 1)),
          "the first is of the first day that has enough before it",
        );
        line.forEach(({ value }, i) => {
          let sum = 0;
          for (let d = i; d < i + days; d++) sum += closeOf(d);
          assert.ok(Math.abs(value - sum / days) < 1e-9, `${days} days, point ${i}`);
        });
      }
      await choose("B");
      assert.deepEqual(await averages(), { 20: [], 50: [], 200: [] }, "two days have no average");
      for (const days of [20, 50, 200]) await page.click(`#average-${days}`);
      assert.deepEqual(await averages(), {});
    },
  );
  assert.deepEqual(errors, []);
});

serviceTest(
  "a change that rounds to nothing is neither up nor down, and has no sign",
  CHROMIUM,
  async () => {
    const closes = {
      F: [10_000, 9_999.9],
      N: [10_000, 10_000.1],
      U: [100, 101],
      D: [100, 99],
      S: [5, 5],
    };
    await using pipeline = await startPipeline(
      Object.entries(closes).flatMap(([symbol, pair]) =>
        pair.map((close, i) => row(symbol, dayOf(i), close))
      ),
    );
    await using browser = await openPage();
    const { page } = browser;
    await openDashboard(page, pipeline.url);
    for (
      const [symbol, text, className] of [
        ["F", "0.00%", "change"],
        ["N", "0.00%", "change"],
        ["S", "0.00%", "change"],
        ["U", "+1.00%", "change up"],
        ["D", "−1.00%", "change down"],
      ]
    ) {
      const change = page.locator(`#indices li:has(.symbol:text-is('${symbol}')) .change`);
      assert.equal(await change.textContent(), text, symbol);
      assert.equal(await change.getAttribute("class"), className, symbol);
    }
    await page.click("#indices li:has(.symbol:text-is('F'))");
    await page.waitForSelector("#last:has-text(', 0.00%')");
  },
);

serviceTest("prices below ten have the digits that tell them apart", CHROMIUM, async () => {
  const closes = {
    EURUSD: [1.0854, 1.08551],
    SHIB: [0.00001234, 0.000012345],
    HSI: [18_600, 18_599.8],
  };
  await using pipeline = await startPipeline(
    Object.entries(closes).flatMap(([symbol, pair]) =>
      pair.map((close, i) =>
        `${symbol},${dayOf(i)},${close},${close},${close},${close},${close},1,1`
      )
    ),
  );
  await using browser = await openPage();
  const { page, errors } = browser;
  await openDashboard(page, pipeline.url);
  for (
    const [symbol, last, label] of [
      ["EURUSD", "1.0855", "1.0900"],
      ["SHIB", "0.00001235", "1.09000000"],
      ["HSI", "18,599.80", "1.09"],
    ]
  ) {
    const item = page.locator(`#indices li:has(.symbol:text-is('${symbol}'))`);
    assert.equal(await item.locator(".price").textContent(), last, symbol);
    await item.click();
    await page.waitForSelector(`#last:has-text('${last}')`);
    assert.match((await page.textContent("#values"))!, new RegExp(`C\u00a0${last} `), symbol);
    assert.equal(await page.evaluate("ticklake.label(1.09)"), label, symbol);
  }
  assert.deepEqual(errors, []);
});
