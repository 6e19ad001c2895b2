import assert from "node:assert/strict";
import { startAlerts } from "../../../mod/ops/telemetry/alerts.ts";
import { capturedLog } from "../captured_log.ts";
import { until } from "../../until.ts";
import { startWebhook } from "../webhook.ts";

const EVERY_MS = 20;

/** Alerts about one number, which the test sets. */
function watch(url: string) {
  const watched = { value: 0, checks: 0 };
  const stop = startAlerts({
    url,
    about: { command: "consume", topic: "quotes" },
    everyMs: EVERY_MS,
    watched: [{
      alert: "lag",
      limit: 100,
      value() {
        watched.checks++;
        return watched.value;
      },
      describe: (value, limit) => `${value} wait, the limit is ${limit}`,
    }],
  });
  return {
    set: (value: number) => watched.value = value,
    /** Waits until the value was looked at so many times more. */
    checks(count: number) {
      const enough = watched.checks + count;
      return until(`${count} checks`, () => watched.checks >= enough);
    },
    [Symbol.asyncDispose]: stop,
  };
}

Deno.test("one post when the limit is passed, one when it has recovered", async () => {
  await using hook = startWebhook();
  await using alerts = watch(hook.url);
  alerts.set(100);
  await alerts.checks(5);
  assert.equal(hook.posts.length, 0, "at the limit is not beyond it");
  alerts.set(101);
  await until("the alert is posted", () => hook.posts.length === 1);
  alerts.set(5000);
  await alerts.checks(5);
  assert.equal(hook.posts.length, 1, "an alert that goes on is posted once");
  alerts.set(7);
  await until("the recovery is posted", () => hook.posts.length === 2);
  const [{ at, ...firing }, recovered] = hook.posts;
  assert.equal(new Date(at).toISOString(), at);
  assert.deepEqual(firing, {
    command: "consume",
    topic: "quotes",
    alert: "lag",
    state: "firing",
    value: 101,
    limit: 100,
    text: "ticklake firing: 101 wait, the limit is 100 (consume, quotes)",
  });
  assert.deepEqual([recovered.state, recovered.value], ["recovered", 7]);
});

Deno.test("a value that crosses its limit for a moment posts nothing", async () => {
  await using hook = startWebhook();
  let calls = 0;
  const stop = startAlerts({
    url: hook.url,
    about: {},
    everyMs: EVERY_MS,
    watched: [{ alert: "x", limit: 0, value: () => ++calls % 2, describe: () => "" }],
  });
  await until("the value was asked for often", () => calls > 20);
  await stop();
  assert.equal(hook.calls, 0);
});

Deno.test("a webhook that fails gets the alert again, and the log does not tell its token", async () => {
  using log = capturedLog();
  await using hook = startWebhook((call) => call === 1 ? 500 : 200);
  await using alerts = watch(hook.url);
  alerts.set(101);
  await until("the alert is posted", () => hook.posts.length === 1);
  assert.equal(hook.calls, 2);
  assert.match(
    log.text,
    /warning alerts: alert lag could not be posted to 127\.0\.0\.1:\d+, retrying: it answered 500/,
  );
  assert.doesNotMatch(log.text, /secret-token/);
});

Deno.test("a recovery is posted after its alert, even when the alert had to be repeated", async () => {
  await using hook = startWebhook((call) => call === 1 ? 503 : 200);
  await using alerts = watch(hook.url);
  alerts.set(101);
  await until("the webhook is called", () => hook.calls === 1);
  alerts.set(0);
  await until("both are posted", () => hook.posts.length === 2);
  assert.deepEqual(hook.posts.map(({ state }) => state), ["firing", "recovered"]);
});

Deno.test("stopping does not wait for a webhook that is away", async () => {
  using gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using log = capturedLog();
  // It accepts the connection and never answers.
  const alerts = watch(`http://127.0.0.1:${gone.addr.port}/`);
  alerts.set(101);
  await until("the alert is logged", () => log.text.includes("firing"));
  await alerts.checks(3);
  await alerts[Symbol.asyncDispose]();
});

for (const status of [301, 302, 307, 308]) {
  Deno.test(`a webhook that answers ${status} is not followed, and has not taken the alert`, async () => {
    using log = capturedLog();
    await using inner = startWebhook();
    let asked = 0;
    await using outer = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => {
        asked++;
        return new Response(null, { status, headers: { location: inner.url } });
      },
    );
    await using alerts = watch(`http://127.0.0.1:${outer.addr.port}/`);
    alerts.set(101);
    await until("the redirect is noticed", () => asked > 0 && /not followed/.test(log.text));
    assert.equal(inner.calls, 0);
  });
}
