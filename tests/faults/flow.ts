import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { kafkaAdmin } from "../broker/kafka_admin.ts";
import { runTicklake, type TicklakeResult, uniqueName } from "../services/services.ts";
import { countLake, type LakeCount } from "./lake_count.ts";
import { writeNumberedQuotes } from "./numbered_quotes.ts";
import type { Stage } from "./stage.ts";
import { spawnWatched, type Watched } from "./watched_process.ts";

const PREFIX = "lake";
const TABLE = "index_quotes";

/** Session timeout of the consumers: a killed one holds its partitions for so long. */
export const SESSION_MS = 2000;

/** Milliseconds that a run to the topic's end may take. */
const END_TIMEOUT_MS = 300_000;

/** What `verify --deep --json` prints. */
export interface Verdict {
  ok: boolean;
  /** Offsets. */
  expected: number;
  found: number;
  missing: number;
  duplicate: number;
}

/** What `consume --json` prints at its end. */
export interface Consumed {
  read: number;
  written: number;
  rejected: number;
  objects: number;
  bytes: number;
  lost: number;
}

/** Which way a process takes to its services. */
export interface Ways {
  /** @default {the broker itself} */
  kafka?: string;
  /** @default {S3 itself} */
  s3?: string;
}

/** One topic on its way into one lake, with the processes that carry it. */
export class Flow {
  readonly stage: Stage;
  readonly topic = uniqueName("quotes");
  readonly group = uniqueName("lake");
  readonly bucket = uniqueName("lake");
  /** Where the processes run and the rows lie. */
  readonly folder = Deno.makeTempDirSync({ prefix: "ticklake-flow-" });
  readonly #consumers: Watched[] = [];

  private constructor(stage: Stage) {
    this.stage = stage;
  }

  /** Creates the topic and the bucket, runs, ends what still runs of it. */
  static async run<T>(
    stage: Stage,
    options: { partitions: number },
    run: (flow: Flow) => Promise<T>,
  ): Promise<T> {
    const flow = new Flow(stage);
    try {
      await flow.#open(options.partitions);
      return await run(flow);
    } finally {
      stage.calm();
      for (const consumer of flow.#consumers) await consumer[Symbol.asyncDispose]();
      Deno.removeSync(flow.folder, { recursive: true });
    }
  }

  async #open(numPartitions: number): Promise<void> {
    await kafkaAdmin(
      this.stage.kafka,
      (admin) => admin.createTopics({ topics: [{ topic: this.topic, numPartitions }] }),
    );
    const env = this.stage.s3Env(this.stage.s3);
    const client = new S3Client({
      endpoint: env.AWS_ENDPOINT_URL,
      region: env.AWS_REGION,
      forcePathStyle: true,
      credentials: {
        accessKeyId: env.AWS_ACCESS_KEY_ID,
        secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
      },
    });
    await client.send(new CreateBucketCommand({ Bucket: this.bucket }));
    client.destroy();
  }

  /** Variables of its processes. */
  env({ kafka = this.stage.kafka, s3 = this.stage.s3 }: Ways = {}): Record<string, string> {
    return {
      KAFKA_BOOTSTRAP_SERVERS: kafka,
      KAFKA_TOPIC: this.topic,
      KAFKA_GROUP_ID: this.group,
      KAFKA_SESSION_TIMEOUT: `${SESSION_MS}ms`,
      AWS_S3_BUCKET: this.bucket,
      TICKLAKE_PREFIX: PREFIX,
      ...this.stage.s3Env(s3),
    };
  }

  /** Writes a file of numbered quotes and gives its path. */
  async quotes(count: number, years?: number): Promise<string> {
    const path = `${this.folder}/quotes-${count}.csv`;
    await writeNumberedQuotes({ path, count, years });
    return path;
  }

  /** Starts to send a file of rows, so many a second. */
  produce(path: string, rate: number | "max", ways: Ways = {}): Watched {
    const args = ["--mode", "replay", "--rate", String(rate), "--input", path, "--json"];
    return this.#spawn(["produce", ...args], ways);
  }

  /** Sends numbered rows as fast as it goes, to the end. */
  async fill(count: number, years?: number): Promise<void> {
    const { code, stderr } = await this.produce(await this.quotes(count, years), "max").result;
    assert.equal(code, 0, stderr);
  }

  /** Starts to consume. */
  consume(args: string[], ways: Ways = {}, env: Record<string, string> = {}): Watched {
    return this.#spawn(["consume", "--json", ...args], ways, env);
  }

  #spawn(args: string[], ways: Ways, env: Record<string, string> = {}): Watched {
    const watched = spawnWatched(args, { ...this.env(ways), ...env }, this.folder);
    this.#consumers.push(watched);
    return watched;
  }

  /** Consumes all that is in the topic, without faults, and gives what it has done. */
  async consumeToEnd(args: string[] = []): Promise<Consumed> {
    this.stage.calm();
    const result = await this.run(["consume", "--json", "--until-end", ...args]);
    assert.equal(result.code, 0, result.stderr);
    return JSON.parse(result.stdout);
  }

  /** Runs the compiled program to its end. */
  run(args: string[], ways: Ways = {}): Promise<TicklakeResult> {
    const env = this.env(ways);
    return runTicklake(args, { binary: true, env, cwd: this.folder, timeoutMs: END_TIMEOUT_MS });
  }

  /** What `verify --deep` says. */
  async verify(): Promise<Verdict> {
    const { code, stdout, stderr } = await this.run(["verify", "--deep", "--json"]);
    assert.ok(code === 0 || code === 4, `verify ended with exit code ${code}: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** What others' programs count, given that each offset of the topic must be in the lake. */
  async count(): Promise<LakeCount> {
    const env = this.stage.s3Env(this.stage.s3);
    return await countLake({
      topic: this.topic,
      table: TABLE,
      number: "volume",
      kafka: this.stage.kafka,
      s3: {
        endpoint: env.AWS_ENDPOINT_URL,
        access_key: env.AWS_ACCESS_KEY_ID,
        secret_key: env.AWS_SECRET_ACCESS_KEY,
        path: `${this.bucket}/${PREFIX}`,
      },
    });
  }

  /** Most memory that one of its consumers and producers has had, in bytes. */
  get peakRss(): number {
    return Math.max(0, ...this.#consumers.map(({ peakRss }) => peakRss));
  }
}
