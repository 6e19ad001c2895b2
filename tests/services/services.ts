/**
 * The real services, for the files of tests. tests/run/main.ts starts them and names them in the
 * environment; a variable that is set before points the tests at one's own:
 * `TEST_KAFKA` (HOST:PORT), `TEST_S3_ENDPOINT`, `TEST_AWS_ENDPOINT` (URLs).
 */

import { skippableTest } from "./skippable.ts";

/** What a test can need, and the variable that says that it is there. */
const VARIABLES = {
  /** A Kafka broker. */
  kafka: "TEST_KAFKA",
  /** An S3 API that takes any credentials, see {@linkcode awsEnv}. */
  s3: "TEST_S3_ENDPOINT",
  /** The APIs of S3, Glue, Athena and IAM, see {@linkcode awsEnv}. */
  aws: "TEST_AWS_ENDPOINT",
  /** An S3 server that checks signatures and stores on disk, see {@linkcode realS3Env}. */
  "real-s3": "TEST_S3_REAL",
  /** A Python with pyarrow, duckdb and kafka-python, see {@linkcode python}. */
  python: "TEST_PYTHON",
  /** Iceberg's own REST catalog, for tables on this host's disk. */
  "iceberg-rest": "TEST_ICEBERG_REST",
  /** A Python with pyiceberg, and DuckDB with its Iceberg extension. */
  "iceberg-readers": "TEST_ICEBERG_PYTHON",
  /** Trino, the engine that Athena is built on, see trino/trino_client.ts. */
  trino: "TEST_TRINO",
  /** Spark's folder, see spark/spark.ts. */
  spark: "TEST_SPARK",
  /** A schema registry that speaks Confluent's API. */
  "schema-registry": "TEST_SCHEMA_REGISTRY",
  /** A Python with Confluent's client and its serializers. */
  "confluent-client": "TEST_CONFLUENT_PYTHON",
  /** AWS's own serializers for Glue's schema registry, see glue_serde/glue_serde.ts. */
  "glue-serde": "TEST_GLUE_SERDE",
  /** A Chromium, for tests of the page. */
  chromium: "TEST_CHROMIUM",
  /** The compiled program, see `binary` of {@linkcode runTicklake}. */
  binary: "TEST_BINARY",
} as const;

/** What a test can need. */
export type Need = keyof typeof VARIABLES;

/** What a host may lack even in CI: Trino wants a newer JDK than Debian 12 has. */
const OPTIONAL: readonly Need[] = ["trino"];

/** All that tests can need. */
export const NEEDS = Object.keys(VARIABLES) as readonly Need[];

/** Bootstrap address of the Kafka broker, `undefined` where there is none. */
export function kafka(): string | undefined {
  return Deno.env.get("TEST_KAFKA") || undefined;
}

/** Options of {@linkcode serviceTest}. */
export interface ServiceTestOptions
  extends Pick<Deno.TestDefinition, "sanitizeOps" | "sanitizeResources"> {
  needs: readonly Need[];
}

/**
 * A test that needs services. Where one is missing it is skipped, and the end of the run says why;
 * with `CI=true` it fails, unless it lacks no more than {@linkcode OPTIONAL} ones.
 */
export function serviceTest(
  name: string,
  options: ServiceTestOptions,
  fn: (t: Deno.TestContext) => void | Promise<void>,
): void {
  const { needs, ...sanitizers } = options;
  const missing = needs.filter((need) => !Deno.env.get(VARIABLES[need]));
  const failing = missing.filter((need) => !OPTIONAL.includes(need));
  if (failing.length > 0 && Deno.env.get("CI") === "true") {
    return Deno.test(name, () => {
      throw new Error(`needs ${failing.join(", ")}: ${failing.map(whyMissing).join("; ")}`);
    });
  }
  skippableTest({ name, fn, ...sanitizers, missing: missing.map(whyMissing) });
}

function whyMissing(need: Need): string {
  const reasons = JSON.parse(Deno.env.get("TEST_MISSING") || "{}") as Record<string, string>;
  return reasons[need] ?? `${VARIABLES[need]} is not set`;
}

/** A name that no other test and no other run uses, fit for topics, groups, buckets and tables. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${crypto.randomUUID().slice(0, 13)}`;
}

/** Environment with which the AWS SDK, and so our program, uses the test's AWS APIs. */
export function awsEnv(): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: Deno.env.get("TEST_AWS_ENDPOINT") || Deno.env.get("TEST_S3_ENDPOINT") || "",
    ...credentials("test", "test"),
  };
}

/** Environment with which the AWS SDK, and so our program, uses the S3 server that is a real one. */
export function realS3Env(): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: Deno.env.get("TEST_S3_REAL") ?? "",
    ...credentials(
      Deno.env.get("TEST_S3_REAL_ACCESS_KEY") ?? "",
      Deno.env.get("TEST_S3_REAL_SECRET_KEY") ?? "",
    ),
  };
}

function credentials(accessKey: string, secretKey: string): Record<string, string> {
  return {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: accessKey,
    AWS_SECRET_ACCESS_KEY: secretKey,
    // Else a wrong credential would send the SDK to the host's instance metadata, for seconds.
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/**
 * Runs a Python script in the tests' virtual environment and gives its standard output.
 * @param script its source, or the URL of its file
 * @throws {Error} with its standard error, when it fails
 */
export async function python(
  script: string | URL,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<string> {
  const program = Deno.env.get("TEST_PYTHON");
  if (!program) throw new Error("TEST_PYTHON is not set: name `python` in the test's needs");
  const file = script instanceof URL ? [script.pathname] : ["-c", script];
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...file, ...args],
    env,
    stdin: "null",
  }).output();
  if (!success) throw new Error(`Python failed:\n${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

export { runTicklake, spawnTicklake } from "./ticklake_process.ts";
export type { Spawned, TicklakeOptions, TicklakeResult } from "./ticklake_process.ts";
