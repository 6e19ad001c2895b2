import assert from "node:assert/strict";
import {
  CreateDatabaseCommand,
  CreateTableCommand,
  GetTableCommand,
  GlueClient,
} from "@aws-sdk/client-glue";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import {
  awsEnv,
  runTicklake,
  serviceTest,
  type ServiceTestOptions,
  uniqueName,
} from "../services/services.ts";
import { runTool } from "../services/tools_folder.ts";
import { type ConsumePlace, quotes, withEmbedded } from "./consume_place.ts";

const TABLE = "ticks";

/** Offsets `[first, end)`. */
function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i);
}

/** Makes a table with pyiceberg at a place in S3, and puts it into Glue as Iceberg's GlueCatalog does. */
async function tableOfOthers(location: string, appends: number[][], database: string) {
  const env = awsEnv();
  const s3 = {
    endpoint: env.AWS_ENDPOINT_URL,
    access_key: env.AWS_ACCESS_KEY_ID,
    secret_key: env.AWS_SECRET_ACCESS_KEY,
    region: env.AWS_REGION,
  };
  const script = new URL("table_of_others.py", import.meta.url).pathname;
  const config = JSON.stringify({ location, appends, s3 });
  const metadata = (await runTool(Deno.env.get("TEST_ICEBERG_PYTHON")!, [script, config])).trim();
  await withGlue(async (glue) => {
    await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: database } }));
    const Parameters = { table_type: "ICEBERG", metadata_location: metadata };
    const TableInput = {
      Name: TABLE,
      TableType: "EXTERNAL_TABLE",
      Parameters,
      StorageDescriptor: { Location: location },
    };
    await glue.send(new CreateTableCommand({ DatabaseName: database, TableInput }));
  });
}

async function withGlue<T>(work: (client: GlueClient) => Promise<T>): Promise<T> {
  return await withEnv(awsEnv(), async () => {
    const client = new GlueClient();
    return await work(client).finally(() => client.destroy());
  });
}

const inGlue = (DatabaseName: string) =>
  withGlue(async (glue) =>
    (await glue.send(new GetTableCommand({ DatabaseName, Name: TABLE }))).Table
  );

/** A topic of 60 messages, a lake's bucket, and a schema of a table that another program has in Glue. */
async function withPlace(
  run: (place: ConsumePlace, at: { bucket: string; database: string }) => Promise<void>,
): Promise<void> {
  await withEmbedded(async (place) => {
    await place.send(quotes(60));
    const bucket = await withEnv(awsEnv(), newBucket);
    const database = uniqueName("others").replaceAll("-", "_");
    const shipped = new URL("../../data/index_quotes.schema.json", import.meta.url);
    const schema = { ...JSON.parse(await Deno.readTextFile(shipped)), table: TABLE };
    await Deno.writeTextFile(`${place.cwd}/schema.json`, JSON.stringify(schema));
    Object.assign(place.env, awsEnv(), {
      AWS_S3_BUCKET: bucket,
      TICKLAKE_DATABASE: database,
      TICKLAKE_TABLE_FORMAT: "iceberg",
      TICKLAKE_ICEBERG_CATALOG: "glue",
      TICKLAKE_SCHEMA: "schema.json",
    });
    await run(place, { bucket, database });
  });
}

const objectsOf = (place: ConsumePlace) => withEnv(awsEnv(), () => place.objects());

const NEEDS: ServiceTestOptions = { needs: ["aws", "iceberg-readers"] };
const COLUMNS = ["--offset-column", "at", "--partition-column", "of"];

serviceTest(
  "a table of others in Glue is verified wherever its files are, and no other command touches it",
  NEEDS,
  () =>
    withPlace(async (place, { database }) => {
      const elsewhere = await withEnv(awsEnv(), newBucket);
      const location = `s3://${elsewhere}/warehouse/others.db/t`;
      await tableOfOthers(location, [range(0, 20), range(15, 40)], database);
      const before = await inGlue(database);
      const run = async (...args: string[]) => {
        const { code, stdout, stderr } = await runTicklake([...args, "--json"], place);
        return { code, stderr, found: JSON.parse(stdout || "{}") };
      };
      const { code, stderr, found } = await run("verify", "--table-of-others", ...COLUMNS);
      assert.equal(code, 4, stderr);
      const [{ missing, duplicate }] = found.partitions;
      assert.deepEqual(duplicate, [{ first: 15, last: 19 }]);
      assert.deepEqual([missing, found.behind], [[], 20]);
      const isElsewhere = new RegExp(
        `table \\S+ is at ${location}, not in the lake s3://.*\\n {2}fix: Give the schema another table name`,
      );
      const commands = [
        ["consume", "--until-end"],
        ["setup-catalog"],
        ["setup-catalog", "--relocate"],
        ["setup-catalog", "--delete"],
        ["maintain"],
        ["repair"],
      ];
      await Promise.all(commands.map(async (words) => {
        const told = await run(...words);
        assert.equal(told.code, 1, `${words}: ${told.stderr}`);
        assert.match(told.stderr, isElsewhere, words.join(" "));
      }));
      const doctor = await run("doctor");
      assert.equal(doctor.code, 3, doctor.stderr);
      const finding = doctor.found.findings.find(({ status, check }: Record<string, string>) =>
        status === "failed" && check === "Iceberg table"
      );
      assert.match(finding?.detail, /is at s3:\/\/.*, not in the lake/);
      assert.match(finding.fix, /--table-of-others/);
      assert.deepEqual(await inGlue(database), before, "Glue's table is as it was");
      assert.deepEqual(await objectsOf(place), [], "nothing was written");
    }),
);

serviceTest(
  "a table of others in Glue where consume would put its own is refused by its columns",
  NEEDS,
  () =>
    withPlace(async (place, { bucket, database }) => {
      const location = `s3://${bucket}/ticklake/${TABLE}`;
      await tableOfOthers(location, [range(0, 40)], database);
      const before = await inGlue(database);
      const run = async (...args: string[]) => {
        const { code, stdout, stderr } = await runTicklake([...args, "--json"], place);
        return { code, stderr, stdout };
      };
      const objects = await objectsOf(place);
      const isOthers = /was made by another program: it has no column kafka_partition/;
      const refusals = [
        [["consume", "--until-end"], 2],
        [["consume", "--until-end", "--partition-by", "none"], 2],
        [["setup-catalog"], 1],
        [["setup-catalog", "--partition-by", "none"], 1],
        [["setup-catalog", "--delete"], 1],
        [["maintain"], 1],
        [["repair"], 1],
        [["verify"], 1],
      ] as const;
      await Promise.all(refusals.map(async ([words, code]) => {
        const told = await run(...words);
        assert.equal(told.code, code, `${words}: ${told.stderr}`);
        assert.match(told.stderr, isOthers, words.join(" "));
      }));
      // Nor by the command for Hive's table.
      const hive = await run("setup-catalog", "--delete", "--table-format", "hive");
      assert.equal(hive.code, 0, hive.stderr);
      const { parts } = JSON.parse(hive.stdout);
      const kept = parts.find(({ part }: Record<string, string>) => part === "table");
      assert.deepEqual([kept.name, kept.state], [TABLE, "kept"]);
      const [doctor, verify] = await Promise.all([
        run("doctor"),
        run("verify", "--table-of-others", ...COLUMNS),
      ]);
      assert.equal(doctor.code, 3, doctor.stdout);
      assert.match(doctor.stdout, isOthers);
      assert.equal(verify.code, 0, verify.stderr);
      assert.deepEqual(await inGlue(database), before);
      assert.deepEqual(await objectsOf(place), objects);
    }),
);
