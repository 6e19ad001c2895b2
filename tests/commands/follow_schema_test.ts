import assert from "node:assert/strict";
import { kafka, runTicklake, serviceTest, uniqueName } from "../services/services.ts";

/** A folder with a schema of a table that nothing else uses, and a file of its rows. */
async function withSchema(
  work: (cwd: string, table: string, topic: string) => Promise<void>,
): Promise<void> {
  const cwd = await Deno.makeTempDir({ prefix: "ticklake-follow-" });
  const topic = uniqueName("stocks");
  const table = topic.replaceAll("-", "_");
  const columns = [
    { wire: "s", name: "s", type: "string", required: true },
    { wire: "p", name: "p", type: "double" },
  ];
  await Deno.writeTextFile(`${cwd}/stocks.json`, JSON.stringify({ table, key: "s", columns }));
  await Deno.writeTextFile(`${cwd}/rows.csv`, "s,p\nA,1\nB,2\n");
  await work(cwd, table, topic);
  await Deno.remove(cwd, { recursive: true });
}

/** Each command that works on a topic or a table, and what says that it is the schema's. */
function commands(table: string, topic: string): Array<[args: string[], says: RegExp]> {
  return [
    [["produce", "--mode", "replay", "--rate", "max", "rows.csv"], RegExp(`into topic ${topic} `)],
    [
      ["consume", "--until-end"],
      RegExp(`consuming topic ${topic} .* wrote 2 rows and 0 dead`, "s"),
    ],
    [["query", "--json", `SELECT count(*) AS n FROM ${table}`], /\{"n": ?2\}/],
    [["query", "--example"], RegExp(`FROM ${table}`)],
    [["setup-catalog"], RegExp(`table +${table}\\b.*s string, p double`, "s")],
    [["status"], RegExp(`topic ${topic}, group \\S+: lag 0.*lake: 2 rows`, "s")],
    [["verify", "--deep"], RegExp(`of topic ${topic} .*ok: 2 offsets expected, 2 found`, "s")],
    [["topic", "show"], RegExp(topic)],
    [["topic", "read", "-n", "5"], RegExp(`2 shown, 2 of them rows of ${table};`)],
    [["dead-letters", "list"], RegExp(`0 dead letters of topic ${topic}`)],
    [["dead-letters", "replay", "--dry-run"], /0 dead letters/],
    [["reset", "--to", "lake", "--dry-run"], /partition 0: /],
    [["repair", "--dry-run"], /nothing to repair/],
    [["maintain", "--dry-run"], RegExp(`table ${table} `)],
    [["doctor"], RegExp(`table ${table}, 2 columns`)],
    [["schema", "show"], RegExp(`"table": "${table}"`)],
    [["config"], RegExp(`${topic} +table of stocks\\.json`)],
  ];
}

async function eachFollows(
  run: (args: string[]) => ReturnType<typeof runTicklake>,
  table: string,
  topic: string,
): Promise<void> {
  for (const [args, says] of commands(table, topic)) {
    const { code, stdout, stderr } = await run(args);
    assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
    assert.match(stderr + stdout, says, args.join(" "));
  }
}

serviceTest(
  "TICKLAKE_SCHEMA in .env: topic and table of every command follow it",
  { needs: ["binary"] },
  () =>
    withSchema(async (cwd, table, topic) => {
      await Deno.writeTextFile(`${cwd}/.env`, "TICKLAKE_SCHEMA=stocks.json\n");
      await eachFollows((args) => runTicklake(args, { cwd, binary: true }), table, topic);
    }),
);

serviceTest(
  "--schema: topic and table of every command follow it, on Kafka",
  { needs: ["binary", "kafka"] },
  () =>
    withSchema(async (cwd, table, topic) => {
      const env = { KAFKA_BOOTSTRAP_SERVERS: kafka()!, KAFKA_GROUP_ID: topic };
      const flag = (args: string[]) => [...args, "--schema", "stocks.json"];
      const run = (args: string[]) => runTicklake(flag(args), { cwd, env, binary: true });
      await eachFollows(run, table, topic);
    }),
);
