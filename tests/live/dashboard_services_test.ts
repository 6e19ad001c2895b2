import assert from "node:assert/strict";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { kafka, realS3Env, serviceTest, spawnTicklake, uniqueName } from "../services/services.ts";
import { drawnCandles, openDashboard, openPage, waitForClose } from "./browser.ts";
import { quote, row, startPipeline } from "./pipeline.ts";

const ROWS = [row("HSI", "2024-01-02", 100), row("HSI", "2024-01-03", 101)];

serviceTest(
  "the dashboard shows a topic of Kafka and a lake on S3, and is no member of the group",
  {
    needs: ["chromium", "kafka", "real-s3"],
  },
  async () => {
    const s3 = realS3Env();
    const env = {
      ...s3,
      AWS_S3_BUCKET: await withEnv(s3, newBucket),
      KAFKA_BOOTSTRAP_SERVERS: kafka()!,
      KAFKA_TOPIC: uniqueName("live"),
      KAFKA_GROUP_ID: uniqueName("live"),
    };
    await using pipeline = await startPipeline(ROWS, { env });
    await using browser = await openPage();
    const { page, errors } = browser;
    await openDashboard(page, pipeline.url);
    assert.deepEqual((await drawnCandles(page)).map(({ close }) => close), [100, 101]);
    await pipeline.send([quote("HSI", "2024-01-04", 102), "no row"]);
    await waitForClose(page, 102);
    await page.waitForSelector("#lag:text-is('2')");
    // It would wait for the group's partitions, were they someone's.
    await pipeline.consume();
    await page.waitForSelector("#lag:text-is('0')");
    await page.waitForSelector("#rejected:text-is('1')");
    assert.equal(await page.textContent("#messages"), "4");
    assert.deepEqual(errors, []);
  },
);

serviceTest("the binary has the whole page in it", { needs: ["chromium", "binary"] }, async () => {
  await using pipeline = await startPipeline(ROWS, { binary: true });
  await using browser = await openPage();
  const { page, errors, requests } = browser;
  await openDashboard(page, pipeline.url);
  assert.deepEqual((await drawnCandles(page)).map(({ close }) => close), [100, 101]);
  await pipeline.send([quote("HSI", "2024-01-04", 102)]);
  await waitForClose(page, 102);
  assert.deepEqual(errors, []);
  assert.ok(requests.every((url) => url.startsWith(pipeline.url) || url.startsWith("data:")));
});

/** Candles of today that had several closes, and one open, in the page's events. */
function movedCandles(events: string): number {
  const candles = new Map<string, { opens: Set<number>; closes: Set<number> }>();
  for (const [, data] of events.matchAll(/^data: (\{.*\})$/gm)) {
    for (const [symbol, day, open, , , close] of JSON.parse(data).quotes ?? []) {
      if (day !== new Date().toISOString().slice(0, 10)) continue;
      const candle = candles.get(symbol) ?? { opens: new Set(), closes: new Set() };
      candles.set(symbol, candle);
      candle.opens.add(open);
      candle.closes.add(close);
    }
  }
  return [...candles.values()].filter(({ opens, closes }) => opens.size === 1 && closes.size > 1)
    .length;
}

Deno.test("demo --dashboard continues with rows, shows them, and ends when it is told to", async () => {
  await using demo = spawnTicklake(["demo", "--dashboard", "--listen", "127.0.0.1:0"]);
  const [, url] = await demo.waitFor(/dashboard at (\S+)/);
  const home = /--home (\S+)/.exec(demo.stdout)![1];
  try {
    const state = await (await fetch(`${url}/api/state`)).json();
    const symbols = new Set((state.quotes as string[][]).map(([symbol]) => symbol));
    assert.equal(symbols.size, 14);
    const events = await fetch(`${url}/api/events`);
    let text = "";
    for await (const chunk of events.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      // Rows come, and they get into the lake.
      const counts = [...text.matchAll(/"objects":\d+,"bytes":\d+,"messages":(\d+)/g)];
      // A candle moves: one day of one symbol, open as before, with another close.
      if (Number(counts.at(-1)?.[1]) > 20_000 && movedCandles(text) > 0) break;
    }
    const { code, stderr } = await demo.stop("SIGINT");
    assert.equal(code, 0, stderr);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
