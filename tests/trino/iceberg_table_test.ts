import assert from "node:assert/strict";
import type { Compression } from "../../mod/lake/format/compression.ts";
import { openS3Lake } from "../../mod/lake/s3.ts";
import { Failure } from "../../mod/failure/failure.ts";
import { IcebergLake } from "../../mod/table/iceberg/iceberg_lake.ts";
import { RestCatalog } from "../../mod/table/iceberg/catalogs/rest.ts";
import { dataFile } from "../../mod/table/iceberg/data_file.ts";
import { fieldIds, newSchema } from "../../mod/table/iceberg/iceberg_schema.ts";
import { currentSchema, specOf } from "../../mod/table/iceberg/metadata.ts";
import { newTable } from "../../mod/table/iceberg/new_table.ts";
import { partitionSpec } from "../../mod/table/iceberg/partition_spec.ts";
import { TableFiles } from "../../mod/table/iceberg/table_files.ts";
import { takeRanges } from "../../mod/table/iceberg/take_ranges.ts";
import { expected } from "../lake/format/read_back.ts";
import { edgeRows, EVERY_TYPE, manyRows } from "../lake/format/sample_rows.ts";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { realS3Env, serviceTest, uniqueName } from "../services/services.ts";
import { askTrino, createRestCatalog, dropCatalog } from "../services/trino/trino_client.ts";
import { putFiles } from "../table/iceberg/real_range.ts";
import { rowsAsRecords } from "./same_rows.ts";

const NEEDS = {
  needs: ["trino", "real-s3", "iceberg-rest"],
  sanitizeOps: false,
  sanitizeResources: false,
} as const;

const COMPRESSIONS: readonly Compression[] = ["snappy", "zstd", "gzip", "none"];

/** A bucket, a namespace of the REST catalog, and Trino's catalog on it. */
async function place() {
  const bucket = await withEnv(realS3Env(), newBucket);
  const name = uniqueName("lake").replaceAll("-", "_");
  const rest = Deno.env.get("TEST_ICEBERG_REST")!;
  await createRestCatalog(name, rest, realS3Env());
  return {
    bucket,
    namespace: name,
    rest,
    ask: (sql: string) => askTrino(sql, { catalog: name, schema: name }),
    [Symbol.asyncDispose]: () => dropCatalog(name),
  };
}

for (const partitionBy of ["s,year(d)", "month(t),bucket(n,4),bucket(s,3)", "dt"]) {
  serviceTest(`Trino reads each value of an Iceberg table, by ${partitionBy}`, NEEDS, async () => {
    await using at = await place();
    // A folder cannot have the long name that one of them would have.
    const rows = [...edgeRows().filter(({ s }) => s.length < 100), ...manyRows(400)];
    await withEnv(realS3Env(), async () => {
      const store = openS3Lake({ bucket: at.bucket, prefix: "lake" });
      const files = new TableFiles(store, `s3://${at.bucket}/lake`, "everything");
      const catalog = new RestCatalog({
        uri: at.rest,
        namespace: at.namespace,
        table: "everything",
      });
      const schema = newSchema(EVERY_TYPE);
      const spec = partitionSpec(partitionBy, EVERY_TYPE, schema);
      await catalog.create(newTable({ location: files.location, schema, spec }));
      const size = Math.ceil(rows.length / COMPRESSIONS.length);
      for (const [i, compression] of COMPRESSIONS.entries()) {
        const first = i * size;
        const part = rows.slice(first, first + size);
        const facts = await putFiles(files, part, {
          stem: `topic-3-${first}`,
          partitionBy,
          compression,
          fieldIds: fieldIds("everything", schema, EVERY_TYPE),
        });
        const range = {
          partition: 3,
          first,
          end: first + part.length,
          files: (
            { metadata }: Parameters<Parameters<typeof takeRanges>[0]["ranges"][0]["files"]>[0],
          ) =>
            facts.map((file) => ({
              specId: 0,
              file: dataFile(file, currentSchema(metadata), specOf(metadata)),
            })),
        };
        const log = { id: "0123456789ab", description: "topic" };
        await takeRanges({ catalog, files, table: "everything", log, ranges: [range] });
      }
      store.close();
    });
    const key = (row: Record<string, unknown>) => JSON.stringify(row);
    const without = ({ kafka_offset: _, ...row }: Record<string, unknown>) => row;
    const found = rowsAsRecords(await at.ask("SELECT * FROM everything")).map(without);
    const wanted = rows.map((row, i) => without(expected(row, i)));
    assert.deepEqual(found.map(key).sort(), wanted.map(key).sort());
    const [[count]] =
      (await at.ask("SELECT count(*) FROM everything WHERE s = 'S3' AND n > 0")).rows;
    assert.equal(count, rows.filter(({ s, n }) => s === "S3" && n > 0).length);
  });
}

serviceTest(
  "a table with Trino's delete files is not queried locally as if nothing was deleted",
  NEEDS,
  async () => {
    await using at = await place();
    await at.ask(`CREATE SCHEMA ${at.namespace}`);
    await at.ask(
      `CREATE TABLE part WITH (location = 's3://${at.bucket}/lake/part') AS
    SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (3, 'c')) AS t (n, s)`,
    );
    const listed = () =>
      withEnv(realS3Env(), async () => {
        const store = openS3Lake({ bucket: at.bucket, prefix: "lake" });
        const files = new TableFiles(store, `s3://${at.bucket}/lake`, "part");
        const catalog = new RestCatalog({ uri: at.rest, namespace: at.namespace, table: "part" });
        const lake = new IcebergLake(catalog, files, "part");
        try {
          return await Array.fromAsync(lake.list(""));
        } finally {
          lake.close();
        }
      });
    assert.ok((await listed()).length > 0);
    await at.ask("DELETE FROM part WHERE n = 2");
    await assert.rejects(listed, (error) => {
      assert.ok(error instanceof Failure);
      assert.match(error.message, /deleted rows of table \S+ with delete files/);
      assert.match(error.fix!, /OPTIMIZE/);
      return true;
    });
    await at.ask("ALTER TABLE part EXECUTE optimize");
    assert.ok((await listed()).length > 0);
  },
);
