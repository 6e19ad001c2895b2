import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { kafkaAdmin } from "../broker/kafka_admin.ts";
import { python, uniqueName } from "../services/services.ts";
import { Flow, TABLE } from "./flow.ts";
import { IcebergInS3, type TrinoCount } from "./iceberg_in_s3.ts";
import type { LakeCount, LakeCountOptions } from "./lake_count.ts";
import type { Stage } from "./stage.ts";

/** Path of the lake in its bucket. */
export const PREFIX = "lake";

/** Session timeout of the consumers: a killed one holds its partitions for so long. */
export const SESSION_MS = 2000;

/** What a table holds that may have the rows of several logs. */
export interface LogsCount {
  logs: number;
  rows: number;
  /** Different numbers of the rows' own. */
  numbers: number;
  /** Different logs, partitions and offsets. */
  places: number;
}

/** From Kafka to S3. */
export class KafkaFlow extends Flow {
  readonly stage: Stage;
  readonly topic = uniqueName("quotes");
  readonly bucket = uniqueName("lake");
  #group = uniqueName("lake");
  #prefix = PREFIX;
  #namespace = uniqueName("lake").replaceAll("-", "_");

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

  get group(): string {
    return this.#group;
  }

  /** Of its table, in a REST catalog. */
  get namespace(): string {
    return this.#namespace;
  }

  /** Its processes go on with another group, into another lake in the same bucket. */
  moveTo(prefix: string): void {
    this.#prefix = prefix;
    this.#group += `-${prefix}`;
    this.#namespace += `_${prefix}`;
  }

  get env(): Record<string, string> {
    return {
      KAFKA_BOOTSTRAP_SERVERS: this.stage.kafka,
      KAFKA_TOPIC: this.topic,
      KAFKA_GROUP_ID: this.group,
      KAFKA_SESSION_TIMEOUT: `${SESSION_MS}ms`,
      AWS_S3_BUCKET: this.bucket,
      TICKLAKE_PREFIX: this.#prefix,
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
      ...catalog === "rest"
        ? { ICEBERG_REST_URI: restUri, TICKLAKE_DATABASE: this.#namespace }
        : {},
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

  /** Its Iceberg table, as others find it. */
  get iceberg(): IcebergInS3 {
    const { catalog, restUri: uri, s3Env } = this.stage;
    return new IcebergInS3({
      bucket: this.bucket,
      prefix: this.#prefix,
      table: TABLE,
      env: s3Env,
      withS3: (work) => this.withS3(work),
      ...catalog === "rest" ? { rest: { uri, namespace: this.#namespace } } : {},
    });
  }

  /** What Trino counts in its Iceberg table, where it is asked. */
  async countByTrino(): Promise<TrinoCount | undefined> {
    const { table, hasTrino } = this.stage;
    return table === "iceberg" && hasTrino ? await this.iceberg.countByTrino() : undefined;
  }

  /**
   * For a script that counts its table: endpoint, access key, secret key and path of the lake, the table's
   * name; of an Iceberg table also a file with the names of its data files.
   */
  async tablePlace(): Promise<{ place: string[]; live: string[] }> {
    const { endpoint, access_key, secret_key, path } = this.counted.s3;
    const place = [endpoint, access_key, secret_key, path, TABLE];
    const live = await this.#liveFiles();
    return { place, live: live === undefined ? [] : [live] };
  }

  /** What DuckDB counts in a table that may have several logs. */
  async countLogs(): Promise<LogsCount> {
    const { place, live } = await this.tablePlace();
    const script = new URL("./count_logs.py", import.meta.url);
    return JSON.parse(await python(script, [...place, "volume", ...live]));
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
        path: `${this.bucket}/${this.#prefix}`,
      },
    };
  }

  /** Of an Iceberg table, the files that pyiceberg finds in it; Trino counts as well, where it is asked. */
  override async count(options: Pick<LakeCountOptions, "acknowledged"> = {}): Promise<LakeCount> {
    const counted = await super.count({ ...options, live: await this.#liveFiles() });
    return { ...counted, trino: await this.countByTrino() };
  }

  /** A file with the names of an Iceberg table's data files. */
  async #liveFiles(): Promise<string | undefined> {
    if (this.stage.table === "hive") return undefined;
    const path = `${this.folder}/live-files`;
    await Deno.writeTextFile(path, await this.iceberg.liveFiles());
    return path;
  }

  override calm(): void {
    this.stage.calm();
  }
}
