import { freePort } from "../../../tests/services/free_port.ts";
import { fetchJars, installOnce, TOOLS } from "../../../tests/services/tools_folder.ts";
import type { Program } from "../../measured.ts";
import type { Stage } from "../../stage.ts";

/** What the sink is to do. */
export interface ConnectOptions {
  topic: string;
  /** Address of the REST catalog. */
  rest: string;
  namespace: string;
  table: string;
  commitIntervalMs: number;
}

/** Fetches Kafka Connect and Apache's Iceberg sink with Maven, 170 MB. */
export async function installConnect(): Promise<void> {
  const pom = new URL("./pom.xml", import.meta.url).pathname;
  await installOnce("kafka-connect", await Deno.readTextFile(pom), async () => {
    await fetchJars("kafka-connect", pom);
  });
}

/**
 * A standalone worker with one task of the Iceberg sink. Memory and collector are those of Kafka's own
 * `connect-standalone.sh`; the rest are the sink's defaults, the commit interval aside.
 */
export async function connectProgram(stage: Stage, options: ConnectOptions): Promise<Program> {
  const { topic, rest, namespace, table, commitIntervalMs } = options;
  const { env } = stage;
  const worker = await write(stage, {
    "bootstrap.servers": stage.kafka,
    listeners: `http://127.0.0.1:${freePort()}`,
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable": "false",
    "offset.storage.file.filename": `${stage.folder}/${crypto.randomUUID()}.offsets`,
    "plugin.discovery": "service_load",
  });
  const sink = await write(stage, {
    name: `iceberg-${table}-${crypto.randomUUID()}`,
    "connector.class": "org.apache.iceberg.connect.IcebergSinkConnector",
    "tasks.max": "1",
    topics: topic,
    "consumer.override.auto.offset.reset": "earliest",
    "iceberg.tables": `${namespace}.${table}`,
    "iceberg.control.topic": `control-${table}`,
    "iceberg.control.commit.interval-ms": String(commitIntervalMs),
    "iceberg.catalog.type": "rest",
    "iceberg.catalog.uri": rest,
    "iceberg.catalog.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
    "iceberg.catalog.client.region": env.AWS_REGION,
    "iceberg.catalog.s3.endpoint": env.AWS_ENDPOINT_URL,
    "iceberg.catalog.s3.path-style-access": "true",
    "iceberg.catalog.s3.access-key-id": env.AWS_ACCESS_KEY_ID,
    "iceberg.catalog.s3.secret-access-key": env.AWS_SECRET_ACCESS_KEY,
  });
  const classPath = `${TOOLS}/kafka-connect/libs/*`;
  const java = ["-Xms256M", "-Xmx2G", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"];
  const main = "org.apache.kafka.connect.cli.ConnectStandalone";
  return {
    command: "java",
    args: [
      ...java,
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
      "-cp",
      classPath,
      main,
      worker,
      sink,
    ],
    env,
  };
}

async function write(stage: Stage, properties: Record<string, string>): Promise<string> {
  const path = `${stage.folder}/${crypto.randomUUID()}.properties`;
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
  await Deno.writeTextFile(path, lines.join(""));
  return path;
}
