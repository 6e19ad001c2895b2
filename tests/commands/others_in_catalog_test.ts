import assert from "node:assert/strict";
import { loadSettings } from "../../mod/config/load.ts";
import { openIceberg } from "../../mod/commands/open_iceberg.ts";
import { openLake } from "../../mod/commands/open_lake.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import type { TableCatalog } from "../../mod/table/iceberg/catalog.ts";
import { newTable } from "../../mod/table/iceberg/new_table.ts";
import type { TableFiles } from "../../mod/table/iceberg/table_files.ts";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { realS3Env, runTicklake, serviceTest, uniqueName } from "../services/services.ts";
import { ConsumePlace, quotes, withEmbedded } from "./consume_place.ts";

/** Works with the place's catalog, as another program does. */
async function withCatalog<T>(
  { cwd, env }: ConsumePlace,
  work: (catalog: TableCatalog, files: TableFiles) => Promise<T>,
): Promise<T> {
  return await withEnv(env, async () => {
    const { settings } = loadSettings({ flags: { home: `${cwd}/.ticklake` }, environment: env });
    const store = await openLake(settings);
    const { catalog, files } = await openIceberg(settings, await loadSchema(undefined), store);
    try {
      return await work(catalog, files);
    } finally {
      catalog.close();
      store.close();
    }
  });
}

const loaded = (place: ConsumePlace) => withCatalog(place, (catalog) => catalog.load());

/** A table of two columns, where consume would create its own. */
async function createTableOfOthers(place: ConsumePlace): Promise<void> {
  const field = (id: number, name: string, type: string) => ({ id, name, required: false, type });
  await withCatalog(place, async (catalog, { location }) => {
    const schema = {
      type: "struct" as const,
      "schema-id": 0,
      fields: [field(1, "index", "string"), field(2, "close", "double")],
    };
    const made = newTable({ location, schema, spec: { "spec-id": 0, fields: [] } });
    assert.ok(await catalog.create({ ...made, properties: { owner: "another program" } }));
  });
}

type Refusals = ReadonlyArray<readonly [words: readonly string[], code: number]>;

/** Of every catalog. */
const FEW: Refusals = [
  [["setup-catalog", "--delete"], 1],
  [["setup-catalog"], 1],
  [["consume", "--until-end"], 2],
  [["verify"], 1],
  [["doctor"], 3],
];

/** Every command that writes a table, or judges it. */
const ALL: Refusals = [
  ...FEW,
  [["setup-catalog", "--relocate"], 1],
  [["setup-catalog", "--migrate"], 1],
  [["reset", "--to", "earliest"], 2],
  [["maintain"], 1],
  [["repair"], 1],
  [["status"], 0],
];

async function refusesTableOfOthers(place: ConsumePlace, refusals: Refusals): Promise<void> {
  await place.send(quotes(5));
  await createTableOfOthers(place);
  const before = (await loaded(place))!;
  const objects = await place.objects();
  const run = (...words: string[]) => runTicklake(words, place);
  const isOthers =
    /table (index_quotes in .* )?was made by another program: it has no column kafka_partition\n +fix: /;
  for (const [words, code] of refusals) {
    const told = await run(...words);
    assert.equal(told.code, code, `${words}: ${told.stdout}${told.stderr}`);
    assert.match(told.stdout + told.stderr, isOthers, words.join(" "));
    assert.doesNotMatch(told.stdout, /^ok: 0/m);
  }
  const after = (await loaded(place))!;
  assert.deepEqual(after.metadata, before.metadata);
  assert.deepEqual(await place.objects(), objects);
}

const DELETE = ["setup-catalog", "--delete"];

/** Without rows, with them, and again. */
async function deletesItsOwn(place: ConsumePlace): Promise<void> {
  await withCatalog(place, (catalog) => catalog.drop());
  for (const fill of [["setup-catalog"], ["consume", "--until-end"]]) {
    const filled = await runTicklake(fill, place);
    assert.equal(filled.code, 0, filled.stderr);
    const deleted = await runTicklake(DELETE, place);
    assert.equal(deleted.code, 0, deleted.stderr);
    assert.equal(await loaded(place), undefined);
  }
  assert.match((await runTicklake(DELETE, place)).stdout, /absent/);
}

Deno.test("a table of another program is refused by every command, and not dropped; its own is (a directory)", () =>
  withEmbedded(async (place) => {
    place.env.TICKLAKE_TABLE_FORMAT = "iceberg";
    await refusesTableOfOthers(place, ALL);
    await deletesItsOwn(place);
  }));

serviceTest(
  "a table of another program is refused by every command, and not dropped (a folder in S3)",
  { needs: ["real-s3"], sanitizeOps: false, sanitizeResources: false },
  () =>
    withEmbedded(async ({ cwd }) => {
      const s3 = realS3Env();
      const AWS_S3_BUCKET = await withEnv(s3, newBucket);
      const place = new ConsumePlace(cwd, undefined, { ...s3, AWS_S3_BUCKET });
      Object.assign(place.env, {
        TICKLAKE_TABLE_FORMAT: "iceberg",
        TICKLAKE_ICEBERG_CATALOG: "directory",
      });
      await refusesTableOfOthers(place, FEW);
    }),
);

serviceTest(
  "a table of another program is refused by every command, and not dropped; its own is (a REST catalog)",
  { needs: ["iceberg-rest"], sanitizeOps: false, sanitizeResources: false },
  () =>
    withEmbedded(async (place) => {
      Object.assign(place.env, {
        TICKLAKE_TABLE_FORMAT: "iceberg",
        ICEBERG_REST_URI: Deno.env.get("TEST_ICEBERG_REST")!,
        TICKLAKE_DATABASE: uniqueName("others").replaceAll("-", "_"),
      });
      await refusesTableOfOthers(place, FEW);
      await deletesItsOwn(place);
    }),
);
