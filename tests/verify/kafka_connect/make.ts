/**
 * Has Kafka Connect write the Iceberg table of this folder's `lake`, with what goes wrong when its connector is
 * renamed and its offsets are moved. Needs a Kafka, and fetches Kafka Connect with Maven:
 *
 *     TEST_KAFKA=localhost:9092 deno run -A tests/verify/kafka_connect/make.ts
 *
 * The topic's partitions get offsets 0 to 49, in three parts:
 *
 * 1. 0 to 29: connector `first`, from the beginning.
 * 2. 30 to 39: no connector runs.
 * 3. 40 to 49: connector `second` begins at the end, as its group has no offsets; of partition 0 a third one,
 *    whose offsets were moved, writes 45 to 49 again.
 */
import { installConnect } from "../../../bench/peers/kafka_connect/kafka_connect.ts";
import { openDirectoryLake } from "../../../mod/lake/directory.ts";
import { DirectoryCatalog } from "../../../mod/table/iceberg/catalogs/directory.ts";
import { liveEntries } from "../../../mod/table/iceberg/live_entries.ts";
import { TableFiles } from "../../../mod/table/iceberg/table_files.ts";
import { sleep } from "../../../mod/wait/sleep.ts";
import { kafkaAdmin } from "../../broker/kafka_admin.ts";
import { freePort } from "../../services/free_port.ts";
import { python } from "../../services/services.ts";
import { startService } from "../../services/service_process.ts";
import { TOOLS } from "../../services/tools_folder.ts";

const TOPIC = "connect-quotes";
const TABLE = "quotes";
const kafka = Deno.env.get("TEST_KAFKA")!;
/** Always the same, as the paths stand in the table's files. */
const folder = "/tmp/kafka-connect";
await Deno.mkdir(folder);
const lake = `${folder}/lake`;

/** Sends a row to each offset `[first, end)` of both partitions. */
async function send(first: number, end: number): Promise<void> {
  await python(new URL("send.py", import.meta.url), [kafka, TOPIC, String(first), String(end)]);
}

/** Rows of the table's files. */
async function rows(): Promise<number> {
  const store = openDirectoryLake(lake);
  const files = new TableFiles(store, `file://${lake}`, TABLE);
  const base = await new DirectoryCatalog(files).load().catch(() => undefined);
  if (base === undefined) return 0;
  const { entries } = await liveEntries(base, files);
  return entries.reduce((sum, { file }) => sum + Number(file.record_count), 0);
}

async function write(name: string, properties: Record<string, string>): Promise<string> {
  const path = `${folder}/${name}.properties`;
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
  await Deno.writeTextFile(path, lines.join(""));
  return path;
}

/** A worker with one connector. @param whenReading what is done as soon as it reads the topic */
async function connect(
  name: string,
  reset: "earliest" | "latest",
  { until, whenReading }: { until: number; whenReading?: () => Promise<void> },
): Promise<void> {
  const worker = await write(`worker-${name}`, {
    "bootstrap.servers": kafka,
    listeners: `http://127.0.0.1:${freePort()}`,
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable": "false",
    "offset.storage.file.filename": `${folder}/${name}.offsets`,
    "plugin.discovery": "service_load",
  });
  const sink = await write(name, {
    name,
    "connector.class": "org.apache.iceberg.connect.IcebergSinkConnector",
    "tasks.max": "1",
    topics: TOPIC,
    "consumer.override.auto.offset.reset": reset,
    transforms: "metadata",
    "transforms.metadata.type": "org.apache.iceberg.connect.transforms.KafkaMetadataTransform",
    "iceberg.tables": TABLE,
    "iceberg.tables.auto-create-enabled": "true",
    "iceberg.control.topic": `${TOPIC}-control`,
    "iceberg.control.commit.interval-ms": "1000",
    "iceberg.catalog.type": "hadoop",
    "iceberg.catalog.warehouse": `file://${lake}`,
  });
  const logFile = `${folder}/${name}.log`;
  const isLogged = (text: string) => Deno.readTextFileSync(logFile).includes(text);
  await using _worker = await startService({
    name: "Kafka Connect",
    program: "java",
    args: [
      "-Xmx512M",
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=info",
      "-cp",
      `${TOOLS}/kafka-connect/libs/*`,
      "org.apache.kafka.connect.cli.ConnectStandalone",
      worker,
      sink,
    ],
    logFile,
    // It begins where the group's offsets are, or at one of the topic's ends.
    isReady: () =>
      Promise.resolve(
        isLogged(`offset for partition ${TOPIC}-1 to`) ||
          isLogged(`offset for partition ${TOPIC}-0 to`),
      ),
    timeoutMs: 120_000,
  });
  await whenReading?.();
  for (let wait = 0; await rows() < until; wait++) {
    if (wait > 600) throw new Error(`${await rows()} rows of ${until}: see ${logFile}`);
    await sleep(200);
  }
}

await installConnect();
await kafkaAdmin(kafka, async (admin) => {
  const topics = [{ topic: TOPIC, numPartitions: 2 }, {
    topic: `${TOPIC}-control`,
    numPartitions: 1,
  }];
  await admin.createTopics({ topics, waitForLeaders: true });
});
try {
  await send(0, 30);
  await connect("first", "earliest", { until: 60 });
  await send(30, 40);
  await connect("second", "latest", { until: 80, whenReading: () => send(40, 50) });
  await kafkaAdmin(kafka, (admin) =>
    admin.setOffsets({
      groupId: "connect-third",
      topic: TOPIC,
      partitions: [{ partition: 0, offset: "45" }, { partition: 1, offset: "50" }],
    }));
  await connect("third", "earliest", { until: 85 });
} finally {
  await kafkaAdmin(kafka, (admin) => admin.deleteTopics({ topics: [TOPIC, `${TOPIC}-control`] }));
}
await new Deno.Command("cp", { args: ["-r", lake, new URL(".", import.meta.url).pathname] })
  .output();
await Deno.remove(folder, { recursive: true });
