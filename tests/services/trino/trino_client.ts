/** A value in Trino's answer; a 64-bit integer is a bigint where a number cannot hold it. */
export type TrinoValue = string | number | bigint | boolean | null;

/** One page of an answer. Source: https://trino.io/docs/476/develop/client-protocol.html */
interface Page {
  nextUri?: string;
  data?: TrinoValue[][];
  columns?: { name: string; type: string }[];
  error?: { message: string; errorName: string };
}

/** A whole answer. */
export interface TrinoAnswer {
  rows: TrinoValue[][];
  columns: { name: string; type: string }[];
}

/** Where unqualified names of a statement are. */
export interface TrinoPlace {
  catalog?: string;
  schema?: string;
}

/**
 * Runs one statement on the Trino of `TEST_TRINO`.
 * @throws {Error} with Trino's message, when it refuses the statement or fails
 */
export async function askTrino(sql: string, place: TrinoPlace = {}): Promise<TrinoAnswer> {
  const headers = {
    "X-Trino-User": "tests",
    ...place.catalog === undefined ? {} : { "X-Trino-Catalog": place.catalog },
    ...place.schema === undefined ? {} : { "X-Trino-Schema": place.schema },
  };
  const uri = `${Deno.env.get("TEST_TRINO")}/v1/statement`;
  let page = await pageOf(await fetch(uri, { method: "POST", body: sql, headers }));
  const answer: TrinoAnswer = { rows: [], columns: [] };
  while (true) {
    if (page.error !== undefined) {
      throw new Error(`Trino: ${page.error.errorName}: ${page.error.message}\n${sql}`);
    }
    answer.columns = page.columns ?? answer.columns;
    answer.rows.push(...page.data ?? []);
    if (page.nextUri === undefined) return answer;
    page = await pageOf(await fetch(page.nextUri, { headers }));
  }
}

/** Whole numbers that a double cannot hold stay exact. */
async function pageOf(response: Response): Promise<Page> {
  const text = await response.text();
  if (!response.ok) throw new Error(`Trino answers ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(
    text,
    (_, value, context?: { source?: string }) =>
      typeof value === "number" && !Number.isSafeInteger(value) &&
        /^-?\d+$/.test(context?.source ?? "")
        ? BigInt(context!.source!)
        : value,
  );
}

/** Credentials and endpoint of an S3 server, as environment variables of the AWS SDK. */
type AwsEnv = Record<string, string>;

/** Adds a catalog of the Hive connector that reads Glue; the name must be new. */
export async function createGlueCatalog(name: string, env: AwsEnv): Promise<void> {
  await createCatalog(name, "hive", {
    "hive.metastore": "glue",
    ...glueProperties(env),
    "hive.partition-projection-enabled": "true",
    // moto has no statistics of columns.
    "hive.table-statistics-enabled": "false",
    ...s3Properties(env),
  });
}

/** Adds a catalog of the Iceberg connector on a REST catalog; the name must be new. */
export async function createRestCatalog(name: string, rest: string, env: AwsEnv): Promise<void> {
  await createCatalog(name, "iceberg", {
    "iceberg.catalog.type": "rest",
    "iceberg.rest-catalog.uri": rest,
    // Tests expire snapshots of a minute ago.
    "iceberg.expire-snapshots.min-retention": "0s",
    "iceberg.remove-orphan-files.min-retention": "0s",
    ...s3Properties(env),
  });
}

/** Removes a catalog; its tables stay. */
export async function dropCatalog(name: string): Promise<void> {
  await askTrino(`DROP CATALOG ${name}`);
}

/** Settings of Trino for Glue. */
export function glueProperties(env: AwsEnv): Record<string, string> {
  return {
    "hive.metastore.glue.endpoint-url": env.AWS_ENDPOINT_URL,
    "hive.metastore.glue.region": env.AWS_REGION,
    "hive.metastore.glue.aws-access-key": env.AWS_ACCESS_KEY_ID,
    "hive.metastore.glue.aws-secret-key": env.AWS_SECRET_ACCESS_KEY,
  };
}

/** Settings of Trino for an S3 server. */
export function s3Properties(env: AwsEnv): Record<string, string> {
  return {
    "fs.native-s3.enabled": "true",
    "s3.endpoint": env.AWS_ENDPOINT_URL,
    "s3.region": env.AWS_REGION,
    "s3.aws-access-key": env.AWS_ACCESS_KEY_ID,
    "s3.aws-secret-key": env.AWS_SECRET_ACCESS_KEY,
    "s3.path-style-access": "true",
  };
}

/** Adds a catalog of a connector; the name must be new. */
export async function createCatalog(
  name: string,
  connector: string,
  properties: Record<string, string>,
): Promise<void> {
  const settings = Object.entries(properties).map(([key, value]) => `"${key}" = '${value}'`);
  await askTrino(`CREATE CATALOG ${name} USING ${connector} WITH (${settings.join(", ")})`);
}
