import assert from "node:assert/strict";
import { HostileClient } from "../hostile/hostile_client.ts";
import { until } from "../until.ts";
import { quote, row, startPipeline } from "./pipeline.ts";

/** Pages that are kept up to date, as many as there may be, and some more. */
const PAGES = 500;
const MOST_PAGES = 512;

const PATIENCE_MS = 60_000;

const EVENTS = "GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

Deno.test("500 open event streams each get what comes, while the group's consumer goes on", async () => {
  await using pipeline = await startPipeline([row("HSI", "2024-01-02", 100)]);
  const port = Number(new URL(pipeline.url).port);
  await using client = new HostileClient(port);
  await client.open(PAGES, EVENTS);
  assert.equal(await client.matched(/^data: /m, PATIENCE_MS), PAGES);
  await pipeline.send([quote("HSI", "2024-01-03", 431.5)]);
  assert.equal(await client.matched(/431\.5/, PATIENCE_MS), PAGES);
  await pipeline.consume();
  const state = await fetch(`${pipeline.url}/api/state`, {
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  assert.match(await state.text(), /431\.5/);
  // The last pages that there may be, and one more.
  await client.open(MOST_PAGES - PAGES, EVENTS);
  assert.equal(await client.matched(/^data: /m, PATIENCE_MS), MOST_PAGES);
  assert.match(await client.send(EVENTS.replace("Host", "Connection: close\r\nHost")), / 503 /);
  // Those that have left make room, once the next frame cannot be sent.
  client.close();
  await until("there is room for a page", async () => {
    await using another = new HostileClient(port);
    await another.open(1, EVENTS);
    return await another.matched(/^data: /m, 2000) === 1;
  });
  await pipeline.stopDashboard();
});
