import { CreateBucketCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { kafkaAdmin } from "../broker/kafka_admin.ts";
import { python, uniqueName } from "../services/services.ts";
import { runTool } from "../services/tools_folder.ts";
import { Flow, TABLE } from "./flow.ts";
import type { LakeCount, LakeCountOptions } from "./lake_count.ts";
import type { Stage } from "./stage.ts";

/** Path of the lake in its bucket. */
export const PREFIX = "lake";

/** Session timeout of the consumers: a killed one holds its partitions for so long. */
export const SESSION_MS = 2000;

/** From Kafka to S3. */
export class KafkaFlow extends Flow {
  readonly stage: Stage;
  readonly topic = uniqueName("quotes");
  readonly group = uniqueName("lake");
  readonly bucket = uniqueName("lake");
  /** Of its table, in a REST catalog. */
  readonly namespace = uniqueName("lake").replaceAll("-", "_");

  private constructor(stage: Stage) {
    super();
    this.stage = stage;
  }

  /** Creates the topic and the bucket. */
  static async open(
    stage: Stage,
    { partitions, config = {} }: { partitions: number; config?: Record<string, string> },
  ): Promise<KafkaFlow> {
    const flow = new KafkaFlow(stage);
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    const topics = [{ topic: flow.topic, numPartitions: partitions, configEntries }];
    await kafkaAdmin(stage.kafka, (admin) => admin.createTopics({ topics }));
    await flow.withS3((client) => client.send(new CreateBucketCommand({ Bucket: flow.bucket })));
    return flow;
  }

  /** Works with the S3 server itself. */
  async withS3<T>(work: (client: S3Client) => Promise<T>): Promise<T> {
    const env = this.stage.s3Env;
    const client = new S3Client({
      endpoint: env.AWS_ENDPOINT_URL,
      region: env.AWS_REGION,
      forcePathStyle: true,
      credentials: {
        accessKeyId: env.AWS_ACCESS_KEY_ID,
        secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
      },
    });
    try {
      return await work(client);
    } finally {
      client.destroy();
    }
  }

  get env(): Record<string, string> {
    return {
      KAFKA_BOOTSTRAP_SERVERS: this.stage.kafka,
      KAFKA_TOPIC: this.topic,
      KAFKA_GROUP_ID: this.group,
      KAFKA_SESSION_TIMEOUT: `${SESSION_MS}ms`,
      AWS_S3_BUCKET: this.bucket,
      TICKLAKE_PREFIX: PREFIX,
      ...this.#tableEnv,
      ...this.stage.s3Env,
    };
  }

  get #tableEnv(): Record<string, string> {
    const { table, catalog, restUri } = this.stage;
    if (table === "hive") return {};
    return {
      TICKLAKE_TABLE_FORMAT: "iceberg",
      TICKLAKE_ICEBERG_CATALOG: catalog,
      ...catalog === "rest" ? { ICEBERG_REST_URI: restUri, TICKLAKE_DATABASE: this.namespace } : {},
    };
  }

  /** Variables of a process whose way to Kafka is the proxy's. */
  get flakyKafka(): Record<string, string> {
    return { KAFKA_BOOTSTRAP_SERVERS: this.stage.flakyKafka };
  }

  /** Variables of a process whose way to S3, and to the table's catalog, is the proxy's. */
  get flakyS3(): Record<string, string> {
    const { flakyS3, catalog } = this.stage;
    return {
      AWS_ENDPOINT_URL: flakyS3,
      ...catalog === "rest" ? { ICEBERG_REST_URI: flakyS3 } : {},
    };
  }

  /** Variables of a process both of whose ways are the proxies'. */
  get flaky(): Record<string, string> {
    return { ...this.flakyKafka, ...this.flakyS3 };
  }

  /** How many offsets its group has committed, of all partitions together. */
  async committed(): Promise<number> {
    const { topic, group: groupId } = this;
    const [{ partitions }] = await kafkaAdmin(
      this.stage.kafka,
      (admin) => admin.fetchOffsets({ groupId, topics: [topic] }),
    );
    return partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
  }

  /**
   * Compares each dead letter with its message, as kafka-python reads it.
   * @throws when one is not its message
   * @returns how many were compared, and how many messages are no dead letters
   */
  async compareDeadLetters(): Promise<{ compared: number; rows: number }> {
    const { endpoint, access_key, secret_key, path } = this.counted.s3;
    const script = new URL("./check_dead_letters.py", import.meta.url);
    const place = [endpoint, access_key, secret_key, path, TABLE];
    return JSON.parse(await python(script, [this.stage.kafka, this.topic, ...place]));
  }

  /** Where its lake is: endpoint, access key, secret key and path. */
  get s3Place(): string[] {
    const { endpoint, access_key, secret_key, path } = this.counted.s3;
    return [endpoint, access_key, secret_key, path];
  }

  protected get counted() {
    const env = this.stage.s3Env;
    return {
      topic: this.topic,
      kafka: this.stage.kafka,
      s3: {
        endpoint: env.AWS_ENDPOINT_URL,
        access_key: env.AWS_ACCESS_KEY_ID,
        secret_key: env.AWS_SECRET_ACCESS_KEY,
        path: `${this.bucket}/${PREFIX}`,
      },
    };
  }

  /** Of an Iceberg table, the files that pyiceberg finds in it. */
  override async count(options: Pick<LakeCountOptions, "acknowledged"> = {}): Promise<LakeCount> {
    if (this.stage.table === "hive") return await super.count(options);
    const live = `${this.folder}/live-files`;
    await Deno.writeTextFile(live, await this.#liveFiles());
    return await super.count({ ...options, live });
  }

  async #liveFiles(): Promise<string> {
    const { endpoint, access_key, secret_key, path } = this.counted.s3;
    const { catalog, restUri: uri } = this.stage;
    const config = {
      ...catalog === "rest"
        ? { rest: { uri, namespace: this.namespace, table: TABLE } }
        : { metadata: await this.#metadataFile() },
      root: `s3://${path}/`,
      properties: {
        "s3.endpoint": endpoint,
        "s3.access-key-id": access_key,
        "s3.secret-access-key": secret_key,
        "s3.region": "us-east-1",
      },
    };
    const script = new URL("live_files.py", import.meta.url).pathname;
    const program = Deno.env.get("TEST_ICEBERG_PYTHON")!;
    return await runTool(program, [script, JSON.stringify(config)]);
  }

  /** The newest metadata file of a directory catalog. */
  async #metadataFile(): Promise<string> {
    const folder = `${PREFIX}/${TABLE}/metadata`;
    const version = await this.withS3(async (client) => {
      const Key = `${folder}/version-hint.text`;
      const { Body } = await client.send(new GetObjectCommand({ Bucket: this.bucket, Key }));
      return await Body!.transformToString();
    });
    return `s3://${this.bucket}/${folder}/v${version}.metadata.json`;
  }

  override calm(): void {
    this.stage.calm();
  }
}
