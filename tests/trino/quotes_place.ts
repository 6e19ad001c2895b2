import assert from "node:assert/strict";
import type { Value } from "../../mod/catalog/engine.ts";
import { exampleQueries } from "../../mod/catalog/example_queries.ts";
import { openLocalEngine } from "../../mod/commands/open_engine.ts";
import { loadSettings } from "../../mod/config/load.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { rowsOf } from "../catalog/ask.ts";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { awsEnv, runTicklake, uniqueName } from "../services/services.ts";
import { askTrino, type TrinoValue } from "../services/trino/trino_client.ts";
import { sameRows } from "./same_rows.ts";

/** Rows that {@linkcode QuotesPlace.produce} sends: some quotes come twice, which the examples count once. */
export const ROWS = 12_000;

/** A statement that both engines are asked. */
export interface Compared {
  name: string;
  sql: string;
}

/** The examples, and figures of all columns for each day of arrival. */
export async function comparedStatements(day: string): Promise<Compared[]> {
  const examples = exampleQueries(await loadSchema());
  return [...examples, {
    name: "figures",
    sql:
      `SELECT ${day}, kafka_partition, count(*), count(DISTINCT "index"), min("date"), max("date"),
      sum(volume), max(kafka_offset), max(open), min(high), max(low), max(close), max(adj_close),
      max(close_usd) FROM index_quotes GROUP BY ${day}, kafka_partition ORDER BY 1, 2`,
  }];
}

/** A bucket, a database of Glue and a log of one test's own, on the tests' AWS. */
export class QuotesPlace implements AsyncDisposable {
  readonly bucket: string;
  readonly database = uniqueName("db").replaceAll("-", "_");
  readonly #home = Deno.makeTempDirSync();
  readonly #env: Record<string, string>;

  private constructor(bucket: string, env: Record<string, string>) {
    this.bucket = bucket;
    this.#env = { ...awsEnv(), AWS_S3_BUCKET: bucket, TICKLAKE_DATABASE: this.database, ...env };
  }

  /** @param env further settings of the program */
  static async create(env: Record<string, string> = {}): Promise<QuotesPlace> {
    return new QuotesPlace(await withEnv(awsEnv(), newBucket), env);
  }

  /** Runs the program, which must succeed, and gives its standard output. */
  async run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await runTicklake([...args, "--home", this.#home], {
      env: this.#env,
    });
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  }

  async produce(): Promise<void> {
    await this.run("produce", "--mode", "replay", "--loop", "--rate", "max", "--count", `${ROWS}`);
  }

  /** Answers of the local engine about the table. */
  async answers(statements: readonly Compared[]): Promise<Value[][][]> {
    const environment = { ...this.#env, TICKLAKE_HOME: this.#home };
    const { settings } = loadSettings({ flags: {}, environment });
    return await withEnv(this.#env, async () => {
      const engine = await openLocalEngine(settings, await loadSchema());
      const answers: Value[][][] = [];
      for (const { sql } of statements) answers.push(await rowsOf(engine, sql));
      engine.close();
      return answers;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#home, { recursive: true });
  }
}

/** Asks Trino each statement, and compares with the local engine's answers, in a step of its own. */
export async function compareInTrino(t: Deno.TestContext, { statements, answers, ...place }: {
  statements: readonly Compared[];
  answers: readonly Value[][][];
  catalog: string;
  schema: string;
  /** What the table is, for the steps' names. */
  kind: string;
}): Promise<void> {
  for (const [i, { name, sql }] of statements.entries()) {
    await t.step(`${name}, ${place.kind}`, async () => {
      const { rows } = await askTrino(sql, place);
      if (name !== "gaps") assert.ok(rows.length > 0, "no rows");
      sameRows(answers[i], rows.map((row) => row.map(withoutZone)), name);
    });
  }
}

/** Times as the local engine prints them, which are in UTC: those of an Iceberg table have a zone. */
function withoutZone(value: TrinoValue): TrinoValue {
  if (typeof value !== "string") return value;
  return value.replace(/^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) UTC$/, "$1");
}
