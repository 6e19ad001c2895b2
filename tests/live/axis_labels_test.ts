import assert from "node:assert/strict";
import { serviceTest } from "../services/services.ts";
import { openDashboard, openPage, shownRange } from "./browser.ts";
import { row, startPipeline } from "./pipeline.ts";

/** A word that a canvas drew: where, in pixels of the canvas, and how wide that is. */
interface DrawnWord {
  text: string;
  left: number;
  right: number;
  canvas: number;
}

/** Runs in the page before its scripts: notes what is written on the charts' canvases. */
const NOTE_WORDS = `
  globalThis.words = [];
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    const { a, e } = this.getTransform();
    const width = this.measureText(text).width;
    const begin = { center: x - width / 2, right: x - width, end: x - width }[this.textAlign] ?? x;
    words.push({ text, left: begin * a + e, right: (begin + width) * a + e, canvas: this.canvas.width });
    return fillText.apply(this, arguments);
  };
`;

/** From the first trading day of 2024 to that of 2025: a year begins at either end. */
function year(): string[] {
  const rows: string[] = [];
  for (let day = Date.UTC(2024, 0, 1); day <= Date.UTC(2025, 0, 1); day += 86_400_000) {
    const date = new Date(day);
    if (date.getUTCDay() % 6 !== 0) {
      rows.push(row("HSI", date.toISOString().slice(0, 10), 18_000 + rows.length));
    }
  }
  return rows;
}

serviceTest("the labels of the charts' axes are whole at each width", {
  needs: ["chromium"],
}, async (t) => {
  await using pipeline = await startPipeline(year());
  await pipeline.consume();
  await using browser = await openPage();
  const { page } = browser;
  await page.addInitScript(NOTE_WORDS);
  for (const width of [1280, 768, 390]) {
    await t.step(`${width} wide`, async () => {
      await page.setViewportSize({ width, height: 900 });
      await openDashboard(page, pipeline.url);
      await page.waitForFunction("ticklake.candles().length > 200");
      for (const range of [undefined, "All"]) {
        if (range !== undefined) {
          await page.evaluate("words.length = 0");
          await page.click(`#ranges button:text-is('${range}')`);
        }
        await shownRange(page);
        const words = (await page.evaluate<DrawnWord[]>("words"))
          .filter(({ text }) => /^(20\d\d|[A-Z][a-z]{2})$/.test(text));
        assert.ok(words.some(({ text }) => text === "2025"), "the last year begins in sight");
        const cut = words.filter(({ left, right, canvas }) => left < 0 || right > canvas);
        assert.deepEqual(cut, []);
      }
    });
  }
});
