import assert from "node:assert/strict";
import { statusAlerts } from "../../mod/status/status_alerts.ts";
import { startWebhook } from "../ops/webhook.ts";
import { freePort } from "../services/free_port.ts";
import { runTicklake } from "../services/services.ts";
import { quotes, withEmbedded } from "./consume_place.ts";

Deno.test("status --alert ends with 4 and posts while nobody consumes, with 0 once all is written", () =>
  withEmbedded(async (place) => {
    await using hook = startWebhook();
    const status = (...args: string[]) =>
      runTicklake(["status", ...args], {
        ...place,
        env: { ...place.env, TICKLAKE_ALERT_WEBHOOK: hook.url },
      });
    await place.send(quotes(30));
    assert.equal((await status()).code, 0, "without --alert it only tells");
    assert.equal((await status("--alert", "--alert-lag", "30")).code, 0);
    assert.equal(hook.calls, 0);
    const { code, stdout, stderr } = await status("--alert", "--alert-lag", "29", "--json");
    assert.equal(code, 4, stderr);
    assert.match(
      stderr,
      /^alert: 30 messages of topic \S+ waiting to be written by group \S+, the/m,
    );
    const { alerts } = JSON.parse(stdout);
    assert.deepEqual(
      alerts.map(({ alert, value, limit }: Record<string, unknown>) => [alert, value, limit]),
      [["lag", 30, 29]],
    );
    assert.equal(hook.posts.length, 1);
    const { alert, state, command, topic, value } = hook.posts[0];
    assert.deepEqual({ alert, state, command, topic, value }, {
      ...{ alert: "lag", state: "firing", command: "status", topic: place.topic, value: 30 },
    });
    await place.toEnd();
    assert.equal((await status("--alert", "--alert-lag", "0")).code, 0);
    assert.equal(hook.posts.length, 1);
    const gone = await status("--alert", "--topic", "another");
    assert.deepEqual([gone.code, hook.posts[1].alert], [4, "topic"]);
    assert.match(gone.stderr, /^alert: topic another does not exist$/m);
  }));

Deno.test("status --alert of a broker that is away ends with 3, with a wrong webhook with 2", async () => {
  const env = { KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${freePort()}` };
  assert.equal((await runTicklake(["status", "--alert"], { env })).code, 3);
  const wrong = await runTicklake(["status", "--alert"], {
    env: { TICKLAKE_ALERT_WEBHOOK: "secret-token" },
  });
  assert.equal(wrong.code, 2);
  assert.doesNotMatch(wrong.stderr, /secret-token/);
});

Deno.test("days that queries do not see are an alert", () => {
  const status = { topic: "t", group: "g", lag: 0, lagLimit: 0 };
  assert.deepEqual(statusAlerts(status), []);
  const hidden = { objects: 3, days: ["0001-01-01"] };
  const [{ alert, value }, ...more] = statusAlerts({ ...status, hidden });
  assert.deepEqual([alert, value, more], ["projection", 3, []]);
});

Deno.test("partitions without a leader are an alert, as their lag is not known", () => {
  const status = { topic: "t", group: "g", lag: 0, lagLimit: 0, leaderless: [2, 5] };
  assert.deepEqual(statusAlerts(status), [{
    ...{ alert: "leader", value: 2, limit: 0 },
    text: "partition 2, 5 of topic t has no leader and cannot be read",
  }]);
});
