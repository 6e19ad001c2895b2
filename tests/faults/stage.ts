import { freePort } from "../services/free_port.ts";
import { type Kafka, startKafka } from "../services/kafka/kafka.ts";
import type { KafkaListener } from "../services/kafka/server_properties.ts";
import { startVersitygw, type Versitygw } from "../services/versitygw.ts";
import { KafkaFaultProxy } from "./kafka_fault_proxy.ts";
import { isForCatalog } from "./put_counter.ts";
import { S3FaultProxy } from "./s3_fault_proxy.ts";

/**
 * A broker and an S3 server of the fault tests' own, which they may kill and restart, each with a faulty
 * proxy in front of it as a second way to it.
 */
export class Stage implements AsyncDisposable {
  readonly #folder: string;
  readonly #listeners: KafkaListener[];
  readonly #s3Port = freePort();
  #kafka: Kafka | undefined;
  #s3: Versitygw | undefined;
  /** What the flows write into. */
  table: "hive" | "iceberg" = "hive";
  /** Catalog of an Iceberg table: beside its files, or the REST catalog of the tests. */
  catalog: "directory" | "rest" = "directory";
  /** Whether Trino counts Iceberg tables as well. */
  hasTrino = false;
  /** The way to the broker by {@linkcode Stage.flakyKafka}. */
  readonly kafkaProxy: KafkaFaultProxy;
  /** The way to S3, and to the REST catalog, by {@linkcode Stage.flakyS3}. */
  readonly s3Proxy: S3FaultProxy;

  private constructor() {
    this.#folder = Deno.makeTempDirSync({ prefix: "ticklake-faults-" });
    const [direct, behindProxy] = [freePort(), freePort()];
    this.kafkaProxy = new KafkaFaultProxy(() => behindProxy);
    this.s3Proxy = new S3FaultProxy((target) =>
      isForCatalog(target) ? Number(new URL(this.restUri).port) : this.#s3Port
    );
    // A client goes on to the address that the broker advertises, so that must be the proxy's.
    const advertised = `127.0.0.1:${this.kafkaProxy.port}`;
    this.#listeners = [
      { name: "DIRECT", protocol: "PLAINTEXT", port: direct },
      { name: "FLAKY", protocol: "PLAINTEXT", port: behindProxy, advertised },
    ];
  }

  /** Starts it all. @throws {Missing} where a service cannot run on this host */
  static async open(): Promise<Stage> {
    const stage = new Stage();
    await Promise.all([stage.startKafka(), stage.startS3()]);
    return stage;
  }

  /** `HOST:PORT` of the broker itself. */
  get kafka(): string {
    return `127.0.0.1:${this.#listeners[0].port}`;
  }

  /** `HOST:PORT` by which the broker is reached through {@linkcode Stage.kafkaProxy}. */
  get flakyKafka(): string {
    return `127.0.0.1:${this.kafkaProxy.port}`;
  }

  /** URL of the REST catalog itself. */
  get restUri(): string {
    return Deno.env.get("TEST_ICEBERG_REST")!;
  }

  /** URL by which S3 and the REST catalog are reached through {@linkcode Stage.s3Proxy}. */
  get flakyS3(): string {
    return this.s3Proxy.url;
  }

  /** Variables by which the AWS tools use S3 with the server's own credentials. */
  get s3Env(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${this.#s3Port}`,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: this.#s3!.accessKey,
      AWS_SECRET_ACCESS_KEY: this.#s3!.secretKey,
      AWS_EC2_METADATA_DISABLED: "true",
    };
  }

  /** Folder of the broker's logs. */
  get kafkaData(): string {
    return `${this.#folder}/kafka/data`;
  }

  /** Starts the broker, with everything that an earlier one has stored. */
  async startKafka(): Promise<void> {
    this.#kafka = await startKafka({
      folder: `${this.#folder}/kafka`,
      listeners: this.#listeners,
      properties: { "log.cleaner.backoff.ms": "200" },
    });
  }

  /** Ends the broker at once, as a crash would. */
  async killKafka(): Promise<void> {
    await this.#kafka?.kill();
  }

  /** Starts the S3 server, with everything that an earlier one has stored. */
  async startS3(): Promise<void> {
    this.#s3 = await startVersitygw({ folder: `${this.#folder}/s3`, port: this.#s3Port });
  }

  /** Ends the S3 server at once, as a crash would. */
  async killS3(): Promise<void> {
    await this.#s3?.kill();
  }

  /** Lets everything pass again. */
  calm(): void {
    this.kafkaProxy.treat = () => undefined;
    this.s3Proxy.treat = () => undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kafkaProxy[Symbol.dispose]();
    this.s3Proxy[Symbol.dispose]();
    await Promise.all([this.#kafka?.stop(), this.#s3?.stop()]);
    Deno.removeSync(this.#folder, { recursive: true });
  }
}
