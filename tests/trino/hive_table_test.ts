import assert from "node:assert/strict";
import {
  CreateDatabaseCommand,
  CreatePartitionCommand,
  CreateTableCommand,
  GetTableCommand,
  GlueClient,
} from "@aws-sdk/client-glue";
import type { Value } from "../../mod/catalog/engine.ts";
import { exampleQueries } from "../../mod/catalog/example_queries.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { openS3Lake } from "../../mod/lake/s3.ts";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { ask } from "../catalog/ask.ts";
import { awsEnv, runTicklake, serviceTest, uniqueName } from "../services/services.ts";
import { askTrino, createGlueCatalog, dropCatalog } from "../services/trino/trino_client.ts";
import { sameRows } from "./same_rows.ts";

/** Rows that are sent: some quotes come twice, which the examples count once. */
const ROWS = 12_000;

/** A bucket, a database and a log of one test's own, on the tests' AWS. */
async function place() {
  const home = await Deno.makeTempDir();
  const bucket = await withEnv(awsEnv(), newBucket);
  const database = uniqueName("db").replaceAll("-", "_");
  const env = { ...awsEnv(), AWS_S3_BUCKET: bucket, TICKLAKE_DATABASE: database };
  return {
    bucket,
    database,
    async run(...args: string[]): Promise<void> {
      const { code, stderr } = await runTicklake([...args, "--home", home], { env });
      assert.equal(code, 0, stderr);
    },
    /** Answers of the local engine about the objects in the bucket. */
    answers: (statements: readonly string[]): Promise<Value[][][]> =>
      withEnv(awsEnv(), async () => {
        const lake = openS3Lake({ bucket, prefix: "ticklake" });
        const answers: Value[][][] = [];
        for (const sql of statements) {
          answers.push(await ask({ catalog: `${home}/c.sqlite`, lake }, sql));
        }
        lake.close();
        return answers;
      }),
    [Symbol.asyncDispose]: () => Deno.remove(home, { recursive: true }),
  };
}

/** The statements that are compared: the examples, and figures of all columns. */
async function statements(): Promise<{ name: string; sql: string }[]> {
  const examples = exampleQueries(await loadSchema());
  return [...examples, {
    name: "figures",
    sql: `SELECT dt, kafka_partition, count(*), count(DISTINCT "index"), min("date"), max("date"),
      sum(volume), max(kafka_offset), max(open), min(high), max(low), max(close), max(adj_close),
      max(close_usd) FROM index_quotes GROUP BY dt, kafka_partition ORDER BY dt, kafka_partition`,
  }];
}

/** A database with the table as a crawler makes it: partitions on record instead of projected ones. */
async function crawled(database: string, days: readonly string[]): Promise<string> {
  const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region } = awsEnv();
  const glue = new GlueClient({
    endpoint,
    region,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const DatabaseName = `${database}_crawled`;
  const { Table } = await glue.send(
    new GetTableCommand({ DatabaseName: database, Name: "index_quotes" }),
  );
  const { Name, TableType, PartitionKeys, StorageDescriptor } = Table!;
  await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: DatabaseName } }));
  const Parameters = { classification: "parquet", EXTERNAL: "TRUE" };
  const TableInput = { Name, TableType, PartitionKeys, StorageDescriptor, Parameters };
  await glue.send(new CreateTableCommand({ DatabaseName, TableInput }));
  for (const day of days) {
    const Location = `${StorageDescriptor!.Location}dt=${day}/`;
    const PartitionInput = { Values: [day], StorageDescriptor: { ...StorageDescriptor, Location } };
    await glue.send(new CreatePartitionCommand({ DatabaseName, TableName: Name, PartitionInput }));
  }
  glue.destroy();
  return DatabaseName;
}

serviceTest(
  "Trino answers the examples as the local engine does, of tables by projection and by crawler",
  { needs: ["trino", "aws"], sanitizeOps: false, sanitizeResources: false },
  async (t) => {
    await using at = await place();
    await at.run("produce", "--mode", "replay", "--loop", "--rate", "max", "--count", `${ROWS}`);
    await at.run("consume", "--until-end", "--flush-rows", "5000", "--compression", "zstd");
    await at.run("setup-catalog", "--projection");
    const compared = await statements();
    const local = await at.answers(compared.map(({ sql }) => sql));
    const catalog = uniqueName("hive").replaceAll("-", "_");
    await createGlueCatalog(catalog, awsEnv());
    const compare = async (schema: string, kind: string) => {
      for (const [i, { name, sql }] of compared.entries()) {
        await t.step(`${name}, ${kind}`, async () => {
          const { rows } = await askTrino(sql, { catalog, schema });
          if (name !== "gaps") assert.ok(rows.length > 0, "no rows");
          sameRows(local[i], rows, name);
        });
      }
    };
    try {
      await compare(at.database, "projected");
      const days = [...new Set(local.at(-1)!.map(([day]) => String(day)))];
      await compare(await crawled(at.database, days), "crawled");
    } finally {
      await dropCatalog(catalog);
    }
  },
);
