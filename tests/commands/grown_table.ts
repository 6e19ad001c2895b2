import assert from "node:assert/strict";
import { runTicklake, type TicklakeResult } from "../services/services.ts";

const columns = [
  { wire: "s", name: "s", type: "string", required: true },
  { wire: "p", name: "p", type: "double", required: true },
];

/** A table's schema, and the one with a further optional column. */
const SCHEMAS = [
  { table: "prices", key: "s", columns },
  {
    table: "prices",
    key: "s",
    columns: [...columns, { wire: "v", name: "v", type: "long" }],
  },
] as const;

/** Messages with the further column or without, before the schema has it and afterwards. */
const SENT = ["s,p\nA,1\nB,2\n", "s,p,v\nA,3,30\nB,4,\n"] as const;

/** All rows: `p`, and `v`, which rows from before do not have. */
export const GROWN_ROWS = [[1, null], [2, null], [3, 30], [4, null]];

/** What is done between the steps of {@linkcode growTable}. */
export interface Growing {
  /** Runs the program in the table's folder. */
  run(...args: string[]): Promise<TicklakeResult>;
}

/**
 * Writes rows by a schema, then further ones by the schema with one column more, by the compiled program.
 * @param written called with each of both schemas in force, after its rows are written
 * @returns standard error of the second `consume`
 */
export async function growTable(
  env: Record<string, string>,
  written: (growing: Growing) => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  const cwd = await Deno.makeTempDir({ prefix: "ticklake-grown-" });
  const run = async (...args: string[]) => {
    const result = await runTicklake(args, { cwd, env, binary: true });
    assert.equal(result.code, 0, `${args.join(" ")}: ${result.stderr}`);
    return result;
  };
  await Deno.writeTextFile(`${cwd}/.env`, "TICKLAKE_SCHEMA=prices.json\n");
  let told = "";
  for (const [i, schema] of SCHEMAS.entries()) {
    await Deno.writeTextFile(`${cwd}/prices.json`, JSON.stringify(schema));
    await Deno.writeTextFile(`${cwd}/rows.csv`, SENT[i]);
    await run("produce", "--mode", "replay", "--rate", "max", "--partitions", "1", "rows.csv");
    told = (await run("consume", "--until-end")).stderr;
    await written({ run });
  }
  const sql = "SELECT p, v FROM prices ORDER BY p";
  const asked = await run("query", "--engine", "local", "--json", sql);
  const rows = JSON.parse(asked.stdout) as Array<{ p: number; v: number | null }>;
  assert.deepEqual(rows.map(({ p, v }) => [p, v]), GROWN_ROWS);
  assert.match((await run("verify", "--deep")).stdout, /^ok: 4 offsets expected, 4 found/);
  await Deno.remove(cwd, { recursive: true });
  return told;
}
