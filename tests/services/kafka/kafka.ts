import { freePort } from "../free_port.ts";
import { type ServiceProcess, startService } from "../service_process.ts";
import { fetchJars, installOnce, Missing, REPOSITORY, runTool, TOOLS } from "../tools_folder.ts";
import { answersKafka } from "./answers_kafka.ts";
import { type ClusterMember, type KafkaListener, serverProperties } from "./server_properties.ts";

/** Class path of Apache Kafka's own programs. */
export const KAFKA_CLASS_PATH = `${TOOLS}/kafka/libs/*`;

/** Any id does, but a formatted folder belongs to one. */
const CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw";

const LOG4J = `rootLogger.level=WARN
rootLogger.appenderRef.console.ref=console
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d %p %m (%c)%n
`;

/** Options of {@linkcode startKafka}. */
export interface KafkaOptions {
  /** Folder of its data and log; one that an earlier broker used goes on where that one ended. */
  folder: string;
  /** The first one is for clients in {@linkcode Kafka.bootstrap}. @default {one, PLAINTEXT} */
  listeners?: KafkaListener[];
  /** The node's place in a cluster, and its controller's port. @default {the only one} */
  member?: ClusterMember & { controllerPort: number };
  /** The cluster's id: 16 bytes in base64url. @default {one for all} */
  clusterId?: string;
  /** Megabytes of the JVM's heap. @default {512} */
  heapMegabytes?: number;
  /** Further lines of server.properties. */
  properties?: Record<string, string>;
  /** Environment, such as `KAFKA_OPTS`-like settings of the JVM in `JDK_JAVA_OPTIONS`. */
  env?: Record<string, string>;
  /** Folder or jar with further classes, such as a listener's callback handler. */
  classPath?: string;
  /** Further options of StorageTool's `format`, such as `--add-scram`, one word each. */
  formatArgs?: string[];
}

/** A broker that runs. */
export interface Kafka extends ServiceProcess {
  /** `127.0.0.1:PORT` of the first listener. */
  readonly bootstrap: string;
  readonly listeners: readonly KafkaListener[];
  /** Port of the controller's listener, which answers no clients. */
  readonly controllerPort: number;
}

/**
 * Fetches Apache Kafka's jars with Maven unless they are there.
 * @throws {Missing} without Java, without Maven, or when the fetch fails.
 */
export async function installKafka(): Promise<void> {
  await runTool("java", ["-version"]);
  const pom = `${REPOSITORY}/tests/services/kafka/pom.xml`;
  await installOnce("kafka", Deno.readTextFileSync(pom), async () => {
    await fetchJars("kafka", pom);
  });
}

/** Starts one KRaft node on free ports. @throws {Missing} see {@linkcode installKafka} */
export async function startKafka(options: KafkaOptions): Promise<Kafka> {
  await installKafka();
  const { folder, member, properties, env } = options;
  const listeners = options.listeners ??
    [{ name: "PLAINTEXT", protocol: "PLAINTEXT", port: freePort() }];
  Deno.mkdirSync(folder, { recursive: true });
  const dataFolder = `${folder}/data`;
  const controllerPort = member?.controllerPort ?? freePort();
  const config = `${folder}/server.properties`;
  Deno.writeTextFileSync(
    config,
    serverProperties({ listeners, controllerPort, member, dataFolder, properties }),
  );
  Deno.writeTextFileSync(`${folder}/log4j2.properties`, LOG4J);
  const classPath = [KAFKA_CLASS_PATH, options.classPath ?? []].flat().join(":");
  const java = ["-cp", classPath, `-Dlog4j2.configurationFile=${folder}/log4j2.properties`];
  const alone = member === undefined ? ["--standalone"] : [];
  const format = [
    "format",
    ...alone,
    "-t",
    options.clusterId ?? CLUSTER_ID,
    "-c",
    config,
    "--ignore-formatted",
  ];
  await runTool("java", [
    "-XX:TieredStopAtLevel=1",
    ...java,
    "kafka.tools.StorageTool",
    ...format,
    ...options.formatArgs ?? [],
  ], env).catch((error) => {
    throw error instanceof Missing ? new Error(error.message, { cause: error }) : error;
  });
  const { port } = listeners[0];
  const service = await startService({
    name: "Kafka",
    program: "java",
    args: [
      `-Xmx${options.heapMegabytes ?? 512}m`,
      "-XX:+UseSerialGC",
      ...java,
      "kafka.Kafka",
      config,
    ],
    env,
    logFile: `${folder}/kafka.log`,
    isReady: () => answersKafka(port, listeners[0].protocol),
    // Nodes of a cluster wait for each other.
    timeoutMs: member === undefined ? undefined : 180_000,
  });
  return { ...service, bootstrap: `127.0.0.1:${port}`, listeners, controllerPort };
}
