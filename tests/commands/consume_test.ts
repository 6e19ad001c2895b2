import assert from "node:assert/strict";
import type { OutgoingMessage } from "../../mod/broker/broker.ts";
import { S3FaultProxy } from "../faults/s3_fault_proxy.ts";
import { until } from "../until.ts";
import { kafka, python, runTicklake, serviceTest, spawnTicklake } from "../services/services.ts";
import {
  type ConsumePlace,
  placeTest,
  quote,
  quotes,
  withEmbedded,
  withoutTable,
  withServices,
} from "./consume_place.ts";

const NOT_UTF8 = Uint8Array.of(0x7b, 0xff, 0x00);

/** Messages that are no rows: three kinds of them. */
const BAD: OutgoingMessage[] = [
  { key: "HSI", value: NOT_UTF8 },
  { key: "HSI", value: null },
  { key: null, value: '{"Index":"HSI"}' },
];

placeTest("what is in the topic is in the lake once, and the summary says so", async (place) => {
  await place.send([...quotes(3000), ...BAD, ...quotes(2000, 3000)], 4);
  const { stdout, stderr } = await place.toEnd("--flush-rows", "500");
  assert.match(
    stdout,
    /^\{"read":\d+,"written":\d+,"rejected":\d+,"objects":\d+,"bytes":\d+,"lost":\d+,"seconds":[\d.]+\}\n$/,
  );
  const { bytes, objects, seconds, ...messages } = JSON.parse(stdout);
  assert.deepEqual(messages, { read: 5003, written: 5000, rejected: 3, lost: 0 });
  assert.ok(bytes > 5000 && seconds > 0);
  const { missing, duplicate, misplaced, unexpected, ...lake } = await place.count();
  assert.deepEqual([missing, duplicate, misplaced, unexpected], [0, 0, 0, 0]);
  assert.deepEqual([lake.rows, lake.rejected, lake.objects], [5000, 3, objects]);
  assert.match(stderr, new RegExp(`^consuming topic ${place.topic} on .+ as group ${place.group}`));
  assert.match(stderr, /as parquet by dt$/m);

  // Nothing is there twice after another run, and nothing is read again.
  assert.deepEqual((await place.toEnd()).summary.read, 0);
  assert.equal((await place.objects()).length, objects);
});

Deno.test("for people the summary is one line", () =>
  withEmbedded(async (place) => {
    await place.send([...quotes(1200), ...BAD]);
    const { code, stdout } = await place.run("--until-end");
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^read 1,203 messages, wrote 1,200 rows and 3 dead letters in 2 objects of [\d.]+ [KM]iB, in \d+\.\d s\n$/,
    );
  }));

placeTest("--until-end of an empty topic ends with nothing written", async (place) => {
  await place.withBroker((broker) => broker.ensureTopic(place.topic, { partitions: 3 }));
  const { summary } = await place.toEnd();
  assert.deepEqual([summary.read, summary.objects], [0, 0]);
  assert.deepEqual(await place.objects(), []);
});

placeTest("--until-end of a topic that keeps growing ends all the same", async (place) => {
  const options = { cwd: place.cwd, env: place.env };
  await using producing = spawnTicklake(["produce", "--rate", "2000"], options);
  await until("2000 messages", async () => (await topicSize(place)) > 2000);
  const before = await topicSize(place);
  const { summary } = await place.toEnd("--flush-rows", "1000");
  assert.ok(summary.written >= before, `${summary.written} of ${before}`);
  assert.equal((await producing.stop()).code, 0);
  assert.ok(summary.written < await topicSize(place), "it went on growing");
  // What came after the end is left to the next run.
  const { summary: rest } = await place.toEnd();
  const { missing, duplicate, rows } = await place.count();
  assert.deepEqual([missing, duplicate, rows], [0, 0, summary.written + rest.written]);
});

serviceTest(
  "--until-end waits for what the group's other members write",
  { needs: ["kafka", "real-s3", "python"] },
  () =>
    withServices(async (place) => {
      await place.send(quotes(4000), 4);
      const released = Promise.withResolvers<void>();
      using s3 = new S3FaultProxy(() => Number(new URL(place.env.AWS_ENDPOINT_URL).port));
      s3.treat = ({ target }) =>
        target.includes("/ticklake/index_quotes/")
          ? { before: () => released.promise.then(() => false) }
          : undefined;
      await using slow = spawnTicklake(
        [
          "consume",
          "--flush-rows",
          "100",
          "--flush-interval",
          "1s",
          "--session-timeout",
          "6s",
          "--json",
        ],
        { cwd: place.cwd, env: { ...place.env, AWS_ENDPOINT_URL: s3.url } },
      );
      await slow.waitFor(/reading partitions/);
      await using ending = place.start("--until-end", "--json");
      await ending.waitFor(/reading partitions \[\d,\d\]/);
      const ends = await place.ends();
      const finished = async () =>
        (await place.committed()).filter(({ partition, offset }) => offset === ends[partition]);
      // It has looked at the others' offsets, and has decided not to end.
      await ending.waitFor(
        /waiting for other members of the group to finish writing partitions \[\d,\d\]/,
      );
      assert.equal((await finished()).length, 2);
      assert.equal(ending.stdout, "");
      released.resolve();
      const { code, stdout, stderr } = await ending.result;
      assert.equal(code, 0, stderr);
      assert.equal((await finished()).length, 4);
      const others = await slow.stop();
      assert.equal(others.code, 0, others.stderr);
      assert.equal(JSON.parse(stdout).written + JSON.parse(others.stdout).written, 4000);
      const { missing, duplicate, rows } = await place.count();
      assert.deepEqual([missing, duplicate, rows], [0, 0, 4000]);
    }),
);

placeTest("--until-end shares the work with another member", async (place) => {
  await place.send(quotes(4000), 4);
  await using other = place.start("--flush-interval", "500ms", "--json");
  await other.waitFor(/reading partitions/);
  const { summary } = await place.toEnd("--flush-rows", "100");
  const committed = await place.committed();
  assert.deepEqual(committed.map(({ offset }) => offset), await place.ends());
  const { code, stdout } = await other.stop();
  assert.equal(code, 0);
  assert.equal(summary.written + JSON.parse(stdout).written, 4000);
  const { missing, duplicate, rows } = await place.count();
  assert.deepEqual([missing, duplicate, rows], [0, 0, 4000]);
});

async function topicSize(place: ConsumePlace): Promise<number> {
  const offsets = await place.withBroker((broker) => broker.topicOffsets(place.topic));
  return (offsets ?? []).reduce((sum, { high }) => sum + high, 0);
}

placeTest(
  "--from latest is where the group first began, after a kill before the first flush too",
  async (place) => {
    await place.send(quotes(10));
    await using first = place.start("--from", "latest", "--session-timeout", "2s");
    await first.waitFor(/reading partitions/);
    await first.stop("SIGKILL");
    await place.send(quotes(5, 10));
    const { summary } = await place.toEnd("--from", "latest");
    assert.equal(summary.written, 5);
    const [{ first: from, last }] = await place.parsedObjects();
    assert.deepEqual([from, last], [10, 14]);
  },
);

/** How rows of two indices and two years lie in the lake. */
const LAYOUTS: Array<[partitionBy: string, folders: RegExp[]]> = [
  ["dt", [/^dt=\d{4}-\d\d-\d\d$/]],
  ["none", [/^$/]],
  ["dt,hour", [/^dt=\d{4}-\d\d-\d\d\/hour=\d\d$/]],
  ["index", [/^index=A%2FB$/, /^index=HSI$/]],
  ["index,year(date)", [
    /^index=A%2FB\/date_year=2024$/,
    /^index=HSI\/date_year=1987$/,
    /^index=HSI\/date_year=2024$/,
  ]],
  ["month(date)", [/^date_month=1987-03$/, /^date_month=2024-01$/]],
];

/** Reads a lake with DuckDB as Hive partitions, and gives count, sum and columns of its rows. */
const HIVE = `
import duckdb, json, sys
folder, format = sys.argv[1:]
read = f"read_parquet('{folder}/**/*.parquet', hive_partitioning=true, hive_types_autocast=0)" \\
    if format == "parquet" else f"read_json('{folder}/**/*.jsonl.gz', hive_partitioning=true, hive_types_autocast=0)"
rows = duckdb.sql(f"""SELECT "index", "date"::VARCHAR AS date, close, kafka_offset FROM {read}
    ORDER BY kafka_offset""").fetchall()
print(json.dumps(rows))
`;

for (const format of ["parquet", "jsonl"]) {
  for (const [partitionBy, folders] of LAYOUTS) {
    serviceTest(
      `--format ${format} --partition-by ${partitionBy} writes those folders, and DuckDB reads the rows`,
      { needs: ["python"] },
      () =>
        withEmbedded(async (place) => {
          await place.send([
            quote(1, "HSI", "1987-03-02"),
            quote(2, "HSI", "2024-01-02"),
            quote(3, "A/B", "2024-01-03"),
          ]);
          await place.toEnd("--format", format, "--partition-by", partitionBy);
          const objects = await place.objects();
          const found = objects.map((name) => name.split("/").slice(1, -1).join("/"));
          assert.equal(found.length, folders.length, found.join());
          folders.forEach((folder, i) => assert.match(found[i], folder));
          const extension = format === "parquet" ? ".parquet" : ".jsonl.gz";
          assert.ok(objects.every((name) => name.endsWith(extension)));
          const folder = `${place.cwd}/.ticklake/lake/index_quotes`;
          assert.deepEqual(JSON.parse(await python(HIVE, [folder, format])), [
            ["HSI", "1987-03-02", 1, 0],
            ["HSI", "2024-01-02", 2, 1],
            ["A/B", "2024-01-03", 3, 2],
          ]);
        }),
    );
  }
}

/** Sends, as any other program may, one message that is no row with two headers. */
const HEADERS = `
import sys
from kafka import KafkaProducer
servers, topic = sys.argv[1:]
producer = KafkaProducer(bootstrap_servers=[servers])
producer.send(topic, key=b"k\\xff", value=b"\\x00\\x01", headers=[("source", b"\\xfe"), ("empty", b"")])
producer.flush()
`;

serviceTest(
  "a dead letter has all of the message: offset, time, reason, key, bytes and headers",
  { needs: ["kafka", "real-s3", "python"] },
  () =>
    withServices(async (place) => {
      await place.send([quote(1), ...BAD]);
      await python(HEADERS, [kafka()!, place.topic]);
      const { summary } = await place.toEnd();
      assert.deepEqual([summary.written, summary.rejected], [1, 4]);
      const [name, ...others] = (await place.objects()).filter((name) =>
        name.startsWith("dead_letter/")
      );
      assert.deepEqual(others, []);
      const day = /^dead_letter\/index_quotes\/dt=(\d{4}-\d\d-\d\d)\//.exec(name)![1];
      const letters = (await place.text(name)).trimEnd().split("\n").map((line) => {
        const { timestamp, ...letter } = JSON.parse(line);
        assert.equal(timestamp.slice(0, 10), day);
        return letter;
      });
      const base64 = (text: string) => new TextEncoder().encode(text).toBase64();
      const common = { topic: place.topic, partition: 0, headers: [] };
      const hsi = { key: base64("HSI") };
      assert.deepEqual(letters, [
        { ...common, offset: 1, reason: "not UTF-8", ...hsi, value: NOT_UTF8.toBase64() },
        { ...common, offset: 2, reason: "no value (a tombstone)", ...hsi, value: null },
        {
          ...common,
          offset: 3,
          reason: letters[2].reason,
          key: null,
          value: base64('{"Index":"HSI"}'),
        },
        {
          ...common,
          offset: 4,
          reason: letters[3].reason,
          key: Uint8Array.of(0x6b, 0xff).toBase64(),
          value: Uint8Array.of(0, 1).toBase64(),
          headers: [["source", Uint8Array.of(0xfe).toBase64()], ["empty", ""]],
        },
      ]);
      assert.match(letters[2].reason, /^Date: .*missing|^Date/);
      assert.match(letters[3].reason, /JSON/);
    }),
);

Deno.test("with --strict dead letters make it exit code 4, after all is written", () =>
  withEmbedded(async (place) => {
    await place.send([quote(1), BAD[1]]);
    const result = await place.run("--until-end", "--strict", "--json");
    assert.equal(result.code, 4);
    const { written, rejected } = JSON.parse(result.stdout);
    assert.deepEqual([written, rejected], [1, 1]);
    assert.match(result.stderr, /error: 1 message rejected, and --strict was given\n$/);
    const { code } = await place.run("--until-end", "--strict");
    assert.equal(code, 0, "what was rejected before is not rejected again");
  }));

Deno.test("another schema has another table, and columns of its own", () =>
  withEmbedded(async (place) => {
    const schema = {
      table: "ticks",
      key: "sym",
      columns: [
        { wire: "sym", name: "sym", type: "string", required: true },
        { wire: "price", name: "price", type: "double" },
      ],
    };
    await Deno.writeTextFile(`${place.cwd}/ticks.json`, JSON.stringify(schema));
    await place.send([{ key: "A", value: '{"sym":"A","price":1.5}' }, quote(1)]);
    const { summary } = await place.toEnd("--schema", "ticks.json", "--partition-by", "sym");
    assert.deepEqual([summary.written, summary.rejected], [1, 1]);
    const [letter, row] = await place.objects();
    assert.match(letter, /^dead_letter\/ticks\/dt=/);
    assert.match(row, /^ticks\/sym=A\//);
  }));

serviceTest("an in-flight flush under another schema is refused, with the fix", {
  needs: ["real-s3"],
}, () =>
  withoutTable(async (place, release) => {
    const shipped = JSON.parse(
      await Deno.readTextFile(new URL("../../data/index_quotes.schema.json", import.meta.url)),
    );
    shipped.columns.pop();
    await Deno.writeTextFile(`${place.cwd}/narrow.json`, JSON.stringify(shipped));
    await place.send(quotes(20));
    await using killed = place.start("--flush-rows", "10");
    await killed.waitFor(/put failed, retrying/);
    await killed.stop("SIGKILL");
    release();

    const refused = await place.run("--until-end", "--schema", "narrow.json");
    assert.equal(refused.code, 2);
    assert.match(
      refused.stderr,
      /error: a flush of partition 0, offsets 0 to 9, was started with another --schema .*nothing is lost\n {2}fix: .*previous schema/,
    );
    assert.deepEqual(await place.objects(), []);

    assert.equal((await place.toEnd()).summary.written, 20);
    await place.send(quotes(1, 20));
    assert.equal((await place.toEnd("--schema", "narrow.json")).summary.written, 1);
  }));

serviceTest(
  "what kafka-python sends as JSON lands in the lake, and what we send kafka-python reads",
  { needs: ["kafka", "real-s3", "python"] },
  () =>
    withServices(async (place) => {
      const file = new URL("../../data/indexProcessed.csv", import.meta.url).pathname;
      await place.withBroker((broker) => broker.ensureTopic(place.topic, { partitions: 3 }));
      await python(NOTEBOOK_PRODUCER, [kafka()!, place.topic, file, "500"]);
      const sent = await runTicklake(
        ["produce", "--mode", "replay", "--rate", "max", "--count", "500"],
        { cwd: place.cwd, env: place.env },
      );
      assert.equal(sent.code, 0, sent.stderr);
      const { summary } = await place.toEnd();
      assert.deepEqual([summary.written, summary.rejected], [1000, 0]);
      const args = [
        kafka()!,
        place.topic,
        ...["AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
          .map((name) => place.env[name]),
        `${place.env.AWS_S3_BUCKET}/ticklake/index_quotes`,
      ];
      // The same rows twice, once by each producer: each is in the lake as it is in the topic.
      assert.equal(
        await python(COMPARE, args),
        "1000 messages, 1000 rows, 0 differ, 500 distinct\n",
      );
    }),
);

/** The producer of the original notebooks: random rows there, the first ones here. */
const NOTEBOOK_PRODUCER = `
import csv, json, sys
from kafka import KafkaProducer
servers, topic, path, count = sys.argv[1:]
producer = KafkaProducer(bootstrap_servers=[servers],
                         value_serializer=lambda x: json.dumps(x).encode("utf-8"))
text = ("Index", "Date")
with open(path) as file:
    for i, row in enumerate(csv.DictReader(file)):
        if i == int(count):
            break
        producer.send(topic, value={k: v if k in text else float(v) for k, v in row.items()})
producer.flush()
`;

/** Compares, message by message, the topic as kafka-python reads it with the lake as pyarrow does. */
const COMPARE = `
import json, sys
import pyarrow.dataset as ds, pyarrow.fs as fs
from kafka import KafkaConsumer
servers, topic, endpoint, key, secret, path = sys.argv[1:]
store = fs.S3FileSystem(endpoint_override=endpoint, access_key=key, secret_key=secret, region="us-east-1")
names = {"index": "Index", "date": "Date", "open": "Open", "high": "High", "low": "Low", "close": "Close",
         "adj_close": "Adj Close", "volume": "Volume", "close_usd": "CloseUSD"}
lake = {}
for row in ds.dataset(path, filesystem=store, format="parquet").to_table().to_pylist():
    place = (row["kafka_partition"], row["kafka_offset"])
    assert place not in lake
    row["date"] = row["date"].isoformat()
    lake[place] = {wire: row[name] for name, wire in names.items()}
consumer = KafkaConsumer(topic, bootstrap_servers=[servers], auto_offset_reset="earliest",
                         consumer_timeout_ms=20000,
                         value_deserializer=lambda x: json.loads(x.decode("utf-8")))
count = differ = 0
distinct = set()
for message in consumer:
    count += 1
    differ += lake[(message.partition, message.offset)] != message.value
    distinct.add(json.dumps([message.value[k] for k in ("Index", "Date")]))
    if count == len(lake):
        break
print(f"{count} messages, {len(lake)} rows, {differ} differ, {len(distinct)} distinct")
`;
