import assert from "node:assert/strict";
import { Failure } from "../../../mod/failure/failure.ts";
import { openS3Lake } from "../../../mod/lake/s3.ts";
import type { StoreOptions } from "../../../mod/lake/store.ts";
import { DirectoryCatalog } from "../../../mod/table/iceberg/catalogs/directory.ts";
import { createTable } from "../../../mod/table/iceberg/create_table.ts";
import { newSchema } from "../../../mod/table/iceberg/iceberg_schema.ts";
import { newTable } from "../../../mod/table/iceberg/new_table.ts";
import { partitionSpec } from "../../../mod/table/iceberg/partition_spec.ts";
import { positionsOf } from "../../../mod/table/iceberg/position.ts";
import { setUpTable } from "../../../mod/table/iceberg/setup_table.ts";
import { TableFiles } from "../../../mod/table/iceberg/table_files.ts";
import { takeRanges } from "../../../mod/table/iceberg/take_ranges.ts";
import { S3FaultProxy } from "../../faults/s3_fault_proxy.ts";
import { newBucket, withEnv } from "../../lake/s3_bucket.ts";
import { realS3Env, serviceTest } from "../../services/services.ts";
import { MemoryLake } from "../../sink/memory_lake.ts";
import { fakeRange } from "./fake_range.ts";
import { quotesSchema } from "./quotes_schema.ts";

const log = { id: "0123456789ab", description: "topic quotes" };

async function newMetadata(files: TableFiles) {
  const schema = await quotesSchema();
  const tableSchema = newSchema(schema);
  const spec = partitionSpec("none", schema, tableSchema);
  return newTable({ location: files.location, schema: tableSchema, spec });
}

const commit = (files: TableFiles, catalog: DirectoryCatalog, first: number) =>
  takeRanges({
    catalog,
    files,
    table: "index_quotes",
    log,
    ranges: [fakeRange(files, 0, first, first + 10)],
    patienceMs: 0,
  });

/** A table with two commits in the real S3, behind a proxy. */
async function inS3(
  run: (files: TableFiles, proxy: S3FaultProxy) => Promise<void>,
  commits = 2,
): Promise<void> {
  const s3 = realS3Env();
  using proxy = new S3FaultProxy(() => Number(new URL(s3.AWS_ENDPOINT_URL).port));
  await withEnv({ ...s3, AWS_ENDPOINT_URL: proxy.url }, async () => {
    const store = openS3Lake({ bucket: await newBucket(), prefix: "lake" });
    const files = new TableFiles(store, "s3://bucket/lake", "index_quotes");
    const catalog = new DirectoryCatalog(files);
    if (commits > 0) {
      await createTable({ catalog, files, table: "index_quotes" }, await newMetadata(files));
    }
    for (let i = 0; i < commits; i++) await commit(files, catalog, i * 10);
    await run(files, proxy);
    store.close();
  });
}

const s3Test = (name: string, run: () => Promise<void>) =>
  serviceTest(name, { needs: ["real-s3"], sanitizeResources: false, sanitizeOps: false }, run);

const names = async ({ store }: TableFiles) =>
  (await Array.fromAsync(store.list(""))).map(({ name }) => name).sort();

s3Test(
  "a directory catalog that may not be read is not taken for one without the table",
  () =>
    inS3(async (files, proxy) => {
      const before = await names(files);
      for (
        const error of [[400, "InvalidRequest"], [403, "AccessDenied"], [
          405,
          "MethodNotAllowed",
        ]] as const
      ) {
        for (const what of [/metadata\/v/, /version-hint/, /metadata\/v1\./]) {
          proxy.treat = ({ method, target }) =>
            method === "GET" && what.test(target) ? { error } : undefined;
          const catalog = new DirectoryCatalog(files);
          const schema = await quotesSchema();
          const setUp = setUpTable({ catalog, files, schema, partitionBy: "none", dryRun: false });
          if (what.source.includes("v1")) {
            // The hint leads past the first version.
            assert.equal((await setUp).state, "unchanged");
          } else await assert.rejects(setUp, Failure, `${error} ${what}`);
          await assert.rejects(
            commit(files, new DirectoryCatalog(files), 10).then(() => commit(files, catalog, 99)),
            Failure,
          );
        }
      }
      proxy.treat = () => undefined;
      assert.deepEqual(await names(files), before, "nothing was created");
      const { metadata } = (await new DirectoryCatalog(files).load())!;
      assert.equal(positionsOf(metadata, log.id).get(0)!.end, 20);
    }),
);

s3Test(
  "a create whose answer is lost, and that S3 then refuses, is the table",
  () =>
    inS3(async (files, proxy) => {
      let lost = 0;
      proxy.treat = ({ method, target }) =>
        method === "PUT" && target.includes("/v1.metadata.json")
          ? { after: () => Promise.resolve(lost++ === 0) }
          : undefined;
      const made = await newMetadata(files);
      const { base, isNew } = await createTable({
        catalog: new DirectoryCatalog(files),
        files,
        table: "index_quotes",
      }, made);
      assert.deepEqual([lost, isNew], [2, false]);
      assert.equal(base.metadata["table-uuid"], made["table-uuid"]);
    }, 0),
);

s3Test("creators at once have one table", () =>
  inS3(async (files) => {
    const bases = await Promise.all(Array.from({ length: 6 }, async () =>
      createTable(
        { catalog: new DirectoryCatalog(files), files, table: "index_quotes" },
        await newMetadata(files),
      )));
    assert.equal(
      bases.filter(({ isNew }) => isNew).length,
      1,
    );
    assert.equal(new Set(bases.map(({ base }) => base.metadata["table-uuid"])).size, 1);
  }, 0));

for (const [version, commits] of [[1, 0], [3, 1]] as const) {
  s3Test(
    `S3 that refuses version ${version} because it exists, and does not have it, is reported`,
    () =>
      inS3(async (files, proxy) => {
        // What a crash of versitygw leaves: the object's attributes without its data.
        proxy.treat = ({ method, target }) =>
          method === "PUT" && target.includes(`/v${version}.metadata.json`)
            ? { error: [412, "PreconditionFailed"] }
            : undefined;
        const catalog = new DirectoryCatalog(files);
        const change = async () =>
          commits === 0
            ? await createTable({ catalog, files, table: "index_quotes" }, await newMetadata(files))
            : await commit(files, catalog, 10);
        await assert.rejects(change, (error) => {
          assert.ok(error instanceof Failure, `${error}`);
          assert.equal(error.kind, "service");
          assert.match(
            error.message,
            /refuses to create \S+\/v\d\.metadata\.json because it exists/,
          );
          assert.match(
            error.fix!,
            /crash of the storage server .* put any object .* and remove it/,
          );
          return true;
        });
        proxy.treat = () => undefined;
        await change();
      }, commits),
  );
}

Deno.test("a catalog that has a table only when it is to be created is reported", async () => {
  const files = new TableFiles(new MemoryLake(), "file:///lake", "index_quotes");
  const schema = await quotesSchema();
  const catalog = new DirectoryCatalog(files);
  catalog.create = () => Promise.resolve(false);
  const says = (error: unknown) =>
    error instanceof Failure && error.kind === "service" &&
    /refuses to create table index_quotes because it exists, but has no such table/.test(
      error.message,
    );
  await assert.rejects(
    createTable({ catalog, files, table: "index_quotes" }, await newMetadata(files)),
    says,
  );
  await assert.rejects(
    setUpTable({ catalog, files, schema, partitionBy: "none", dryRun: false }),
    says,
    "it does not try for ever",
  );
});

Deno.test("without its version hint and first versions the table is found all the same", async () => {
  const files = new TableFiles(new MemoryLake(), "file:///lake", "index_quotes");
  const catalog = new DirectoryCatalog(files);
  await createTable({ catalog, files, table: "index_quotes" }, await newMetadata(files));
  for (let i = 0; i < 3; i++) await commit(files, catalog, i * 10);
  for (const name of ["version-hint.text", "v1.metadata.json", "v2.metadata.json"]) {
    await files.store.remove(`index_quotes/metadata/${name}`);
  }
  const found = await new DirectoryCatalog(files).load();
  assert.equal(found?.version, 4);
  await new DirectoryCatalog(files).drop();
  assert.equal(await new DirectoryCatalog(files).load(), undefined);
});

Deno.test("a hint ahead of the table, or of another program, does not hide it", async () => {
  const files = new TableFiles(new MemoryLake(), "file:///lake", "index_quotes");
  const catalog = new DirectoryCatalog(files);
  await createTable({ catalog, files, table: "index_quotes" }, await newMetadata(files));
  await commit(files, catalog, 0);
  for (const hint of ["7", "not a number", "", "-1", "1.5", "99999999999999999999"]) {
    const bytes = new TextEncoder().encode(hint);
    await files.store.put("index_quotes/metadata/version-hint.text", bytes);
    assert.equal((await new DirectoryCatalog(files).load())?.version, 2, hint);
  }
});

Deno.test("a read that is refused for good leaves a table in memory as it is", async () => {
  class Refusing extends MemoryLake {
    refuses = false;
    override get(name: string, options?: StoreOptions): Promise<Uint8Array> {
      if (!this.refuses) return super.get(name, options);
      return Promise.reject(new Failure("failed", `cannot read ${name}`));
    }
  }
  const lake = new Refusing();
  const files = new TableFiles(lake, "file:///lake", "index_quotes");
  await createTable(
    { catalog: new DirectoryCatalog(files), files, table: "index_quotes" },
    await newMetadata(files),
  );
  lake.refuses = true;
  await assert.rejects(new DirectoryCatalog(files).load(), /cannot read/);
});
