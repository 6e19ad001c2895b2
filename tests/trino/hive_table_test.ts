import {
  CreateDatabaseCommand,
  CreatePartitionCommand,
  CreateTableCommand,
  GetTableCommand,
  GlueClient,
} from "@aws-sdk/client-glue";
import { awsEnv, serviceTest, uniqueName } from "../services/services.ts";
import { createGlueCatalog, dropCatalog } from "../services/trino/trino_client.ts";
import { comparedStatements, compareInTrino, QuotesPlace } from "./quotes_place.ts";

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
    await using at = await QuotesPlace.create();
    await at.produce();
    await at.run("consume", "--until-end", "--flush-rows", "5000", "--compression", "zstd");
    await at.run("setup-catalog", "--projection");
    const statements = await comparedStatements("dt");
    const answers = await at.answers(statements);
    const catalog = uniqueName("hive").replaceAll("-", "_");
    await createGlueCatalog(catalog, awsEnv());
    try {
      const compared = { statements, answers, catalog };
      await compareInTrino(t, { ...compared, schema: at.database, kind: "projected" });
      const days = [...new Set(answers.at(-1)!.map(([day]) => String(day)))];
      const schema = await crawled(at.database, days);
      await compareInTrino(t, { ...compared, schema, kind: "crawled" });
    } finally {
      await dropCatalog(catalog);
    }
  },
);
