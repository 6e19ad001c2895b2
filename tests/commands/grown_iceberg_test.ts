import assert from "node:assert/strict";
import { GetTableCommand, GlueClient } from "@aws-sdk/client-glue";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { awsEnv, realS3Env, serviceTest, uniqueName } from "../services/services.ts";
import { startCheckingGlue } from "../table/iceberg/checking_glue.ts";
import { growTable } from "./grown_table.ts";

const ADDED = /added column v, long, to table prices: older rows have no value for it/;
const ICEBERG = { TICKLAKE_TABLE_FORMAT: "iceberg", TICKLAKE_COMMIT_INTERVAL: "1s" };

serviceTest(
  "consume adds an optional column to an Iceberg table of a REST catalog",
  { needs: ["binary", "real-s3", "iceberg-rest"] },
  async () => {
    const rest = Deno.env.get("TEST_ICEBERG_REST")!;
    const database = uniqueName("lake").replaceAll("-", "_");
    const told = await growTable({
      ...realS3Env(),
      ...ICEBERG,
      AWS_S3_BUCKET: await withEnv(realS3Env(), newBucket),
      ICEBERG_REST_URI: rest,
      TICKLAKE_DATABASE: database,
    });
    assert.match(told, ADDED);
    const table = await fetch(`${rest}/v1/namespaces/${database}/tables/prices`);
    const { metadata } = await table.json();
    const current = metadata.schemas.find((schema: { "schema-id": number }) =>
      schema["schema-id"] === metadata["current-schema-id"]
    );
    const v = current.fields.find(({ name }: { name: string }) => name === "v");
    assert.deepEqual([v.type, v.required], ["long", false]);
  },
);

serviceTest(
  "consume adds an optional column to an Iceberg table of Glue, and to its columns there",
  { needs: ["binary", "aws"], sanitizeOps: false, sanitizeResources: false },
  async () => {
    await using glue = startCheckingGlue(awsEnv().AWS_ENDPOINT_URL);
    const database = uniqueName("lake").replaceAll("-", "_");
    const told = await growTable({
      ...awsEnv(),
      ...ICEBERG,
      AWS_ENDPOINT_URL_GLUE: glue.endpoint,
      AWS_S3_BUCKET: await withEnv(awsEnv(), newBucket),
      TICKLAKE_ICEBERG_CATALOG: "glue",
      TICKLAKE_DATABASE: database,
    });
    assert.match(told, ADDED);
    const { Table } = await withEnv(awsEnv(), async () => {
      const client = new GlueClient();
      const found = await client.send(
        new GetTableCommand({ DatabaseName: database, Name: "prices" }),
      );
      client.destroy();
      return found;
    });
    const columns = Table!.StorageDescriptor!.Columns!.map(({ Name, Type }) => `${Name} ${Type}`);
    assert.ok(columns.includes("v bigint"), String(columns));
  },
);
