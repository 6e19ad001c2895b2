import assert from "node:assert/strict";
import { byName, highestCloses, SHIPPED } from "../docs/shipped_quotes.ts";
import { snippet, statementsOf } from "../docs/snippet.ts";
import { wordsOf } from "../docs/words_of.ts";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { awsEnv, runTicklake, serviceTest, uniqueName } from "../services/services.ts";
import { sparkSql } from "../services/spark/spark.ts";

const PAGE = "docs/iceberg.md";

/** Columns of the rows that are compared, in the order of the shipped file's. */
const COLUMNS = "index, date, open, high, low, close, adj_close, volume, close_usd";

/** A row such that equal numbers look alike, of whichever program they are. */
const plain = (row: readonly string[]) =>
  row.map((value, i) => i < 2 ? value : Number(value)).join();

/** Whether the page's DELETE takes a row; ISO dates compare as text. */
const isDeleted = ([index, date]: readonly string[]) => index === "NYA" && date < "2022-06-01";

const LEFT = SHIPPED.filter((row) => !isDeleted(row));

/** What `verify --deep` finds when the quotes have come twice, and the DELETE between. */
const VERIFIED = {
  ...{ ok: true, missing: 0, duplicate: 0, unproven: 0 },
  found: LEFT.length + SHIPPED.length,
  deleted: SHIPPED.length - LEFT.length,
};

/** Words of the page's command line behind `spark-sql`, with what `replace` makes of its paths. */
function argumentsOf(catalog: string, replace: [string, string]): string[] {
  const line = snippet(PAGE, "sh spark", `type=${catalog}`).replaceAll("\\\n", " ");
  const [program, option, packages, ...args] = wordsOf(line.replaceAll(...replace));
  assert.deepEqual([program, option], ["spark-sql", "--packages"]);
  assert.ok(args.some((word) => word.endsWith(replace[1])), `${replace[0]} in ${line}`);
  for (const coordinates of packages.split(",")) {
    // Spark would fetch them into the user's home; the tests' have come with Spark.
    const [, artifact, version] = coordinates.split(":");
    Deno.statSync(`${Deno.env.get("TEST_SPARK")}/jars/${artifact}-${version}.jar`);
  }
  return args;
}

/** Where a test's table is, and how Spark gets there. */
interface Place {
  home: string;
  env: Record<string, string>;
  args: string[];
  /** The table as Spark names it, without its catalog. */
  table: string;
}

/** A table into which `consume` and Spark write in turns. */
class Turns {
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  async run(...words: string[]): Promise<string> {
    const { home, env } = this.#place;
    const { code, stdout, stderr } = await runTicklake([...words, "--home", home], {
      env: { ...env, TICKLAKE_TABLE_FORMAT: "iceberg" },
    });
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  }

  /** The shipped quotes once more. */
  async consume(): Promise<void> {
    await this.run("produce", "--mode", "replay", "--rate", "max");
    await this.run("consume", "--until-end", "--flush-rows", "1000");
  }

  spark(...statements: string[]): Promise<string[][][]> {
    const { args, env } = this.#place;
    return sparkSql({ args, statements, env });
  }

  /** What another look at the whole table by `verify` says. */
  async verified(): Promise<Record<string, unknown>> {
    const { ok, missing, duplicate, unproven, found, deleted } = JSON.parse(
      await this.run("verify", "--deep", "--json"),
    );
    return { ok, missing, duplicate, unproven, found, deleted };
  }

  /** Consumes, has Spark run the page's statements between looks at all rows, and consumes again. */
  async pageBetweenRuns(): Promise<void> {
    await this.consume();
    const page = snippet(PAGE, "sql", "-- Spark").replaceAll(
      "ticklake.index_quotes",
      this.#place.table,
    );
    const [select, rewrite, remove, expire, ...more] = statementsOf(page);
    assert.deepEqual(more, []);
    const all = `SELECT ${COLUMNS} FROM lake.${this.#place.table}`;
    const files = `SELECT count(*) FROM lake.${this.#place.table}.files`;
    const [before, highest, [[filesBefore]], , [[filesAfter]], , , after] = await this.spark(
      ...[all, select, files, rewrite, files, remove, expire, all],
    );
    assert.deepEqual(before.map(plain).sort(), SHIPPED.map(plain).sort());
    assert.deepEqual(byName(highest), highestCloses());
    assert.ok(Number(filesBefore) >= 13 && Number(filesAfter) < 5, `${filesBefore}, ${filesAfter}`);
    assert.ok(VERIFIED.deleted > 0, "the page's DELETE finds no rows");
    assert.deepEqual(after.map(plain).sort(), LEFT.map(plain).sort());
    await this.consume();
    assert.deepEqual(await this.verified(), VERIFIED);
  }
}

serviceTest(
  "docs/iceberg.md: Spark reads and changes a table of Glue as the page says, and consume writes on",
  { needs: ["spark", "aws"] },
  async () => {
    const home = await Deno.makeTempDir();
    try {
      const bucket = await withEnv(awsEnv(), newBucket);
      const database = uniqueName("db").replaceAll("-", "_");
      const { AWS_ENDPOINT_URL: endpoint } = awsEnv();
      const catalog = "spark.sql.catalog.lake";
      const addresses = {
        [`${catalog}.glue.endpoint`]: endpoint,
        [`${catalog}.s3.endpoint`]: endpoint,
        [`${catalog}.s3.path-style-access`]: "true",
      };
      const turns = new Turns({
        home,
        env: {
          ...awsEnv(),
          AWS_S3_BUCKET: bucket,
          TICKLAKE_DATABASE: database,
          // Else a directory catalog, as this is no AWS.
          TICKLAKE_ICEBERG_CATALOG: "glue",
        },
        args: [
          ...argumentsOf("glue", ["BUCKET/PREFIX", `${bucket}/ticklake`]),
          ...Object.entries(addresses).flatMap(([k, v]) => ["--conf", `${k}=${v}`]),
        ],
        table: `${database}.index_quotes`,
      });
      await turns.pageBetweenRuns();
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  },
);

serviceTest(
  "docs/iceberg.md: Spark reads and changes a table of a directory as the page says, and again when consume has written on",
  { needs: ["spark"] },
  async () => {
    const home = await Deno.makeTempDir();
    try {
      const args = argumentsOf("hadoop", ["/home/me/.ticklake/lake", `${home}/lake`]);
      const turns = new Turns({ home, env: {}, args, table: "index_quotes" });
      await turns.pageBetweenRuns();
      // The files that Spark has left beside the metadata tell of an older version.
      const [, rows, [[snapshots]]] = await turns.spark(
        `CALL lake.system.expire_snapshots(table => 'index_quotes', retain_last => 1,
          older_than => TIMESTAMP '${new Date(Date.now() + 60_000).toISOString().slice(0, 19)}')`,
        `SELECT ${COLUMNS} FROM lake.index_quotes`,
        "SELECT count(*) FROM lake.index_quotes.snapshots",
      );
      assert.equal(snapshots, "1");
      assert.deepEqual(rows.map(plain).sort(), [...LEFT, ...SHIPPED].map(plain).sort());
      assert.deepEqual(await turns.verified(), VERIFIED);
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  },
);
