import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { startServices } from "../tests/services/start_services.ts";
import { installOnce, runTool, TOOLS } from "../tests/services/tools_folder.ts";
import { measure, type Measured, type Program } from "./measured.ts";

/** Options of {@linkcode openStage}. */
export interface StageOptions {
  /** Rows of a run. */
  rows: number;
  /** Runs of each side. */
  rounds: number;
  /** Also what takes many minutes. */
  long: boolean;
}

/** Everything that a line of the benchmark works with. */
export interface Stage extends StageOptions {
  /** The compiled program. */
  binary: string;
  /** A Python that has the peers' packages. */
  python: string;
  kafka: string;
  /** Variables that name Kafka, the S3 server and a bucket; for ours and for peers. */
  env: Record<string, string>;
  /** A folder of the run's own. */
  folder: string;
  close(): Promise<void>;
}

const BUCKET = "bench";

const PEERS = new URL("./peers/", import.meta.url).pathname;

/** Starts the services and prepares the peers. @throws {Error} when something is missing */
export async function openStage(options: StageOptions): Promise<Stage> {
  const folder = await Deno.makeTempDir({ prefix: "ticklake-bench-" });
  const services = await startServices(folder, new Set(["kafka", "real-s3", "binary"]));
  const close = async () => {
    await services.stop();
    await Deno.remove(folder, { recursive: true });
  };
  try {
    const missing = Object.values(services.missing);
    if (missing.length > 0) throw new Error(missing.join("; "));
    const variable = (name: string) => services.env[name] ?? Deno.env.get(name)!;
    const kafka = Deno.env.get("TEST_KAFKA") ?? variable("TEST_KAFKA");
    const env = {
      KAFKA_BOOTSTRAP_SERVERS: kafka,
      AWS_S3_BUCKET: BUCKET,
      AWS_ENDPOINT_URL: variable("TEST_S3_REAL"),
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: variable("TEST_S3_REAL_ACCESS_KEY"),
      AWS_SECRET_ACCESS_KEY: variable("TEST_S3_REAL_SECRET_KEY"),
      AWS_EC2_METADATA_DISABLED: "true",
    };
    const stage = {
      ...options,
      folder,
      binary: variable("TEST_BINARY"),
      python: await installPeers(),
      kafka,
      env,
      close,
    };
    await makeBucket(env);
    return stage;
  } catch (error) {
    await close();
    throw error;
  }
}

/** A client of the S3 server. */
export function openS3(env: Stage["env"]): S3Client {
  return new S3Client({
    region: env.AWS_REGION,
    endpoint: env.AWS_ENDPOINT_URL,
    forcePathStyle: true,
    credentials: {
      accessKeyId: env.AWS_ACCESS_KEY_ID,
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
    },
  });
}

async function makeBucket(env: Stage["env"]): Promise<void> {
  const client = openS3(env);
  try {
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  } catch (error) {
    // An S3 server of one's own may have it from the last time.
    if ((error as Error).name !== "BucketAlreadyOwnedByYou") throw error;
  }
  client.destroy();
}

async function installPeers(): Promise<string> {
  const requirements = new URL("./requirements.txt", import.meta.url).pathname;
  const python = `${TOOLS}/bench-venv/bin/python`;
  await installOnce("bench-venv", await Deno.readTextFile(requirements), async () => {
    await runTool("python3", ["-m", "venv", `${TOOLS}/bench-venv`]);
    await runTool(python, ["-m", "pip", "install", "--quiet", "-r", requirements]);
  });
  return python;
}

/** A peer's script with arguments. */
export function peer(stage: Stage, script: string, ...args: string[]): Program {
  return { command: stage.python, args: [`${PEERS}${script}`, ...args], env: stage.env };
}

/** Our program with arguments. */
export function ticklake(stage: Stage, ...args: string[]): Program {
  return { command: stage.binary, args, env: stage.env };
}

/** A name that nothing else of this run uses. */
export function unique(prefix: string): string {
  return `${prefix}-${crypto.randomUUID().slice(0, 8)}`;
}

/** A topic filled with quotes. */
export async function filledTopic(
  stage: Stage,
  rows: number,
  partitions: number,
  ...args: string[]
): Promise<string> {
  const topic = unique("quotes");
  await measure(ticklake(
    stage,
    ...["produce", "--topic", topic, "--partitions", String(partitions), "--mode", "replay"],
    ...["--loop", "--rate", "max", "--count", String(rows), ...args],
  ));
  return topic;
}

/** Our consumer with a group and a place in the lake of its own. */
export function consume(stage: Stage, topic: string, ...args: string[]): Program {
  const name = unique("run");
  return ticklake(
    stage,
    ...["consume", "--topic", topic, "--group", name, "--prefix", name, "--until-end", "--json"],
    ...["--log-level", "warning", ...args],
  );
}

/** Runs several programs in turn, round after round; gives each one's runs. */
export async function alternate(
  rounds: number,
  programs: ReadonlyArray<() => Program>,
): Promise<Measured[][]> {
  const runs: Measured[][] = programs.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, program] of programs.entries()) runs[i].push(await measure(program()));
  }
  return runs;
}
