import assert from "node:assert/strict";
import { GROWN_ROWS, growTable } from "../commands/grown_table.ts";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { awsEnv, realS3Env, serviceTest, uniqueName } from "../services/services.ts";
import {
  askTrino,
  createGlueCatalog,
  createRestCatalog,
  dropCatalog,
} from "../services/trino/trino_client.ts";

const SQL = "SELECT p, v FROM prices ORDER BY p";
const SANITIZERS = { sanitizeOps: false, sanitizeResources: false };

for (const format of ["parquet", "jsonl"]) {
  serviceTest(
    `a column that is added is null for older ${format} objects in Trino, by Glue's table`,
    { needs: ["binary", "trino", "aws"], ...SANITIZERS },
    async () => {
      const database = uniqueName("db").replaceAll("-", "_");
      const catalog = uniqueName("hive").replaceAll("-", "_");
      const env = {
        ...awsEnv(),
        TICKLAKE_FORMAT: format,
        AWS_S3_BUCKET: await withEnv(awsEnv(), newBucket),
        TICKLAKE_DATABASE: database,
      };
      await growTable(env, async ({ run }) => {
        await run("setup-catalog", "--projection");
      });
      await createGlueCatalog(catalog, awsEnv());
      try {
        const { rows } = await askTrino(SQL, { catalog, schema: database });
        assert.deepEqual(rows.map((row) => row.map((v) => v === null ? v : Number(v))), GROWN_ROWS);
      } finally {
        await dropCatalog(catalog);
      }
    },
  );
}

serviceTest(
  "a column that consume has added is null for older rows of an Iceberg table in Trino",
  { needs: ["binary", "trino", "real-s3", "iceberg-rest"], ...SANITIZERS },
  async () => {
    const rest = Deno.env.get("TEST_ICEBERG_REST")!;
    const name = uniqueName("lake").replaceAll("-", "_");
    await createRestCatalog(name, rest, realS3Env());
    try {
      await growTable({
        ...realS3Env(),
        AWS_S3_BUCKET: await withEnv(realS3Env(), newBucket),
        TICKLAKE_TABLE_FORMAT: "iceberg",
        ICEBERG_REST_URI: rest,
        TICKLAKE_DATABASE: name,
      });
      const { rows } = await askTrino(SQL, { catalog: name, schema: name });
      assert.deepEqual(rows.map((row) => row.map((v) => v === null ? v : Number(v))), GROWN_ROWS);
    } finally {
      await dropCatalog(name);
    }
  },
);
