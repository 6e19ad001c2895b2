import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import { type OperationsOptions, startOperations } from "../../mod/ops/telemetry/operations.ts";
import { capturedLog } from "./captured_log.ts";
import { metricValue } from "./metric_value.ts";
import { until } from "../until.ts";

const SETTINGS = {
  metrics: "127.0.0.1:0",
  alertWebhook: undefined,
  httpHosts: undefined,
  alertLag: 100,
  alertRejected: 0,
  topic: "quotes",
  group: "g",
};

/** Starts operations with a server and gives what it answers to a path. */
async function start(
  command: "consume" | "produce",
  options: Partial<OperationsOptions> = {},
) {
  using log = capturedLog();
  const operations = await startOperations({ command, settings: SETTINGS, ...options });
  const [, url] = log.text.match(/metrics and health at (\S+)/)!;
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(url + path, init);
    return { status: response.status, body: await response.text(), headers: response.headers };
  };
  return { ...operations, url, ask, [Symbol.asyncDispose]: operations.close };
}

const flush = { partition: 2, first: 0, rejected: 1, objects: 2, bytes: 5000, seconds: 0.3 };

Deno.test("/metrics shows what the sink did", async () => {
  await using operations = await start("consume");
  const { onEvent, ask } = operations;
  onEvent({ kind: "assigned", partitions: [2, 3] });
  onEvent({ kind: "read", partition: 2, messages: 90, rows: 90, bytes: 9000 });
  onEvent({ kind: "read", partition: 2, messages: 10, rows: 10, bytes: 1000 });
  onEvent({ kind: "position", partition: 2, next: 101, highWatermark: 150 });
  onEvent({
    kind: "rejected",
    partition: 2,
    reason: 'Close: expected a number, found "x"',
    count: 1,
  });
  onEvent({
    kind: "rejected",
    partition: 2,
    reason: 'Close: expected a number, found "y"',
    count: 1,
  });
  onEvent({ kind: "retried", what: "put", error: new Error("no route") });
  onEvent({ kind: "table commit", isTaken: false });
  onEvent({ kind: "table commit", isTaken: true });
  onEvent({ kind: "table commit", isTaken: true });
  onEvent({ kind: "buffered", bytes: 777 });
  onEvent({ kind: "gap", gap: { partition: 3, first: 10, end: 15, reason: "retention" } });
  onEvent({ kind: "flushed", flush: { ...flush, last: 100, rows: 100 } });
  onEvent({ kind: "committed", partition: 2, offset: 101 });
  const { body, headers } = await ask("/metrics");
  assert.match(headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
  assert.equal(metricValue(body, "ticklake_read_rows_total", { partition: "2" }), 100);
  assert.equal(metricValue(body, "ticklake_read_bytes_total", { partition: "2" }), 10_000);
  assert.equal(metricValue(body, "ticklake_rows_total", { partition: "2" }), 100);
  assert.equal(metricValue(body, "ticklake_bytes_total", { partition: "2" }), 5000);
  assert.equal(metricValue(body, "ticklake_objects_total", { partition: "2" }), 2);
  assert.equal(
    metricValue(body, "ticklake_rejected_total", { reason: "Close: expected a number" }),
    2,
  );
  assert.equal(metricValue(body, "ticklake_retries_total", { what: "put" }), 1);
  assert.equal(metricValue(body, "ticklake_table_commits_total"), 2);
  assert.equal(metricValue(body, "ticklake_table_commit_conflicts_total"), 1);
  assert.equal(metricValue(body, "ticklake_buffered_bytes"), 777);
  assert.equal(metricValue(body, "ticklake_lost_total", { partition: "3" }), 5);
  assert.equal(metricValue(body, "ticklake_lag", { partition: "2" }), 49);
  assert.equal(metricValue(body, "ticklake_assigned_partitions"), 2);
  assert.equal(metricValue(body, "ticklake_flush_seconds_count"), 1);
  assert.equal(metricValue(body, "ticklake_flush_seconds_sum"), 0.3);
  assert.ok(metricValue(body, "ticklake_last_commit_age_seconds") < 60);
  assert.ok(metricValue(body, "process_resident_memory_bytes") > 1e6);
  assert.ok(metricValue(body, "process_cpu_seconds_total") > 0);
  assert.ok(Math.abs(metricValue(body, "process_start_time_seconds") - Date.now() / 1000) < 3600);

  // Read twice, counted once.
  assert.equal(
    metricValue((await ask("/metrics")).body, "ticklake_rejected_total", {
      reason: "Close: expected a number",
    }),
    2,
  );
});

Deno.test("a partition that went to another member is no longer in ticklake_lag", async () => {
  await using operations = await start("consume");
  const { onEvent, ask } = operations;
  onEvent({ kind: "position", partition: 0, next: 0, highWatermark: 5 });
  onEvent({ kind: "position", partition: 1, next: 0, highWatermark: 5 });
  assert.match((await ask("/metrics")).body, /ticklake_lag\{partition="0"/);
  onEvent({ kind: "assigned", partitions: [1] });
  const { body } = await ask("/metrics");
  assert.doesNotMatch(body, /ticklake_lag\{partition="0"/);
  assert.equal(metricValue(body, "ticklake_lag", { partition: "1" }), 5);
});

Deno.test("/metrics of produce counts what was acknowledged and what was rejected", async () => {
  await using operations = await start("produce");
  const { produced, ask } = operations;
  produced.sent?.(40);
  produced.sent?.(2);
  produced.rejectedRow?.("Volume -1 is below 0");
  const { body } = await ask("/metrics");
  assert.equal(metricValue(body, "ticklake_sent_rows_total"), 42);
  assert.equal(metricValue(body, "ticklake_rejected_total", { reason: "Volume is below 0" }), 1);
  assert.match(body, /ticklake_sent_rows_total\{command="produce"\} 42/);
});

Deno.test("a partition that cannot be read is not ready, with its number, and a metric", async () => {
  await using operations = await start("consume");
  const { onEvent, ask } = operations;
  const stalled = async (partition: string) =>
    new RegExp(`ticklake_stalled_partition\\{partition="${partition}"[^}]*\\} 1`)
      .test((await ask("/metrics")).body);
  onEvent({ kind: "assigned", partitions: [0, 3, 5] });
  onEvent({ kind: "stalled", partition: 3, reason: "KAFKA_STORAGE_ERROR" });
  onEvent({ kind: "stalled", partition: 0, reason: "LEADER_NOT_AVAILABLE" });
  assert.equal(
    (await ask("/readyz")).body.trim(),
    "not ready: partition 0, 3 cannot be read, see the log",
  );
  assert.deepEqual([await stalled("0"), await stalled("3"), await stalled("5")], [
    true,
    true,
    false,
  ]);
  onEvent({ kind: "stalled", partition: 0, reason: null });
  assert.match((await ask("/readyz")).body, /partition 3 cannot be read/);
  assert.equal(await stalled("0"), false);
  onEvent({ kind: "assigned", partitions: [0, 5] });
  assert.equal((await ask("/readyz")).status, 200);
  assert.equal(await stalled("3"), false);
});

Deno.test("/readyz says why: no assignment, the lake away; /healthz stays 200", async () => {
  await using operations = await start("consume");
  const { onEvent, ask } = operations;
  const ready = async () => {
    const { status, body } = await ask("/readyz");
    assert.equal((await ask("/healthz")).status, 200);
    assert.match(
      (await ask("/metrics")).body,
      new RegExp(`ticklake_ready\\S* ${+(status === 200)}`),
    );
    return `${status} ${body.trim()}`;
  };
  assert.equal(await ready(), "503 not ready: no partition is assigned yet");
  onEvent({ kind: "assigned", partitions: [0] });
  assert.equal(await ready(), "200 ready");
  onEvent({ kind: "ready", ready: false, why: "s3://b cannot be reached" });
  assert.equal(await ready(), "503 not ready: the lake cannot be written, see the log");
  onEvent({ kind: "assigned", partitions: [] });
  assert.equal(
    await ready(),
    "503 not ready: the lake cannot be written, see the log; no partition is assigned",
  );
  onEvent({ kind: "ready", ready: true });
  onEvent({ kind: "assigned", partitions: [1] });
  assert.equal(await ready(), "200 ready");
});

Deno.test("a broker that stops answering makes it not ready until it answers again; lag follows it", async () => {
  let answer: () => number = () => 10;
  await using operations = await start("consume", {
    topicOffsets: async () => [{ partition: 0, low: 0, high: answer() }],
    offsetsEveryMs: 10,
  });
  const { onEvent, ask } = operations;
  onEvent({ kind: "assigned", partitions: [0] });
  onEvent({ kind: "position", partition: 0, next: 5, highWatermark: 5 });
  const lag = async () =>
    metricValue((await ask("/metrics")).body, "ticklake_lag", { partition: "0" });
  await until("the lag is 5", async () => await lag() === 5);
  assert.equal((await ask("/readyz")).status, 200);
  answer = () => {
    throw new Failure("service", "Kafka at b:9092 cannot be reached");
  };
  await until("it is not ready", async () => (await ask("/readyz")).status === 503);
  assert.match(
    (await ask("/readyz")).body,
    /^not ready: the broker does not answer, see the log/,
  );
  assert.equal(await lag(), 5, "the last known one");
  answer = () => 12;
  await until("it is ready", async () => (await ask("/readyz")).status === 200);
  assert.equal(await lag(), 7);
});

Deno.test("/readyz of produce is ready once the topic is there", async () => {
  await using operations = await start("produce");
  assert.equal((await operations.ask("/readyz")).status, 503);
  operations.produced.started?.();
  assert.equal((await operations.ask("/readyz")).status, 200);
});

Deno.test("other paths and methods are refused", async () => {
  await using operations = await start("consume");
  assert.equal((await operations.ask("/")).status, 404);
  assert.equal((await operations.ask("/metrics", { method: "POST" })).status, 405);
  const head = await operations.ask("/healthz", { method: "HEAD" });
  assert.deepEqual([head.status, head.body], [200, ""]);
});

Deno.test("an address that is taken ends the start with its name and a way out", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const metrics = `127.0.0.1:${taken.addr.port}`;
  await assert.rejects(
    startOperations({ command: "consume", settings: { ...SETTINGS, metrics } }),
    (error) => {
      assert.ok(error instanceof Failure);
      assert.equal(error.exitCode, 1);
      assert.ok(error.message.startsWith(`--metrics: cannot listen on ${metrics}: `));
      assert.match(error.fix!, /another port/);
      return true;
    },
  );
});

Deno.test("a webhook that is no URL is refused without being repeated", async () => {
  const alertWebhook = "token-in-the-wrong-place";
  await assert.rejects(
    startOperations({
      command: "consume",
      settings: { ...SETTINGS, metrics: undefined, alertWebhook },
    }),
    (error) => error instanceof Failure && error.exitCode === 2 && !error.message.includes("token"),
  );
});

Deno.test("the log has the sink's events with the metrics' names", async () => {
  using log = capturedLog("json");
  const operations = await startOperations({
    command: "consume",
    settings: { ...SETTINGS, metrics: undefined },
  });
  const { onEvent } = operations;
  onEvent({ kind: "assigned", partitions: [0, 1] });
  onEvent({ kind: "flushed", flush: { ...flush, last: 100, rows: 100 } });
  onEvent({ kind: "rejected", partition: 1, reason: "empty value", count: 3 });
  onEvent({ kind: "retried", what: "put", error: new Error("no route") });
  onEvent({ kind: "retried", what: "put", error: new Failure("service", "S3 is away") });
  onEvent({ kind: "ready", ready: true });
  onEvent({ kind: "ready", ready: false, why: "S3 is away" });
  onEvent({ kind: "ready", ready: false, why: "S3 is away" });
  onEvent({ kind: "ready", ready: true });
  onEvent({ kind: "gap", gap: { partition: 1, first: 5, end: 8, reason: "retention" } });
  await operations.close();
  const events = log.text.trim().split("\n").map((line) => {
    const { "@timestamp": _, logger, ...event } = JSON.parse(line);
    assert.equal(logger, "ticklake.sink");
    return event;
  });
  assert.deepEqual(events, [
    { level: "INFO", message: "reading partitions [0,1]", partitions: [0, 1] },
    {
      level: "INFO",
      message: "wrote offsets 0 to 100 of partition 2",
      partition: 2,
      first: 0,
      last: 100,
      rows: 100,
      rejected: 1,
      objects: 2,
      bytes: 5000,
      seconds: 0.3,
    },
    {
      level: "WARN",
      message: "rejected a message of partition 1: empty value",
      partition: 1,
      reason: "empty value",
      rejected: 3,
    },
    {
      level: "WARN",
      message: "put failed, retrying: no route",
      what: "put",
      error: "no route",
    },
    {
      level: "WARN",
      message: "put failed, retrying: S3 is away",
      what: "put",
      error: "S3 is away",
      fix: "`ticklake doctor` checks each setting and service.",
    },
    { level: "WARN", message: "not ready: S3 is away", why: "S3 is away" },
    { level: "INFO", message: "ready again" },
    {
      level: "ERROR",
      message: "retention removed offsets 5 to 7 of partition 1 before they were read",
      partition: 1,
      from: 5,
      to: 7,
      lost: 3,
    },
  ]);
});
