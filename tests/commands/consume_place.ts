import { STATE_ROOT } from "../../mod/table/hive/state_names.ts";
import type { Broker, CommittedOffset, OutgoingMessage } from "../../mod/broker/broker.ts";
import { openBroker } from "../../mod/commands/open_broker.ts";
import { openLake } from "../../mod/commands/open_lake.ts";
import { loadSettings } from "../../mod/config/load.ts";
import type { LakeStore } from "../../mod/lake/store.ts";
import { type ObjectName, parseObjectName } from "../../mod/lake/layout.ts";
import type { SinkSummary } from "../../mod/sink/sink.ts";
import { S3FaultProxy } from "../faults/s3_fault_proxy.ts";
import { countLake, type LakeCount } from "../faults/lake_count.ts";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import {
  kafka,
  realS3Env,
  runTicklake,
  serviceTest,
  type Spawned,
  spawnTicklake,
  type TicklakeResult,
  uniqueName,
} from "../services/services.ts";

/** A topic, a group and a lake of one test's own, as a user of `consume` has them. */
export class ConsumePlace {
  readonly topic = uniqueName("consume");
  readonly group = uniqueName("group");
  /** Current directory of the program. */
  readonly cwd: string;
  /** Settings of the program. */
  readonly env: Record<string, string>;
  readonly #s3: Record<string, string>;

  /**
   * @param bootstrapServers Kafka; absent: the embedded log
   * @param s3 variables of an S3 server, and the bucket; absent: a directory
   */
  constructor(cwd: string, bootstrapServers: string | undefined, s3?: Record<string, string>) {
    this.cwd = cwd;
    this.#s3 = s3 ?? {};
    this.env = {
      KAFKA_TOPIC: this.topic,
      KAFKA_GROUP_ID: this.group,
      ...(bootstrapServers === undefined ? {} : { KAFKA_BOOTSTRAP_SERVERS: bootstrapServers }),
      ...this.#s3,
    };
  }

  /** Works with the topic's broker. */
  async withBroker<T>(work: (broker: Broker) => Promise<T>): Promise<T> {
    const broker = await openBroker(this.#settings());
    try {
      return await work(broker);
    } finally {
      await broker.close();
    }
  }

  /** Sends messages to the topic, which is made with so many partitions unless it is there. */
  async send(messages: OutgoingMessage[], partitions = 1): Promise<void> {
    await this.withBroker(async (broker) => {
      await broker.ensureTopic(this.topic, { partitions });
      const producer = await broker.producer({ topic: this.topic });
      await producer.send(messages);
      await producer.close();
    });
  }

  /** What the group has committed. */
  committed(): Promise<CommittedOffset[]> {
    return this.withBroker((broker) => broker.groupOffsets(this.group, this.topic));
  }

  /** Runs `consume --until-end --json` to its end. */
  async toEnd(...args: string[]): Promise<TicklakeResult & { summary: SinkSummary }> {
    const result = await this.run("--until-end", "--json", ...args);
    if (result.code !== 0) throw new Error(`exit ${result.code}: ${result.stderr}`);
    return { ...result, summary: JSON.parse(result.stdout) };
  }

  /** Runs `consume` to its end. */
  run(...args: string[]): Promise<TicklakeResult> {
    return runTicklake(["consume", ...args], { cwd: this.cwd, env: this.env });
  }

  /** Starts `consume`. */
  start(...args: string[]): Spawned {
    return spawnTicklake(["consume", ...args], { cwd: this.cwd, env: this.env });
  }

  /** Names of the lake's objects, sorted. */
  objects(): Promise<string[]> {
    return this.#withLake(async (lake) =>
      (await Array.fromAsync(lake.list(""))).map(({ name }) => name)
        .filter((name) => !name.startsWith(STATE_ROOT)).sort()
    );
  }

  /** What the names of the lake's objects say, in the order of the names. */
  async parsedObjects(): Promise<ObjectName[]> {
    return (await this.objects()).map((name) => parseObjectName(name)!);
  }

  /** Text of an object. */
  text(name: string): Promise<string> {
    return this.#withLake(async (lake) => new TextDecoder().decode(await lake.get(name)));
  }

  /** Bytes of an object. */
  bytes(name: string): Promise<Uint8Array> {
    return this.#withLake((lake) => lake.get(name));
  }

  /** Puts an object into the lake, as someone does by hand. */
  put(name: string, bytes: Uint8Array): Promise<void> {
    return this.#withLake((lake) => lake.put(name, bytes));
  }

  /** Removes an object, as someone does by hand. */
  remove(name: string): Promise<void> {
    return this.#withLake((lake) => lake.remove(name));
  }

  /** What others' programs find in the lake, and of the topic. */
  async count(): Promise<LakeCount> {
    const { KAFKA_BOOTSTRAP_SERVERS: kafka, AWS_S3_BUCKET: bucket } = this.env;
    const home = `${this.cwd}/.ticklake`;
    return await countLake({
      topic: this.topic,
      table: "index_quotes",
      ...(kafka === undefined ? { log: `${home}/log.sqlite` } : { kafka }),
      ...(bucket === undefined ? { folder: `${home}/lake` } : {
        s3: {
          endpoint: this.#s3.AWS_ENDPOINT_URL,
          access_key: this.#s3.AWS_ACCESS_KEY_ID,
          secret_key: this.#s3.AWS_SECRET_ACCESS_KEY,
          path: `${bucket}/ticklake`,
        },
      }),
    });
  }

  /** Number of messages in each partition of the topic. */
  ends(): Promise<number[]> {
    return this.withBroker(async (broker) =>
      (await broker.topicOffsets(this.topic))!.map(({ high }) => high)
    );
  }

  async #withLake<T>(work: (lake: LakeStore) => Promise<T>): Promise<T> {
    return await withEnv(this.#s3, async () => {
      const lake = await openLake(this.#settings());
      try {
        return await work(lake);
      } finally {
        lake.close();
      }
    });
  }

  #settings() {
    const environment = { ...this.env, TICKLAKE_HOME: `${this.cwd}/.ticklake` };
    return loadSettings({ flags: {}, environment }).settings;
  }
}

/** Runs with a place on the embedded parts. */
export async function withEmbedded(run: (place: ConsumePlace) => Promise<void>): Promise<void> {
  await withFolder((folder) => run(new ConsumePlace(folder, undefined)));
}

/** Runs with a place on the real Kafka and a directory. */
export async function withKafka(run: (place: ConsumePlace) => Promise<void>): Promise<void> {
  await withFolder((folder) => run(new ConsumePlace(folder, kafka())));
}

/** Runs with a place on the real Kafka and S3. */
export async function withServices(run: (place: ConsumePlace) => Promise<void>): Promise<void> {
  const s3 = realS3Env();
  const AWS_S3_BUCKET = await withEnv(s3, newBucket);
  await withFolder((folder) => run(new ConsumePlace(folder, kafka(), { ...s3, AWS_S3_BUCKET })));
}

/** Runs with a place on the embedded log and the real S3, whose objects of the table are refused at first. */
export async function withoutTable(
  run: (place: ConsumePlace, release: () => void) => Promise<void>,
): Promise<void> {
  const s3 = realS3Env();
  const AWS_S3_BUCKET = await withEnv(s3, newBucket);
  using proxy = new S3FaultProxy(() => Number(new URL(s3.AWS_ENDPOINT_URL).port));
  proxy.treat = ({ method, target }) =>
    method === "PUT" && /\/index_quotes\/dt(=|%3D)/.test(target)
      ? { error: [503, "SlowDown"] }
      : undefined;
  const env = { ...s3, AWS_S3_BUCKET, AWS_ENDPOINT_URL: proxy.url };
  await withFolder((folder) =>
    run(new ConsumePlace(folder, undefined, env), () => proxy.treat = () => undefined)
  );
}

/** A test for both: the embedded parts, and Kafka with S3. Its lake is counted by others' programs. */
export function placeTest(name: string, run: (place: ConsumePlace) => Promise<void>): void {
  serviceTest(`${name} (embedded)`, { needs: ["python"] }, () => withEmbedded(run));
  serviceTest(
    `${name} (Kafka and S3)`,
    { needs: ["kafka", "real-s3", "python"] },
    () => withServices(run),
  );
}

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "ticklake-consume-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A message that is a row; its number is its close. */
export function quote(number: number, index = "HSI", date = "2024-01-02"): OutgoingMessage {
  return {
    key: index,
    value: JSON.stringify({
      Index: index,
      Date: date,
      Open: number,
      High: number,
      Low: number,
      Close: number,
      "Adj Close": number,
      Volume: 0,
      CloseUSD: number,
    }),
  };
}

/** `count` messages that are rows, with numbers from `first` on and 20 indices. */
export function quotes(count: number, first = 0): OutgoingMessage[] {
  return Array.from({ length: count }, (_, i) => quote(first + i, `X${(first + i) % 20}`));
}
