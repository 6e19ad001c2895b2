import assert from "node:assert/strict";
import type { Compression } from "../../mod/lake/format/compression.ts";
import { openS3Lake } from "../../mod/lake/s3.ts";
import { RestCatalog } from "../../mod/table/iceberg/catalogs/rest.ts";
import { dataFile } from "../../mod/table/iceberg/data_file.ts";
import { fieldIds, newSchema } from "../../mod/table/iceberg/iceberg_schema.ts";
import { currentSchema, specOf } from "../../mod/table/iceberg/metadata.ts";
import { newTable } from "../../mod/table/iceberg/new_table.ts";
import { partitionSpec } from "../../mod/table/iceberg/partition_spec.ts";
import { TableFiles } from "../../mod/table/iceberg/table_files.ts";
import { liveEntries } from "../../mod/table/iceberg/live_entries.ts";
import { takeRanges } from "../../mod/table/iceberg/take_ranges.ts";
import { expected } from "../lake/format/read_back.ts";
import { edgeRows, EVERY_TYPE, manyRows } from "../lake/format/sample_rows.ts";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { realS3Env, runTicklake, serviceTest, uniqueName } from "../services/services.ts";
import { askTrino, createRestCatalog, dropCatalog } from "../services/trino/trino_client.ts";
import { addDeletes } from "../table/iceberg/add_deletes.ts";
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

/** Delete files of the current snapshot, by Trino. */
const DELETE_FILES = 'SELECT count(*) FROM "index_quotes$files" WHERE content <> 0';

const EXPIRE = "ALTER TABLE index_quotes EXECUTE expire_snapshots(retention_threshold => '0s')";

/** The program on a place's table, with an embedded log. */
async function program({ bucket, rest, namespace }: Awaited<ReturnType<typeof place>>) {
  const home = await Deno.makeTempDir();
  const env = {
    ...realS3Env(),
    AWS_S3_BUCKET: bucket,
    TICKLAKE_TABLE_FORMAT: "iceberg",
    ICEBERG_REST_URI: rest,
    TICKLAKE_DATABASE: namespace,
  };
  const ok = async (...words: string[]) => {
    const args = [...words, "--home", home, "--json"];
    const { code, stdout, stderr } = await runTicklake(args, { env });
    assert.equal(code, 0, stdout + stderr);
    return { ...JSON.parse(stdout), stderr };
  };
  const query = async (sql: string) => {
    const args = ["query", sql, "--engine", "local", "--home", home, "--json"];
    const { code, stdout, stderr } = await runTicklake(args, { env });
    assert.equal(code, 0, stdout + stderr);
    return JSON.parse(stdout);
  };
  return { ok, query, [Symbol.asyncDispose]: () => Deno.remove(home, { recursive: true }) };
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
  "rows that Trino has deleted are named by verify and left out by the local engine, before and after OPTIMIZE and maintain",
  NEEDS,
  async () => {
    await using at = await place();
    await using lake = await program(at);
    const { ok, query } = lake;
    await ok("produce", "--mode", "replay", "--rate", "max");
    await ok("consume", "--until-end", "--flush-rows", "1000");
    const SENT = 10_490;
    const SUMS = "SELECT count(*) AS n, sum(kafka_offset) AS o, sum(volume) AS v FROM index_quotes";
    const agreed = async (when: string) => {
      const { rows: [trino], columns } = await at.ask(SUMS);
      const wanted = Object.fromEntries(columns.map(({ name }, i) => [name, Number(trino[i])]));
      assert.deepEqual(await query(SUMS), [wanted], when);
      return wanted.n;
    };
    assert.equal(await agreed("whole"), SENT);
    for (const where of ["kafka_offset % 7 = 3", "kafka_offset BETWEEN 100 AND 250"]) {
      const { rows: deleted } = await at.ask(
        `SELECT kafka_partition, kafka_offset FROM index_quotes WHERE ${where}`,
      );
      const before = await ok("verify", "--deep");
      await at.ask(`DELETE FROM index_quotes WHERE ${where}`);
      const after = await ok("verify", "--deep");
      assert.deepEqual([after.ok, after.missing, after.unproven], [true, 0, 0]);
      assert.equal(after.deleted, before.deleted + deleted.length, where);
      const named = (partition: number, offset: number) =>
        after.partitions.find((one: { partition: number }) => one.partition === partition)
          .deleted.some(({ first, last }: { first: number; last: number }) =>
            first <= offset && last >= offset
          );
      assert.ok(deleted.every(([partition, offset]) => named(Number(partition), Number(offset))));
      assert.equal(await agreed(where), after.found);
    }
    const { deleted } = await ok("verify");
    await at.ask("ALTER TABLE index_quotes EXECUTE optimize");
    const compacted = await ok("verify", "--deep");
    assert.deepEqual([compacted.ok, compacted.unproven, compacted.deleted], [true, 0, deleted]);
    assert.equal(await agreed("optimized"), SENT - deleted);
    // Nothing is brought back, and the writer goes on.
    assert.deepEqual((await ok("repair", "--dry-run")).partitions ?? [], []);
    await ok("produce", "--mode", "replay", "--rate", "max");
    assert.equal((await ok("consume", "--until-end")).written, SENT);
    assert.equal(await agreed("further"), 2 * SENT - deleted);
    // A partition of which all rows are deleted.
    await at.ask("DELETE FROM index_quotes WHERE kafka_partition = 0");
    await agreed("a partition");
    // What Trino has deleted by delete files is applied.
    const before = await agreed("before maintain");
    const [[deleteFiles]] = (await at.ask(DELETE_FILES)).rows;
    assert.ok(Number(deleteFiles) > 0);
    const { parts, deleteFiles: applied } = await ok("maintain");
    assert.ok(parts > 0);
    assert.equal(applied, deleteFiles);
    assert.deepEqual((await at.ask(DELETE_FILES)).rows, [[0]]);
    assert.equal(await agreed("maintained"), before);
    const verdict = await ok("verify", "--deep");
    assert.deepEqual([verdict.ok, verdict.missing, verdict.found], [true, 0, before]);
    // And known by number once the snapshots have expired; nothing is brought back.
    await at.ask(EXPIRE);
    const expired = await ok("verify", "--deep");
    assert.deepEqual([expired.ok, expired.missing], [true, 0]);
    assert.deepEqual([expired.deleted, expired.found], [verdict.deleted, before]);
    assert.deepEqual((await ok("repair")).partitions ?? [], []);
    // Trino goes on with the files that were written.
    await at.ask("DELETE FROM index_quotes WHERE kafka_offset = 5000");
    await at.ask("ALTER TABLE index_quotes EXECUTE optimize");
    await agreed("optimized again");
    // Trino reads equality deletes, and does not write them.
    const gone = Number(
      (await at.ask("SELECT count(*) FROM index_quotes WHERE \"index\" = 'HSI'")).rows,
    );
    assert.ok(gone > 0);
    await withEnv(realS3Env(), async () => {
      const store = openS3Lake({ bucket: at.bucket, prefix: "ticklake" });
      const files = new TableFiles(store, `s3://${at.bucket}/ticklake`, "index_quotes");
      const { rest: uri, namespace } = at;
      const catalog = new RestCatalog({ uri, namespace, table: "index_quotes" });
      const { entries: [entry] } = await liveEntries((await catalog.load())!, files);
      await addDeletes(catalog, files, entry, { columns: ["index"], values: [["HSI"]] });
      store.close();
    });
    const left = await agreed("by values");
    assert.equal((await ok("maintain")).deleteFiles, 1);
    assert.equal(await agreed("maintained again"), left);
  },
);
