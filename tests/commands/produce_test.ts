import assert from "node:assert/strict";
import type { Broker } from "../../mod/broker/broker.ts";
import { openBroker } from "../../mod/commands/open_broker.ts";
import { loadSettings } from "../../mod/config/load.ts";
import { checkMessage } from "../../mod/schema/check_message.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { type Received, Recorder } from "../broker/recorder.ts";
import { skippableTest } from "../services/skippable.ts";
import { until } from "../until.ts";
import { kafkaAdmin } from "../broker/kafka_admin.ts";
import { freePort } from "../services/free_port.ts";
import {
  kafka,
  python,
  runTicklake,
  serviceTest,
  spawnTicklake,
  type TicklakeResult,
  uniqueName,
} from "../services/services.ts";

const quotes = await loadSchema();
const SHIPPED = await Deno.readTextFile(new URL("../../data/indexProcessed.csv", import.meta.url));
const HEADER = SHIPPED.slice(0, SHIPPED.indexOf("\n"));
const GOOD = "HSI,1987-01-02,5,6,4,5,5,0.0,0.65";
const ALL = ["--mode", "replay", "--rate", "max", "--json"];

/** A broker of its own for one test, with an empty directory. */
interface Place {
  home: string;
  env: Record<string, string>;
  /** Writes a file into the directory and gives its path. */
  file(content: string): Promise<string>;
  /** How many messages the topic has. */
  size(): Promise<number>;
  /** All messages of the topic, partition by partition. */
  messages(): Promise<Received[]>;
}

async function withPlace(
  bootstrapServers: string | undefined,
  run: (place: Place) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "ticklake-test-" });
  const topic = uniqueName("produce");
  const { settings } = loadSettings({
    flags: { home: `${home}/.ticklake`, topic, bootstrapServers },
    environment: {},
  });
  const sizeIn = async (broker: Broker) => {
    const offsets = await broker.topicOffsets(topic) ?? [];
    return offsets.reduce((sum, { low, high }) => sum + high - low, 0);
  };
  const withBroker = async <T>(ask: (broker: Broker) => Promise<T>): Promise<T> => {
    const broker = await openBroker(settings);
    try {
      return await ask(broker);
    } finally {
      await broker.close();
    }
  };
  const messages = () =>
    withBroker(async (broker) => {
      const count = await sizeIn(broker);
      if (count === 0) return [];
      const recorder = new Recorder({ broker, topic, group: uniqueName("reader") });
      await recorder.hasReceived(count);
      await recorder.stop();
      return recorder.received.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
    });
  const file = async (content: string) => {
    const path = `${home}/quotes.csv`;
    await Deno.writeTextFile(path, content);
    return path;
  };
  const env = { KAFKA_TOPIC: topic, KAFKA_BOOTSTRAP_SERVERS: bootstrapServers ?? "" };
  try {
    await run({ home, env, file, messages, size: () => withBroker(sizeIn) });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** A test for both brokers. */
function brokerTest(name: string, run: (place: Place) => Promise<void>): void {
  Deno.test(`${name} (embedded)`, () => withPlace(undefined, run));
  serviceTest(`${name} (Kafka)`, { needs: ["kafka"] }, () => withPlace(kafka(), run));
}

function produce({ home, env }: Place, args: string[], stdin?: string): Promise<TicklakeResult> {
  return runTicklake(["produce", ...args], { cwd: home, env, stdin });
}

/** The summary of a run with `--json`, which is all that standard output holds. */
function summaryOf({ stdout, stderr }: TicklakeResult): { sent: number; rejected: number } {
  assert.match(stdout, /^\{"sent":\d+,"rejected":\d+,"seconds":\d+(\.\d+)?\}\n$/, stderr);
  const { sent, rejected } = JSON.parse(stdout);
  return { sent, rejected };
}

brokerTest("the whole file arrives, each index in its order on one partition", async (place) => {
  const result = await produce(place, [...ALL, "--partitions", "3"]);
  assert.equal(result.code, 0, result.stderr);
  const rows = SHIPPED.trimEnd().split("\n").slice(1);
  assert.deepEqual(summaryOf(result), { sent: rows.length, rejected: 0 });
  assert.match(result.stderr, /^replaying the shipped quotes into topic produce-\S+ on .+\n$/);
  const messages = await place.messages();
  assert.equal(messages.length, rows.length);
  assert.ok(messages.some(({ partition }) => partition === 2));
  const days = new Map<string, string[]>();
  const partitions = new Map<string, Set<number>>();
  for (const { key, bytes, value, partition } of messages) {
    assert.ok(typeof checkMessage(quotes, bytes) !== "string");
    const { Index, Date } = JSON.parse(value!);
    assert.equal(key, Index);
    days.set(Index, [...days.get(Index) ?? [], Date]);
    partitions.set(Index, (partitions.get(Index) ?? new Set()).add(partition));
  }
  for (const [index, own] of days) {
    assert.deepEqual(
      own,
      rows.filter((row) => row.startsWith(`${index},`)).map((row) => row.split(",")[1]),
    );
    assert.equal(partitions.get(index)!.size, 1);
  }
});

brokerTest(
  "SIGTERM finishes what is in flight, and what is said to be sent is there",
  async (place) => {
    await using program = spawnTicklake(
      ["produce", "--rate", "20000", "--json"],
      { cwd: place.home, env: place.env },
    );
    await program.waitFor(/sampling/);
    await until("rows flow", async () => await place.size() > 1000);
    const result = await program.stop("SIGTERM");
    assert.equal(result.code, 0, result.stderr);
    const { sent } = summaryOf(result);
    assert.ok(sent > 1000, `${sent} sent`);
    assert.equal((await place.messages()).length, sent);
  },
);

brokerTest("a cut file loses its last row, which is named with its line", async (place) => {
  const lines = SHIPPED.split("\n").slice(0, 2000);
  const cut = lines.join("\n").replace(/\.\d+$/, ".");
  const result = await produce(place, [...ALL, "--input", await place.file(cut)]);
  assert.equal(result.code, 0);
  assert.deepEqual(summaryOf(result), { sent: 1998, rejected: 1 });
  assert.match(result.stderr, /quotes\.csv:2000: CloseUSD: expected a number, found "\d+\."\n/);
  assert.equal((await place.messages()).length, 1998);
});

/** The original's data for one index, which breaks off in the middle of its last row; not always here. */
const TRUNCATED = new URL("../../../shared/data/indexProcessed.hsi-truncated.csv", import.meta.url);

skippableTest({
  name: "of the original's truncated file all rows arrive but the cut one, which is named",
  missing: isFile(TRUNCATED) ? [] : ["the original's truncated file is not beside the repository"],
  fn: () =>
    withPlace(undefined, async (place) => {
      const lines = (await Deno.readTextFile(TRUNCATED)).split("\n");
      assert.equal(lines.length, 5694, "a header, 5,692 rows and the beginning of one");
      const result = await produce(place, [...ALL, "--input", TRUNCATED.pathname]);
      assert.equal(result.code, 0, result.stderr);
      assert.deepEqual(summaryOf(result), { sent: 5692, rejected: 1 });
      assert.match(
        result.stderr,
        /truncated\.csv:5694: CloseUSD: expected a number, found "2913\."/,
      );
      const closes = (await place.messages()).map(({ value }) => JSON.parse(value!).Close);
      assert.deepEqual(closes, lines.slice(1, -1).map((line) => Number(line.split(",")[5])));
    }),
});

function isFile(url: URL): boolean {
  try {
    return Deno.statSync(url).isFile;
  } catch {
    return false;
  }
}

/** The consumer of the original notebooks, and its rows: `DataFrame.to_dict`, numbers as floats. */
const NOTEBOOK = `
import csv, json, sys
from kafka import KafkaConsumer
bootstrap, topic, path, count = sys.argv[1:]
consumer = KafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest",
                         value_deserializer=lambda x: json.loads(x.decode("utf-8")))
received = []
for message in consumer:
    assert message.key.decode() == message.value["Index"]
    received.append(message.value)
    if len(received) == int(count):
        break
text = ("Index", "Date")
with open(path) as file:
    rows = [{k: v if k in text else float(v) for k, v in row.items()} for row in csv.DictReader(file)]
print(sorted(map(repr, received)) == sorted(map(repr, rows)))
`;

serviceTest(
  "the original's consumer reads the rows as its own producer would have sent them",
  { needs: ["kafka", "python"] },
  () =>
    withPlace(kafka(), async (place) => {
      const path = await place.file(SHIPPED);
      const { sent } = summaryOf(await produce(place, [...ALL, "--input", path]));
      const args = [kafka()!, place.env.KAFKA_TOPIC, path, String(sent)];
      assert.equal(await python(NOTEBOOK, args), "True\n");
    }),
);

Deno.test("with --strict rejected rows make it exit code 4, after all the others are sent", () =>
  withPlace(undefined, async (place) => {
    const path = await place.file([HEADER, GOOD, "x", GOOD].join("\n"));
    const result = await produce(place, [...ALL, "--strict", "--input", path]);
    assert.equal(result.code, 4);
    assert.deepEqual(summaryOf(result), { sent: 2, rejected: 1 });
    assert.match(result.stderr, /error: rejected 1 row, and --strict was given\n$/);
    const good = await produce(place, [...ALL, "--strict", "--count", "5"]);
    assert.equal(good.code, 0);
  }));

Deno.test("of a flood of rejected rows twenty are named and all are counted", () =>
  withPlace(undefined, async (place) => {
    const broken = Array.from({ length: 3000 }, (_, i) => `${i}`);
    const path = await place.file([HEADER, ...broken, GOOD].join("\n"));
    const result = await produce(place, [...ALL, "--input", path]);
    assert.deepEqual(summaryOf(result), { sent: 1, rejected: 3000 });
    assert.equal(result.stderr.match(/quotes\.csv:\d+: expected 9 fields, found 1/g)!.length, 20);
    assert.match(result.stderr, /further rejected rows are only counted/);
  }));

Deno.test("a row each interval, for people: a line at the end", () =>
  withPlace(undefined, async (place) => {
    const started = performance.now();
    const result = await produce(place, ["--count", "4", "--interval", "300ms"]);
    assert.equal(result.code, 0);
    assert.match(result.stdout, /^sent 4 rows in \d\.\d s, rejected 0\n$/);
    assert.ok(performance.now() - started >= 900);
    assert.equal((await place.messages()).length, 4);
  }));

Deno.test("a sample without an end says at its start how to send the file once", () =>
  withPlace(undefined, async ({ home, env }) => {
    await using program = spawnTicklake(["produce", "--interval", "1h"], { cwd: home, env });
    await program.waitFor(/until stopped; --mode replay --rate max sends each row once\n/);
    assert.equal((await program.stop("SIGINT")).code, 0);
  }));

Deno.test("the same seed sends the same rows again", () =>
  withPlace(undefined, async (place) => {
    for (const seed of ["7", "7", "8"]) {
      const args = ["--rate", "max", "--count", "50", "--seed", seed, "--partitions", "1"];
      assert.equal((await produce(place, args)).code, 0);
    }
    const values = (await place.messages()).map(({ value }) => value);
    assert.deepEqual(values.slice(50, 100), values.slice(0, 50));
    assert.notDeepEqual(values.slice(100), values.slice(0, 50));
  }));

Deno.test("rows come from standard input, replayed or sampled", () =>
  withPlace(undefined, async (place) => {
    const replayed = await produce(place, [...ALL, "--input", "-"], `${HEADER}\n${GOOD}\nx\n`);
    assert.deepEqual(summaryOf(replayed), { sent: 1, rejected: 1 });
    assert.match(replayed.stderr, /stdin:3: expected 9 fields, found 1/);
    const sampled = await produce(
      place,
      ["--input", "-", "--rate", "max", "--count", "100", "--json"],
      SHIPPED,
    );
    assert.deepEqual(summaryOf(sampled), { sent: 100, rejected: 0 });
  }));

Deno.test("--loop begins again at the end of the file, up to --count", () =>
  withPlace(undefined, async (place) => {
    const path = await place.file([HEADER, GOOD, GOOD.replace("HSI", "N225")].join("\n"));
    const result = await produce(place, [...ALL, "--loop", "--count", "7", "--input", path]);
    assert.deepEqual(summaryOf(result), { sent: 7, rejected: 0 });
    const keys = (await place.messages()).map(({ key }) => key);
    assert.equal(keys.filter((key) => key === "HSI").length, 4);
  }));

Deno.test("SIGINT ends the waiting for a silent pipe", () =>
  withPlace(undefined, async (place) => {
    const fifo = `${place.home}/pipe`;
    await new Deno.Command("mkfifo", { args: [fifo] }).output();
    // Held open for reading too, so that opening it for writing does not wait.
    using pipe = await Deno.open(fifo, { read: true, write: true });
    await using program = spawnTicklake(
      ["produce", ...ALL, "--input", fifo],
      { cwd: place.home, env: place.env },
    );
    await pipe.write(new TextEncoder().encode(`${HEADER}\n${GOOD}\n`));
    await program.waitFor(/replaying/);
    await until("the first row is sent", async () => await place.size() === 1);
    const result = await program.stop("SIGINT");
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(summaryOf(result), { sent: 1, rejected: 0 });
  }));

Deno.test("nothing sent although there were rows is exit code 4, with the commonest reason first", () =>
  withPlace(undefined, async (place) => {
    const broken = [GOOD.replace("5,6", "x,6"), GOOD.replace("5,6", "y,6"), GOOD + ",1"];
    const none = await place.file([HEADER, ...broken].join("\n"));
    for (const mode of [ALL, ["--json", "--count", "5"]]) {
      const result = await produce(place, [...mode, "--input", none]);
      assert.equal(result.code, 4, result.stderr);
    }
    const replayed = await produce(place, [...ALL, "--input", none]);
    assert.match(
      replayed.stderr,
      /error: no row was sent: Open: expected a number \(2\); expected 9 fields \(1\)\n/,
    );
    assert.deepEqual(await place.messages(), []);
    const some = await place.file([HEADER, GOOD, ...broken].join("\n"));
    const warned = await produce(place, [...ALL, "--input", some]);
    assert.equal(warned.code, 0);
    assert.match(
      warned.stderr,
      /warning: more rows were rejected than sent: Open: expected a number \(2\); expected 9 fields \(1\)\n/,
    );
    const half = await place.file([HEADER, GOOD, broken[0]].join("\n"));
    const quiet = await produce(place, [...ALL, "--input", half]);
    assert.deepEqual(summaryOf(quiet), { sent: 1, rejected: 1 });
    assert.doesNotMatch(quiet.stderr, /warning: more rows/);
  }));

Deno.test("several files are one run, each named in what is said of it; --key chooses the key", () =>
  withPlace(undefined, async (place) => {
    const rows = (day: string) => `Date,Open,High,Low,Close,Volume\n${day},5,6,4,5,7\n${day},x\n`;
    await Deno.mkdir(`${place.home}/prices`);
    await Deno.writeTextFile(`${place.home}/prices/AAA.csv`, rows("2022-01-03"));
    await Deno.writeTextFile(`${place.home}/prices/BBB.csv`, rows("2022-01-04"));
    const args = [...ALL, "--set", "Index={stem}", "--key", "Index,Date", "--partitions", "1"];
    const result = await produce(place, [...args, "--input", "prices/*.csv"]);
    assert.deepEqual(summaryOf(result), { sent: 2, rejected: 2 });
    assert.match(result.stderr, /prices\/AAA\.csv:3: .*\nprices\/BBB\.csv:3: /s);
    const byShell = ["--input", "prices/AAA.csv", "prices/BBB.csv"];
    const again = await produce(place, [...args.slice(0, -4), "--key", "none", ...byShell]);
    assert.deepEqual(summaryOf(again), { sent: 2, rejected: 2 });
    const messages = await place.messages();
    assert.deepEqual(messages.map(({ key }) => key), [
      "AAA|2022-01-03",
      "BBB|2022-01-04",
      null,
      null,
    ]);
  }));

serviceTest(
  "a compacted topic keeps few rows: produce says so",
  { needs: ["kafka"] },
  () =>
    withPlace(kafka(), async (place) => {
      const topic = uniqueName("compacted");
      await kafkaAdmin(kafka()!, (admin) =>
        admin.createTopics({
          waitForLeaders: true,
          topics: [{
            topic,
            numPartitions: 1,
            configEntries: [{ name: "cleanup.policy", value: "compact" }],
          }],
        }));
      const path = await place.file(`${HEADER}\n${GOOD}\n`);
      const told = await produce(place, [...ALL, "--topic", topic, "--input", path]);
      assert.equal(told.code, 0, told.stderr);
      assert.match(
        told.stderr,
        /warning: topic \S+ is compacted: .* by Index\n {2}fix: .* --key 'Index,Date'\./,
      );
      const created = await produce(place, [...ALL, "--input", path]);
      assert.doesNotMatch(created.stderr, /compacted/);
    }),
);

Deno.test("another schema sends other rows", () =>
  withPlace(undefined, async (place) => {
    const schema = {
      table: "ticks",
      key: "sym",
      columns: [
        { wire: "sym", name: "sym", type: "string", required: true },
        { wire: "at", name: "at", type: "timestamp", required: true },
        { wire: "price", name: "price", type: "double" },
      ],
    };
    await Deno.writeTextFile(`${place.home}/ticks.json`, JSON.stringify(schema));
    const path = await place.file("at,price,sym\n2024-01-02 09:30:00,1.50,ABC\n2024-01-32,1,ABC\n");
    const result = await produce(place, [...ALL, "--schema", "ticks.json", "--input", path]);
    assert.deepEqual(summaryOf(result), { sent: 1, rejected: 1 });
    const [{ key, value }] = await place.messages();
    assert.equal(key, "ABC");
    assert.equal(value, '{"sym":"ABC","at":"2024-01-02 09:30:00","price":1.50}');
  }));

Deno.test("wrong usage is exit code 2, says what is wrong and sends nothing", () =>
  withPlace(undefined, async (place) => {
    const noColumn = await place.file("Index,Date\nHSI,1987-01-02\n");
    await Deno.writeTextFile(`${place.home}/bad.json`, '{"table":"t","x":1}');
    const columns = [
      { wire: "t", name: "t", type: "string", required: true },
      { wire: "row", name: "row", type: "long", required: true, from: "index" },
    ];
    const several = JSON.stringify({ table: "bars", key: "t", rows: "data", columns });
    await Deno.writeTextFile(`${place.home}/several.json`, several);
    const cases: Array<[string[], RegExp]> = [
      [["--input", "no/such.csv"], /error: input no\/such\.csv cannot be read: .*\n {2}fix: /],
      [
        ["--input", noColumn],
        /quotes\.csv: no columns Open, High, .*; the header is "Index", "Date"/,
      ],
      [["--schema", "bad.json"], /schema bad\.json has 2 mistakes:\n/],
      [
        ["--schema", "several.json"],
        /schema bars reads several rows from one message\n {2}fix: Use a schema without `rows`, .* topic of its own/,
      ],
      [["--partitions", "0"], /--partitions: expected a whole number, 1 or more, found "0"/],
      [
        ["--loop", "--mode", "replay", "--input", "-"],
        /--loop: standard input can be read only once/,
      ],
      [["--rate", "0"], /--rate: expected a number of rows a second above 0, or max, found "0"/],
    ];
    for (const [args, message] of cases) {
      const result = await produce(place, args, "");
      assert.equal(result.code, 2, result.stderr);
      assert.match(result.stderr, message);
      assert.equal(result.stdout, "");
    }
    assert.deepEqual(await place.messages(), []);
  }));

Deno.test("a broker that cannot be reached is exit code 3, soon, and says what to check", () =>
  withPlace(`127.0.0.1:${freePort()}`, async (place) => {
    const started = performance.now();
    const result = await produce(place, ["--count", "1"]);
    assert.equal(result.code, 3, result.stderr);
    assert.ok(performance.now() - started < 15_000);
    assert.match(result.stderr, /error: .*127\.0\.0\.1:\d+.*\n {2}fix: /);
  }));

/** Bytes that the broker keeps of a topic. */
async function stored(topic: string): Promise<number> {
  const { stdout } = await runTicklake(["topic", "show", topic, "--json"], {
    env: { KAFKA_BOOTSTRAP_SERVERS: kafka()! },
  });
  const { partitions } = JSON.parse(stdout) as { partitions: Array<{ bytes: number }> };
  return partitions.reduce((sum, { bytes }) => sum + bytes, 0);
}

serviceTest("the compression and size of batches are settings: by flag, environment and .env", {
  needs: ["kafka"],
}, () =>
  withPlace(kafka()!, async ({ home, env }) => {
    const produce = async (args: string[], variables: Record<string, string> = {}) => {
      const topic = uniqueName("batches");
      const all = { ...env, KAFKA_TOPIC: topic, ...variables };
      const rows = ["produce", ...ALL, "--partitions", "1", "-n", "2000"];
      const { code, stderr } = await runTicklake([...rows, ...args], { env: all, cwd: home });
      assert.equal(code, 0, stderr);
      return await stored(topic);
    };
    const plain = await produce([]);
    const flag = await produce(["--batch-compression", "zstd"]);
    assert.ok(flag < plain / 2, `${flag} of ${plain} bytes`);
    const variable = await produce([], { TICKLAKE_BATCH_COMPRESSION: "gzip" });
    assert.ok(variable < plain / 2, `${variable} of ${plain} bytes`);
    // About a hundred batches, each with a header of 61 bytes.
    const small = await produce(["--batch-size", "2KiB"]);
    assert.ok(small > plain + 3000, `${small}, ${plain} bytes`);
    await Deno.writeTextFile(`${home}/.env`, "TICKLAKE_BATCH_SIZE=2KiB\n");
    const file = await produce([]);
    assert.ok(file > plain + 3000, `${file}, ${plain} bytes`);
    const wins = await produce(["--batch-size", "256KiB"]);
    assert.ok(wins < plain + 1000, `${wins}, ${plain} bytes`);
  }));

Deno.test("a batch compression or size that cannot be is refused with those that can", async () => {
  for (
    const [args, reason] of [
      [["--batch-compression", "lz4"], /expected one of none, gzip, snappy, zstd, found "lz4"/],
      [["--batch-size", "much"], /--batch-size: expected a size .*found "much"/],
      [["--batch-size", "0"], /--batch-size: expected a size from 1KiB to 64MiB, found "0"/],
      [["--batch-size", "4GiB"], /--batch-size: expected a size from 1KiB to 64MiB/],
    ] as const
  ) {
    const { code, stderr } = await runTicklake(["config", ...args]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, reason);
  }
});
