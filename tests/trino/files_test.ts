import assert from "node:assert/strict";
import {
  CreateDatabaseCommand,
  CreateTableCommand,
  GlueClient,
  type TableInput,
} from "@aws-sdk/client-glue";
import { ORIGIN_COLUMNS } from "../../mod/schema/schema.ts";
import { openS3Lake } from "../../mod/lake/s3.ts";
import type { Compression } from "../../mod/lake/format/compression.ts";
import { encoded, expected, type Plain } from "../lake/format/read_back.ts";
import { edgeRows, EVERY_TYPE, manyRows } from "../lake/format/sample_rows.ts";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { awsEnv, serviceTest, uniqueName } from "../services/services.ts";
import { askTrino, createGlueCatalog, dropCatalog } from "../services/trino/trino_client.ts";
import { rowsAsRecords } from "./same_rows.ts";

const COMPRESSIONS: readonly Compression[] = ["snappy", "zstd", "gzip", "none"];

/** Enough that columns are written with a dictionary, as differences and plainly. */
const ROWS = [...edgeRows(), ...manyRows(3000)];

const RELEASE_0_1_0 = new URL("../lake/format/release-0.1.0/rows.parquet", import.meta.url);

/** Types of Glue, by our own. */
const GLUE_TYPES = {
  string: "string",
  date: "date",
  double: "double",
  long: "bigint",
  timestamp: "timestamp",
};

const COLUMNS = [...EVERY_TYPE.columns, ...ORIGIN_COLUMNS].map(({ name, type }) => ({
  Name: name,
  Type: GLUE_TYPES[type],
}));

/** A table of Glue over the objects of a folder. */
function tableInput(name: string, location: string): TableInput {
  return {
    Name: name,
    TableType: "EXTERNAL_TABLE",
    Parameters: { EXTERNAL: "TRUE" },
    StorageDescriptor: {
      Location: location,
      Columns: COLUMNS,
      InputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
      OutputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
      SerdeInfo: {
        SerializationLibrary: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
      },
    },
  };
}

serviceTest(
  "Trino reads each value of each compression, and of objects of release 0.1.0",
  { needs: ["trino", "aws"], sanitizeOps: false, sanitizeResources: false },
  async () => {
    const bucket = await withEnv(awsEnv(), newBucket);
    const database = uniqueName("files").replaceAll("-", "_");
    const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region } = awsEnv();
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const glue = new GlueClient({ endpoint, region, credentials });
    await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: database } }));
    await createGlueCatalog(database, awsEnv());
    const read = async (folder: string, bytes: Uint8Array): Promise<Plain[]> => {
      await withEnv(awsEnv(), async () => {
        const lake = openS3Lake({ bucket, prefix: folder });
        await lake.put("rows.parquet", bytes);
        lake.close();
      });
      const TableInput = tableInput(folder, `s3://${bucket}/${folder}/`);
      await glue.send(new CreateTableCommand({ DatabaseName: database, TableInput }));
      const sql = `SELECT * FROM "${folder}" ORDER BY kafka_offset`;
      return rowsAsRecords(await askTrino(sql, { catalog: database, schema: database }));
    };
    try {
      for (const compression of COMPRESSIONS) {
        const [{ bytes }] = encoded("parquet", ROWS, { compression });
        assert.deepEqual(await read(compression, bytes), ROWS.map(expected), compression);
      }
      const rows = [...edgeRows(), ...manyRows(200)];
      const found = await read("release", await Deno.readFile(RELEASE_0_1_0));
      assert.deepEqual(found, rows.map(expected), "release 0.1.0");
    } finally {
      await dropCatalog(database);
      glue.destroy();
    }
  },
);
