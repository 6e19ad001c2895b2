import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import { QueryBox } from "../../mod/live/query_box.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { serviceTest } from "../services/services.ts";
import { openDashboard, openPage } from "./browser.ts";
import { row, startPipeline } from "./pipeline.ts";

const CHROMIUM = { needs: ["chromium"] } as const;
const ROWS = [row("HSI", "2024-01-02", 100), row("NYA", "2024-01-02", 200)];
const HEADERS = { "x-ticklake": "query" };

/** The events of an answer, asked for without a page. */
async function ask(url: string, sql: string): Promise<Array<Record<string, unknown>>> {
  const asked = new URLSearchParams({ sql });
  const response = await fetch(`${url}/api/query?${asked}`, { headers: HEADERS });
  assert.equal(response.status, 200);
  return (await response.text()).split("\n\n").filter((event) => event.startsWith("data: "))
    .map((event) => JSON.parse(event.slice("data: ".length)));
}

serviceTest(
  "SQL is asked in the page, by an example or by hand, with the keyboard; errors are the terminal's",
  CHROMIUM,
  async () => {
    await using pipeline = await startPipeline([...ROWS, row("<b>X</b>", "2024-01-03", 5)]);
    await using browser = await openPage();
    const { page, errors, requests } = browser;
    await openDashboard(page, pipeline.url);
    await page.selectOption("#sql-example", { label: "Rows for each index" });
    assert.match(await page.inputValue("#sql"), /^SELECT "index", count\(\*\) AS n\nFROM index_/);
    await page.click("#sql-form button:has-text('Run')");
    await page.waitForSelector("#sql-status:has-text('3 rows in')");
    assert.deepEqual(await page.locator("#sql-columns th").allTextContents(), ["index", "n"]);
    assert.ok((await page.locator("#sql-rows tr").allTextContents()).includes("<b>X</b>1"));
    // From the keyboard alone; what is no number, and what is nothing.
    await page.fill("#sql", "SELECT 9007199254740993 AS big, NULL AS none, 'a' AS letter");
    await page.focus("#sql");
    await page.keyboard.press("Control+Enter");
    await page.waitForSelector("#sql-columns th:text-is('letter')");
    await page.waitForSelector("#sql-status:has-text('1 row in')", { timeout: 5000 });
    assert.deepEqual(
      await page.locator("#sql-rows td").allTextContents(),
      ["9007199254740993", "NULL", "a"],
    );
    for (
      const [sql, expected] of [
        ["SELECT clsoe FROM index_quotes", /^error: .*clsoe[^]*\nfix: /],
        ["DELETE FROM index_quotes", /^error: query only reads.*DELETE\nfix: Begin with SELECT/],
        ["SELECT 1; SELECT 2", /^error: expected one SQL statement, found several/],
        [" ", /^error: the SQL is empty/],
        [`SELECT '${"x".repeat(7000)}'`, /^error: The statement is too long for the dashboard/],
      ] as const
    ) {
      await page.fill("#sql", sql);
      await page.keyboard.press("Control+Enter");
      await page.waitForSelector("#sql-error:visible");
      assert.match((await page.textContent("#sql-error"))!, expected);
      assert.equal(await page.isVisible("#sql-answer"), false, "no answer of another statement");
    }
    assert.equal(await page.locator("#sql-rows b").count(), 0);
    assert.deepEqual(errors, []);
    assert.ok(requests.every((url) => url.startsWith(pipeline.url) || url.startsWith("data:")));
  },
);

/** Counts to a billion: seconds at least. */
const LONG =
  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n";

serviceTest("a statement is stopped by the page, and the next one runs", CHROMIUM, async () => {
  await using pipeline = await startPipeline(ROWS);
  await using browser = await openPage();
  const { page, errors } = browser;
  await openDashboard(page, pipeline.url);
  await page.fill("#sql", LONG);
  await page.click("#sql-form button:has-text('Run')");
  await page.click("#sql-stop:enabled");
  await page.waitForSelector("#sql-status:text-is('Stopped.')");
  await page.fill("#sql", "SELECT count(*) AS n FROM index_quotes");
  await page.click("#sql-form button:has-text('Run')");
  await page.waitForSelector("#sql-rows td:text-is('2')");
  assert.deepEqual(errors, []);
});

Deno.test("an answer has a limit of rows and of time, and is refused to other sites", async () => {
  await using pipeline = await startPipeline(ROWS, { env: { TICKLAKE_QUERY_TIMEOUT: "1s" } });
  const { url } = pipeline;
  const many = await ask(
    url,
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n",
  );
  const rows = many.flatMap(({ rows }) => (rows ?? []) as number[][]);
  assert.deepEqual([rows.length, rows[0], rows.at(-1)], [1000, [1], [1000]]);
  const { done } = many.at(-1) as { done: { rows: number; more: boolean } };
  assert.deepEqual([done.rows, done.more], [1000, true]);
  const [late] = (await ask(url, LONG)).filter(({ error }) => error !== undefined);
  assert.match(JSON.stringify(late), /stopped after 1 s, its time limit.*--query-timeout/);
  const refused = await fetch(`${url}/api/query?sql=SELECT+1`);
  assert.equal(refused.status, 403, await refused.text());
  const asked = await fetch(`${url}/api/query?sql=SELECT+1`, {
    method: "OPTIONS",
    headers: { origin: "http://elsewhere.example", "access-control-request-headers": "x-ticklake" },
  });
  assert.equal(asked.status, 405, await asked.text());
  assert.equal(asked.headers.get("access-control-allow-origin"), null);
});

Deno.test("a service that fails under a statement names doctor", async () => {
  const box = new QueryBox({
    open: () => Promise.reject(new Failure("service", "S3 is away", { fix: "Start it." })),
    schema: await loadSchema(),
    signal: new AbortController().signal,
  });
  const answer = await box.answer("SELECT 1").text();
  assert.match(answer, /"S3 is away","fix":"Start it\. `ticklake doctor` checks each setting/);
});
