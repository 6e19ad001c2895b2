import assert from "node:assert/strict";
import { openDirectoryLake } from "../../../mod/lake/directory.ts";
import { DirectoryCatalog } from "../../../mod/table/iceberg/catalogs/directory.ts";
import { dataFile } from "../../../mod/table/iceberg/data_file.ts";
import { fieldIds, newSchema } from "../../../mod/table/iceberg/iceberg_schema.ts";
import { currentSchema, specOf } from "../../../mod/table/iceberg/metadata.ts";
import { newTable } from "../../../mod/table/iceberg/new_table.ts";
import { partitionSpec } from "../../../mod/table/iceberg/partition_spec.ts";
import { TableFiles } from "../../../mod/table/iceberg/table_files.ts";
import { takeRanges } from "../../../mod/table/iceberg/take_ranges.ts";
import { edgeRows, EVERY_TYPE, manyRows, TIMESTAMP_MS } from "../../lake/format/sample_rows.ts";
import { serviceTest } from "../../services/services.ts";
import { putFiles } from "./real_range.ts";
import { readTable } from "./readers.ts";

const HOUR_MS = 3_600_000;

/** Writes rows as ranges of some rows each into a new table of a folder. */
async function tableOf(rows: unknown[], partitionBy: string, rangeRows: number) {
  const home = await Deno.makeTempDir();
  const store = openDirectoryLake(home);
  const files = new TableFiles(store, `file://${home}`, "everything");
  const catalog = new DirectoryCatalog(files);
  const schema = newSchema(EVERY_TYPE);
  const spec = partitionSpec(partitionBy, EVERY_TYPE, schema);
  await catalog.create(newTable({ location: files.location, schema, spec }));
  for (let first = 0; first < rows.length; first += rangeRows) {
    const part = rows.slice(first, first + rangeRows);
    const facts = await putFiles(files, part, {
      stem: `topic-3-${first}`,
      partitionBy,
      fieldIds: fieldIds("everything", schema, EVERY_TYPE),
      timestampMs: (row) => TIMESTAMP_MS + (first + row) * HOUR_MS,
    });
    await takeRanges({
      catalog,
      files,
      table: "everything",
      log: { id: "0123456789ab", description: "topic" },
      ranges: [{
        partition: 3,
        first,
        end: first + part.length,
        files: ({ metadata }) =>
          facts.map((file) => ({
            specId: 0,
            file: dataFile(file, currentSchema(metadata), specOf(metadata)),
          })),
      }],
    });
  }
  const { metadataFile, metadata } = (await catalog.load())!;
  return { home, catalog, files, metadata, path: metadataFile.replace("file://", "") };
}

/** Partitionings, each with a filter that few of its files can have rows of. */
const CASES = [
  ["dt", "kafka_timestamp < '2026-11-25T00:00:00+00:00'", 1],
  ["s,year(d)", "s = 'S3'", 3],
  ["month(t),bucket(n,4),bucket(s,3)", "n = 7", 3],
  ["day(od),bucket(d,2),bucket(ot,2),dt,hour", "kafka_timestamp < '2026-11-24T11:00:00+00:00'", 3],
] as const;

for (const [partitionBy, pruning, files] of CASES) {
  serviceTest(`pyiceberg and DuckDB read what was written, by ${partitionBy}`, {
    needs: ["iceberg-readers"],
  }, async () => {
    // A folder cannot have the long name that one of them would have.
    const rows = [...edgeRows().filter(({ s }) => s.length < 100), ...manyRows(61)];
    const { home, path } = await tableOf(rows, partitionBy, 22);
    try {
      const filters = ["kafka_offset >= 1010", "s = 'S3'", "d < '2000-01-01'", "ox IS NULL"];
      const read = await readTable(path, [...filters, pruning]);
      const wanted = rows.map(({ s, n, x, d, on, od }) => ({
        s,
        n,
        x,
        d,
        on: on ?? null,
        od: od ?? null,
      }));
      for (const reader of ["pyiceberg", "duckdb"] as const) {
        const found = read[reader].map(({ s, n, x, d, on, od }) => ({ s, n, x, d, on, od }));
        const key = (row: unknown) => JSON.stringify(row);
        assert.deepEqual(found.map(key).sort(), wanted.map(key).sort(), reader);
      }
      assert.equal(read.filters["s = 'S3'"][0], rows.filter(({ s }) => s === "S3").length);
      for (const [filter, [rows, , duckdbRows]] of Object.entries(read.filters)) {
        assert.equal(rows, duckdbRows, filter);
      }
      assert.equal(read.filters[pruning][1], files, `files that ${pruning} needs`);
      assert.equal(read.snapshots, 3);
      assert.equal(read.properties["ticklake.position.0123456789ab.3"], `0-${rows.length}`);
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  });
}
