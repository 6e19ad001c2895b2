import assert from "node:assert/strict";
import { spawnTicklake } from "../services/services.ts";
import { metricValue } from "./metric_value.ts";
import { until } from "../until.ts";
import { startWebhook } from "./webhook.ts";

const HEADER = "Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD";
const GOOD = "HSI,1987-01-02,5,6,4,5,5,0.0,0.65";
const BAD = "HSI,1987-01-02,5,6,4,5,5,-1,0.65";

Deno.test("produce --metrics serves what it sent and whether it is ready", async () => {
  await using program = spawnTicklake(["produce", "--interval", "10ms", "--metrics", "0"]);
  const [, url] = await program.waitFor(/metrics and health at (http:\S+)/);
  await until("ready", async () => (await (await fetch(`${url}/readyz`)).text()) === "ready\n");
  let sent = 0;
  await until("rows in the metrics", async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    sent = metricValue(text, "ticklake_sent_rows_total");
    return sent > 3;
  });
  const { code, stdout } = await program.stop();
  assert.equal(code, 0);
  const [, total] = /^sent ([\d,]+) rows/.exec(stdout)!;
  assert.ok(Number(total.replaceAll(",", "")) >= sent);
});

Deno.test("TICKLAKE_ALERT_WEBHOOK of produce gets posts about rejected rows, and no output tells the URL", async () => {
  await using hook = startWebhook();
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/quotes.csv`, [HEADER, GOOD, BAD, ""].join("\n"));
  await using program = spawnTicklake([
    ...["produce", "--mode", "replay", "--loop", "--interval", "20ms", "--input", "quotes.csv"],
    ...["--alert-rejected", "10", "--topic", "t"],
  ], { cwd: folder, env: { TICKLAKE_ALERT_WEBHOOK: hook.url } });
  await until("the post", () => hook.posts.length === 1);
  const { code, stderr } = await program.stop();
  await Deno.remove(folder, { recursive: true });
  assert.equal(code, 0, stderr);
  const [{ alert, state, limit, value, topic, command }] = hook.posts;
  assert.deepEqual(
    { alert, state, limit, topic, command },
    { alert: "rejected", state: "firing", limit: 10, topic: "t", command: "produce" },
  );
  assert.ok(value > 10);
  assert.match(stderr, /warning alerts: firing: [\d,]+ rows rejected in 5 minutes/);
  assert.doesNotMatch(stderr, /secret-token/);
});
