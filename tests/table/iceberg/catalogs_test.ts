import assert from "node:assert/strict";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { GetTableCommand, GlueClient, UpdateTableCommand } from "@aws-sdk/client-glue";
import { openDirectoryLake } from "../../../mod/lake/directory.ts";
import { openS3Lake } from "../../../mod/lake/s3.ts";
import { DirectoryCatalog } from "../../../mod/table/iceberg/catalogs/directory.ts";
import { GlueTableCatalog } from "../../../mod/table/iceberg/catalogs/glue.ts";
import { RestCatalog } from "../../../mod/table/iceberg/catalogs/rest.ts";
import { newSchema } from "../../../mod/table/iceberg/iceberg_schema.ts";
import { newTable } from "../../../mod/table/iceberg/new_table.ts";
import { partitionSpec } from "../../../mod/table/iceberg/partition_spec.ts";
import { takeRanges } from "../../../mod/table/iceberg/take_ranges.ts";
import { TableFiles } from "../../../mod/table/iceberg/table_files.ts";
import { awsEnv, realS3Env, serviceTest, uniqueName } from "../../services/services.ts";
import { catalogContract, type CatalogPlace } from "./catalog_contract.ts";
import { startCheckingGlue } from "./checking_glue.ts";
import { MemoryLake } from "../../sink/memory_lake.ts";
import { fakeRange } from "./fake_range.ts";
import { quotesSchema } from "./quotes_schema.ts";

async function directory(): Promise<{ files: TableFiles } & AsyncDisposable> {
  const home = await Deno.makeTempDir();
  return {
    files: new TableFiles(openDirectoryLake(home), `file://${home}`, "index_quotes"),
    [Symbol.asyncDispose]: () => Deno.remove(home, { recursive: true }),
  };
}

catalogContract("a directory", async (): Promise<CatalogPlace> => {
  const place = await directory();
  return { ...place, open: () => new DirectoryCatalog(place.files) };
});

/** Sets the environment for the time of a test. */
function withEnv(env: Record<string, string>): () => void {
  const before = Object.keys(env).map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  };
}

/** A table's files in a new bucket. */
async function bucketFiles(env: Record<string, string>): Promise<TableFiles> {
  const bucket = uniqueName("iceberg");
  const client = new S3Client({ endpoint: env.AWS_ENDPOINT_URL, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  const store = openS3Lake({ bucket, prefix: "lake" });
  return new TableFiles(store, `s3://${bucket}/lake`, "index_quotes");
}

catalogContract(
  "a path in S3",
  async (): Promise<CatalogPlace> => {
    const restore = withEnv(realS3Env());
    const files = await bucketFiles(realS3Env());
    return {
      files,
      open: () => new DirectoryCatalog(files),
      async [Symbol.asyncDispose]() {
        files.store.close();
        restore();
      },
    };
  },
  (name, run) =>
    serviceTest(name, { needs: ["real-s3"], sanitizeResources: false, sanitizeOps: false }, run),
);

catalogContract("a REST catalog", async (): Promise<CatalogPlace> => {
  const place = await directory();
  const options = {
    uri: Deno.env.get("TEST_ICEBERG_REST")!,
    namespace: uniqueName("lake").replaceAll("-", "_"),
    table: "index_quotes",
  };
  return { ...place, open: () => new RestCatalog(options) };
}, (name, run) => serviceTest(name, { needs: ["iceberg-rest"], sanitizeResources: false }, run));

catalogContract(
  "Glue",
  async (): Promise<CatalogPlace> => {
    const glue = startCheckingGlue(awsEnv().AWS_ENDPOINT_URL);
    const restore = withEnv({ ...awsEnv(), AWS_ENDPOINT_URL_GLUE: glue.endpoint });
    const database = uniqueName("lake").replaceAll("-", "_");
    const files = await bucketFiles(awsEnv());
    return {
      files,
      open: () => new GlueTableCatalog(files, database, "index_quotes"),
      async [Symbol.asyncDispose]() {
        files.store.close();
        restore();
        await glue[Symbol.asyncDispose]();
      },
    };
  },
  (name, run) =>
    serviceTest(name, { needs: ["aws"], sanitizeResources: false, sanitizeOps: false }, run),
);

const SET_BY_OTHERS = ["market data", "quotes of indexes"];

/** Changes a parameter and the description of the table in Glue, as from its console. */
async function setByOthers(database: string): Promise<void> {
  const client = new GlueClient();
  const { Table } = await client.send(
    new GetTableCommand({ DatabaseName: database, Name: "index_quotes" }),
  );
  const { Name, TableType, StorageDescriptor, Parameters } = Table!;
  const [team, Description] = SET_BY_OTHERS;
  const own = { Name: Name!, TableType, StorageDescriptor, Description };
  const TableInput = { ...own, Parameters: { ...Parameters, team } };
  await client.send(new UpdateTableCommand({ DatabaseName: database, TableInput }));
  client.destroy();
}

serviceTest(
  "Glue: a commit names the version and the metadata file that it replaces, and makes no archive",
  {
    needs: ["aws"],
    sanitizeResources: false,
    sanitizeOps: false,
  },
  async () => {
    await using glue = startCheckingGlue(awsEnv().AWS_ENDPOINT_URL);
    const restore = withEnv({ ...awsEnv(), AWS_ENDPOINT_URL_GLUE: glue.endpoint });
    const files = await bucketFiles(awsEnv());
    const database = uniqueName("lake").replaceAll("-", "_");
    const catalog = new GlueTableCatalog(files, database, "index_quotes");
    const quotes = await quotesSchema();
    const schema = newSchema(quotes);
    const spec = partitionSpec("none", quotes, schema);
    await catalog.create(newTable({ location: files.location, schema, spec }));
    const locations = [(await catalog.load())!.metadataFile];
    const log = { id: "0123456789ab", description: "topic" };
    for (let i = 0; i < 2; i++) {
      const ranges = [fakeRange(files, 0, i, i + 1)];
      await takeRanges({ catalog, files, table: "t", log, ranges });
      locations.push((await catalog.load())!.metadataFile);
      // What others set on the table stays, as does what the catalog set before.
      const { Parameters, Description } = glue.updates.at(-1)!.TableInput!;
      assert.deepEqual(
        [Parameters!.team, Description],
        i === 0 ? [undefined, undefined] : SET_BY_OTHERS,
      );
      if (i === 0) await setByOthers(database);
    }
    assert.equal(new Set(locations).size, 3);
    const own = glue.updates.filter((_, i) => i !== 1);
    for (const [i, { SkipArchive, VersionId, TableInput }] of own.entries()) {
      assert.equal(SkipArchive, true);
      assert.ok(VersionId);
      assert.equal(TableInput!.Parameters!.previous_metadata_location, locations[i]);
      assert.equal(TableInput!.Parameters!.metadata_location, locations[i + 1]);
    }
    assert.equal(glue.updates.length, 3, "with that of others");
    files.store.close();
    restore();
  },
);

Deno.test("a directory: a store that overwrites on create is refused before there is a table", async () => {
  class Overwriting extends MemoryLake {
    override async create(name: string, bytes: Uint8Array): Promise<boolean> {
      await this.put(name, bytes);
      return true;
    }
  }
  const lake = new Overwriting();
  const files = new TableFiles(lake, "file:///lake", "index_quotes");
  const quotes = await quotesSchema();
  const schema = newSchema(quotes);
  const spec = partitionSpec("none", quotes, schema);
  await assert.rejects(
    new DirectoryCatalog(files).create(newTable({ location: files.location, schema, spec })),
    /ignores If-None-Match: it cannot be an Iceberg catalog/,
  );
  assert.deepEqual([...lake.objects.keys()], []);
});

Deno.test("a directory: a writer that slept through many commits does not fork the table", async () => {
  await using place = await directory();
  const { files } = place;
  const quotes = await quotesSchema();
  const schema = newSchema(quotes);
  const [sleeper, writer] = [new DirectoryCatalog(files), new DirectoryCatalog(files)];
  const properties = { "write.metadata.previous-versions-max": "3" };
  await writer.create(newTable({
    location: files.location,
    schema,
    spec: partitionSpec("none", quotes, schema),
    properties,
  }));
  const old = (await sleeper.load())!;
  const log = { id: "0123456789ab", description: "topic" };
  for (let i = 0; i < 12; i++) {
    const ranges = [fakeRange(files, 0, i, i + 1)];
    await takeRanges({ catalog: writer, files, table: "t", log, ranges });
  }
  const updates = [{ action: "set-properties" as const, updates: { late: "true" } }];
  assert.equal(await sleeper.commit(old, updates), false);
  const { version, metadata } = (await sleeper.load())!;
  assert.equal(version, 13);
  assert.equal(metadata["metadata-log"]!.length, 3);
  assert.equal(metadata.snapshots!.length, 12);
  assert.equal((await new DirectoryCatalog(files).load())!.version, 13);
  await files.store.remove("index_quotes/metadata/version-hint.text");
  assert.equal((await new DirectoryCatalog(files).load())!.version, 13, "without the hint");
});

Deno.test("a directory: the checksum that Spark keeps of the version hint goes with a commit", async () => {
  await using place = await directory();
  const { files } = place;
  const catalog = new DirectoryCatalog(files);
  const quotes = await quotesSchema();
  const schema = newSchema(quotes);
  const spec = partitionSpec("none", quotes, schema);
  await catalog.create(newTable({ location: files.location, schema, spec }));
  const folder = files.location.replace("file://", "") + "/metadata";
  await Deno.writeTextFile(`${folder}/.version-hint.text.crc`, "crc");
  const updates = [{ action: "set-properties" as const, updates: { a: "b" } }];
  assert.ok(await catalog.commit((await catalog.load())!, updates));
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  assert.deepEqual(names, ["v1.metadata.json", "v2.metadata.json", "version-hint.text"]);
});
