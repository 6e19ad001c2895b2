import assert from "node:assert/strict";
import { recordMigration } from "../../mod/table/hive/migrated.ts";
import { partitionSpec } from "../../mod/table/iceberg/partition_spec.ts";
import { newTable } from "../../mod/table/iceberg/new_table.ts";
import { newSchema } from "../../mod/table/iceberg/iceberg_schema.ts";
import type { TableCatalog } from "../../mod/table/iceberg/catalog.ts";
import { DirectoryCatalog } from "../../mod/table/iceberg/catalogs/directory.ts";
import { GlueTableCatalog } from "../../mod/table/iceberg/catalogs/glue.ts";
import { RestCatalog } from "../../mod/table/iceberg/catalogs/rest.ts";
import { logId } from "../../mod/table/iceberg/position.ts";
import { takeRanges } from "../../mod/table/iceberg/take_ranges.ts";
import { logKey } from "../../mod/table/log_key.ts";
import { withEnv } from "../lake/s3_bucket.ts";
import { killedAnywhere } from "../repair/iceberg_place.ts";
import { awsEnv, serviceTest, uniqueName } from "../services/services.ts";
import { startCheckingGlue } from "../table/iceberg/checking_glue.ts";
import { fakeRange } from "../table/iceberg/fake_range.ts";
import { quotes, rows } from "../sink/run_sink.ts";
import { MigratePlace, type PlaceOptions } from "./migrate_place.ts";

const DIRECTORY: PlaceOptions = {
  root: "file:///lake",
  newCatalog: (files) => new DirectoryCatalog(files),
};

/** Killed at any change and repeated: no object is rewritten, and each offset of each log is there once. */
async function killed(options: PlaceOptions): Promise<void> {
  const origin = await MigratePlace.filled(options);
  const hive = [...origin.lake.objects];
  const run = async (place: MigratePlace) => void await place.migrate();
  await killedAnywhere(origin, run, async (place, when) => {
    assert.equal((await place.migrate()).state, "unchanged", when);
    await place.proved(when);
    const kept = hive.filter(([name, bytes]) => place.lake.objects.get(name) === bytes);
    // Dead letters that were put and never taken are gone.
    assert.equal(kept.length, hive.length - 1, when);
    const parquet = (names: Iterable<string>) =>
      [...names].filter((name) => name.endsWith(".parquet")).length;
    assert.equal(parquet(place.lake.objects.keys()), parquet(origin.lake.objects.keys()), when);
  });
}

Deno.test("a migration to Iceberg, killed at any change and repeated, takes each row in once: a directory catalog", () =>
  killed(DIRECTORY));

serviceTest(
  "a migration to Iceberg, killed at any change and repeated, takes each row in once: a REST catalog",
  { needs: ["iceberg-rest"], sanitizeResources: false, sanitizeOps: false },
  async () => {
    const folder = await Deno.makeTempDir();
    const uri = Deno.env.get("TEST_ICEBERG_REST")!;
    await killed({
      root: `file://${folder}`,
      newCatalog() {
        const namespace = uniqueName("lake").replaceAll("-", "_");
        return new RestCatalog({ uri, namespace, table: quotes.table });
      },
    });
    await Deno.remove(folder, { recursive: true });
  },
);

serviceTest(
  "a migration to Iceberg, killed at any change and repeated, takes each row in once: Glue",
  { needs: ["aws"], sanitizeResources: false, sanitizeOps: false },
  async () => {
    await using glue = startCheckingGlue(awsEnv().AWS_ENDPOINT_URL);
    await withEnv({ ...awsEnv(), AWS_ENDPOINT_URL_GLUE: glue.endpoint }, () =>
      killed({
        root: "s3://bucket/lake",
        newCatalog(files) {
          const database = uniqueName("lake").replaceAll("-", "_");
          return new GlueTableCatalog(files, database, quotes.table);
        },
      }));
  },
);

Deno.test("two migrations at once take each row in once, and consume continues where they end", async () => {
  const place = await MigratePlace.filled(DIRECTORY);
  await Promise.all([place.migrate(), place.migrate()]);
  await place.proved("both");
  const [, log] = place.logs;
  log.partitions[0].push(...rows(9));
  await place.consume(log);
  await place.proved("consumed");
});

/** Takes rows of the second log into the Iceberg table, as a consume does. */
async function takeRows({ files, logs }: MigratePlace, catalog: TableCatalog): Promise<void> {
  const key = await logKey({ topic: "quotes", ...logs[1].identity });
  const ranges = [fakeRange(files, 0, 0, 10)];
  const log = { id: logId(key, "quotes"), description: "topic quotes" };
  await takeRanges({ catalog, files, table: quotes.table, log, ranges });
}

Deno.test("a migration is refused where the Iceberg table has some of the rows already, and changes nothing", async () => {
  const place = await MigratePlace.filled(DIRECTORY);
  const { catalog, files } = place;
  // As release 0.1.0 left it, which did not refuse to write both tables.
  const schema = newSchema(quotes);
  const spec = partitionSpec("dt", quotes, schema);
  await catalog.create(newTable({ location: files.location, schema, spec }));
  await takeRows(place, catalog);
  await place.refused(/already has rows of quotes that were not migrated/);
});

Deno.test("a migration is refused where a consume that was running writes some of the rows in the meantime", async () => {
  let isOver = false;
  const place: MigratePlace = await MigratePlace.filled({
    root: DIRECTORY.root,
    newCatalog(files) {
      const catalog = new DirectoryCatalog(files);
      const { commit } = catalog;
      catalog.commit = async (base, updates) => {
        if (!isOver) {
          isOver = true;
          await takeRows(place, catalog);
        }
        return await commit.call(catalog, base, updates);
      };
      return catalog;
    },
  });
  await assert.rejects(place.migrate(), /already has rows of quotes that were not migrated/);
  assert.ok(isOver);
});

Deno.test("a migration of what verify finds fault with is refused, and the Hive table stays as it was", async () => {
  const place = await MigratePlace.filled(DIRECTORY);
  const all = [...place.lake.objects.keys()];
  // The only object of its range.
  const rangeOf = (name: string) => /\d{16}-\d{16}-\w+/.exec(name)?.[0];
  const isAlone = (name: string) =>
    all.filter((one) => rangeOf(one) === rangeOf(name)).length === 1;
  const name = all.find((name) => name.endsWith(".parquet") && isAlone(name))!;
  const bytes = place.lake.objects.get(name)!;
  place.lake.objects.delete(name);
  await place.refused(/not at all/);
  place.lake.objects.set(name, bytes.slice(0, 40));
  await place.refused(/cannot be read|Parquet/);
  place.lake.objects.set(name, bytes);
  await place.migrate();
  await place.proved("repaired");
});

Deno.test("consume into the Iceberg table is refused until an interrupted migration is completed", async () => {
  const place = await MigratePlace.filled(DIRECTORY);
  await recordMigration(place.lake, quotes.table);
  const [, log] = place.logs;
  await assert.rejects(
    place.consume(log),
    /migration of table index_quotes .* was interrupted, or the Iceberg table was dropped/,
  );
  await place.migrate();
  log.partitions[0].push(...rows(5));
  await place.consume(log);
  await place.proved("consumed");
});
