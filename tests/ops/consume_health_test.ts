import assert from "node:assert/strict";
import type { OutgoingMessage } from "../../mod/broker/broker.ts";
import { type ConsumePlace, quote, quotes, withServices } from "../commands/consume_place.ts";
import { S3FaultProxy } from "../faults/s3_fault_proxy.ts";
import { serviceTest, type Spawned, spawnTicklake, uniqueName } from "../services/services.ts";
import { metricValue } from "./metric_value.ts";
import { until } from "../until.ts";
import { startWebhook } from "./webhook.ts";

const NEEDS = { needs: ["kafka", "real-s3", "python"] } as const;

/** A `consume` with `--metrics`, whose way to S3 may fail. */
interface Watched {
  place: ConsumePlace;
  program: Spawned;
  s3: S3FaultProxy;
  /** What `/readyz` answers: status and text. */
  ready(): Promise<string>;
  metric(name: string, labels?: Record<string, string>): Promise<number>;
  /** Status of `/healthz`. */
  healthy(): Promise<number>;
}

/** Runs with one on Kafka and S3; SIGTERM must end it with 0 afterwards. */
async function watched(
  args: string[],
  work: (watched: Watched) => Promise<void>,
  env: Record<string, string> = {},
): Promise<void> {
  await withServices(async (place) => {
    await place.withBroker((broker) => broker.ensureTopic(place.topic, { partitions: 1 }));
    using s3 = new S3FaultProxy(() => Number(new URL(place.env.AWS_ENDPOINT_URL).port));
    await using program = spawnTicklake(["consume", "--metrics", "0", ...args], {
      cwd: place.cwd,
      env: { ...place.env, AWS_ENDPOINT_URL: s3.url, ...env },
    });
    const [, url] = await program.waitFor(/metrics and health at (http:[^\s"]+)/);
    const ask = async (path: string) => {
      const response = await fetch(url + path);
      return { status: response.status, text: await response.text() };
    };
    await work({
      place,
      program,
      s3,
      async ready() {
        const { status, text } = await ask("/readyz");
        return `${status} ${text.trim()}`;
      },
      async metric(name, labels) {
        return metricValue((await ask("/metrics")).text, name, labels);
      },
      healthy: async () => (await ask("/healthz")).status,
    });
    const { code, stderr } = await program.stop();
    assert.equal(code, 0, stderr);
  });
}

const P0 = { partition: "0" };

serviceTest(
  "consume --metrics serves lag, rows, rejections and what it holds",
  NEEDS,
  () =>
    watched(
      ["--flush-rows", "400", "--flush-interval", "1h"],
      async ({ place, program, ready, metric }) => {
        await until("ready", async () => await ready() === "200 ready");
        assert.equal(await metric("ticklake_assigned_partitions"), 1);
        assert.equal(await metric("ticklake_lag", P0), 0);
        const withField = ({ key, value }: OutgoingMessage) => ({
          key,
          value: String(value).replace("{", '{"venue":"X",'),
        });
        await place.send([
          ...quotes(297),
          withField(quote(297)),
          { key: null, value: "x" },
          { key: null, value: null },
        ]);
        // There is no such figure before the first message.
        const read = () => metric("ticklake_read_rows_total", P0).catch(() => 0);
        await until("reading", async () => await read() === 298);
        // Read, and not in the lake.
        assert.equal(await metric("ticklake_lag", P0), 300);
        assert.ok(await metric("ticklake_buffered_bytes") > 0);
        assert.ok(await metric("ticklake_read_bytes_total", P0) > 298 * 100);

        await place.send([...quotes(699, 298), withField(quote(997))]);
        await until("two flushes", async () => await metric("ticklake_lag", P0) === 200);
        assert.equal(await metric("ticklake_rows_total", P0), 798);
        assert.equal(await metric("ticklake_rejected_total", { reason: "not JSON" }), 1);
        assert.equal(
          await metric("ticklake_rejected_total", { reason: "no value (a tombstone)" }),
          1,
        );
        const objects = await place.objects();
        assert.equal(await metric("ticklake_objects_total", P0), objects.length);
        assert.equal(await metric("ticklake_flush_seconds_count"), 2);
        assert.ok(await metric("ticklake_bytes_total", P0) > 1000);
        assert.ok(await metric("ticklake_last_commit_age_seconds") < 60);
        assert.equal(await metric("ticklake_retries_total", { what: "put" }).catch(() => 0), 0);
        // Each message is counted, the field told once.
        assert.equal(await metric("ticklake_unknown_fields_total"), 2);
        assert.equal(program.stderr.match(/a field "venue" that is not in the schema/g)?.length, 1);
      },
    ),
);

serviceTest(
  "consume --metrics counts the commits to an Iceberg table, and those that met another writer's",
  NEEDS,
  async () => {
    const iceberg = ["--table-format", "iceberg", "--iceberg-catalog", "directory"];
    const args = [...iceberg, "--flush-rows", "100", "--commit-interval", "5s"];
    await watched(args, async ({ place, program, s3, metric }) => {
      const commits = () => metric("ticklake_table_commits_total");
      await place.send(quotes(100));
      await until("a commit", async () => await commits() === 1);
      assert.equal(await metric("ticklake_table_commit_conflicts_total"), 0);
      let isMet = false;
      s3.treat = ({ method, target }) => {
        if (isMet || method !== "PUT" || !/v\d+\.metadata\.json/.test(target)) return undefined;
        isMet = true;
        // Another group is faster.
        const before = async () => {
          await place.toEnd("--group", uniqueName("other"), ...iceberg);
          return false;
        };
        return { before };
      };
      await place.send(quotes(100, 100));
      const conflicts = () => metric("ticklake_table_commit_conflicts_total");
      await until("a conflict", async () => await conflicts() === 1);
      await place.send(quotes(100, 200));
      await until("one more commit", async () => await commits() === 2);
      // Said once.
      assert.equal(program.stderr.match(/a --commit-interval of 10s or more/g)?.length, 1);
      assert.equal(await conflicts(), 1);
    });
  },
);

serviceTest(
  "while S3 is away consume is not ready, alive, and tells the webhook; then all is well",
  NEEDS,
  async () => {
    await using hook = startWebhook();
    const args = ["--flush-rows", "100", "--flush-interval", "200ms", "--alert-lag", "50"];
    const env = { TICKLAKE_ALERT_WEBHOOK: hook.url };
    await watched([...args, "--log-format", "json", "--log-level", "debug"], async (watched) => {
      const { place, program, s3, ready, metric, healthy } = watched;
      await place.send(quotes(10));
      await until(
        "rows",
        async () => await metric("ticklake_rows_total", P0).catch(() => 0) === 10,
      );
      assert.equal(await ready(), "200 ready");

      s3.treat = () => ({ error: [503, "SlowDown"] });
      // In each flush one that is rejected.
      for (let i = 0; i < 30; i++) await place.send([...quotes(99, 10 + 99 * i), quote(-1)]);
      await until("not ready", async () => (await ready()).startsWith("503 "));
      assert.match(
        await ready(),
        /^503 not ready: the lake cannot be written, see the log/,
      );
      assert.equal(await metric("ticklake_ready"), 0);
      assert.equal(await healthy(), 200);
      assert.ok(await metric("ticklake_retries_total", { what: "put" }) > 0);
      await until("all of it is waiting", async () => await metric("ticklake_lag", P0) === 3000);
      await until("the alert", () => hook.posts.length > 0);

      s3.treat = () => undefined;
      await until("ready again", async () => await ready() === "200 ready");
      await until("no lag", async () => await metric("ticklake_lag", P0) === 0);
      assert.equal(await metric("ticklake_rows_total", P0), 2980);
      const posted = () => hook.posts.map(({ alert, state }) => `${alert} ${state}`).sort().join();
      await until("the recovery", () => posted() === "lag firing,lag recovered,rejected firing");
      const { alert, state, limit, topic, group, command } = hook.posts[0];
      assert.deepEqual({ alert, state, limit, topic, group, command }, {
        ...{ alert: "lag", state: "firing", limit: 50, command: "consume" },
        ...{ topic: place.topic, group: place.group },
      });

      const { stderr } = await program.stop();
      const { missing, duplicate, rows } = await place.count();
      assert.deepEqual([missing, duplicate, rows], [0, 0, 2980]);
      logIsReadable(stderr, place);
      for (const secret of ["secret-token", place.env.AWS_SECRET_ACCESS_KEY]) {
        assert.ok(!stderr.includes(secret), secret);
      }
    }, env);
  },
);

/** Makes sure that each line is an event, with the metrics' names, and that what happens again and again does not flood. */
function logIsReadable(stderr: string, place: ConsumePlace): void {
  const events = stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
  const [first] = events.filter(({ message }) => message.startsWith("consuming topic"));
  assert.equal(first.level, "INFO");
  assert.ok(first.message.includes(place.topic));
  const flushed = events.find(({ message }) => message.startsWith("wrote offsets"));
  const { partition, first: from, last, rows, rejected, objects } = flushed;
  assert.deepEqual(
    { partition, from, last, rows, rejected, objects },
    { partition: 0, from: 0, last: 9, rows: 10, rejected: 0, objects: 1 },
  );
  const of = (level: string, words: RegExp) =>
    events.filter((event) => event.level === level && words.test(event.message));
  assert.equal(of("WARN", /^not ready: the lake cannot be written/).length, 1);
  assert.equal(of("INFO", /^ready again$/).length, 1);
  assert.ok(of("WARN", /^put failed, retrying/).length > 0);
  // 30 of them, all for one reason: five lines, then a count now and then.
  const rejections = of("WARN", /^rejected a message of partition 0: Open -1 is below 0/);
  assert.ok(rejections.length >= 6 && rejections.length <= 9, `${rejections.length} lines`);
  const counted = rejections.reduce((sum, { repeated = 1 }) => sum + repeated, 0);
  assert.equal(counted, 30);
}

serviceTest(
  "consume that waits for S3 at the start is alive and not ready, and stops when it is told to",
  NEEDS,
  () =>
    withServices(async (place) => {
      using silent = new S3FaultProxy(() => Number(new URL(place.env.AWS_ENDPOINT_URL).port));
      silent.treat = () => ({ silence: true });
      await using program = spawnTicklake(["consume", "--metrics", "0"], {
        cwd: place.cwd,
        env: { ...place.env, AWS_ENDPOINT_URL: silent.url },
      });
      const [, url] = await program.waitFor(/metrics and health at (http:\S+)/);
      assert.equal(await (await fetch(`${url}/healthz`)).text(), "ok\n");
      const readyz = await fetch(`${url}/readyz`);
      assert.equal(readyz.status, 503);
      await readyz.body!.cancel();
      const { code, stdout } = await program.stop();
      assert.equal(code, 0);
      assert.match(stdout, /^read 0 messages/);
    }),
);
