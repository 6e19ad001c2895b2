import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";
import { HOSTILE, UNSAFE } from "../terminal/hostile_text.ts";
import { quotes, withEmbedded } from "./consume_place.ts";

const SQL = `SELECT "index" AS "${HOSTILE}" FROM index_quotes LIMIT 3`;

/** What prints texts of others. */
const LINES: ReadonlyArray<readonly string[]> = [
  ["topic", "read"],
  ["topic", "read", "--json"],
  ["consume", "--until-end", "--watch"],
  ["consume", "--until-end", "--watch", "--json"],
  ["dead-letters", "list"],
  ["dead-letters", "list", "--json"],
  ["dead-letters", "show"],
  ["dead-letters", "show", "--json"],
  ["dead-letters", "export"],
  ...["table", "json", "markdown"].map((format) => ["query", SQL, "--format", format]),
  ["query", SQL.replace("index_quotes", `"${HOSTILE}"`)],
  ["schema", "infer", "foreign.csv"],
  ["schema", "show", "foreign.json"],
  ["schema", "show", "foreign.json", "--json"],
  ["schema", "check", "refused.json"],
  ["status", "--topic", HOSTILE],
  ["produce", "--input", HOSTILE],
  ["produce", "--input", "foreign.csv"],
];

Deno.test("no text of a message, a file or an argument reaches a terminal with control characters, in any command", async () => {
  await withEmbedded(async (place) => {
    const [row] = quotes(1).map(({ value }) => JSON.parse(value as string));
    await place.send([
      { key: HOSTILE, value: JSON.stringify({ ...row, Index: HOSTILE }) },
      { key: HOSTILE, value: HOSTILE },
      { key: HOSTILE, value: JSON.stringify({ ...row, Open: HOSTILE }) },
    ]);
    const { cwd, env } = place;
    await Deno.writeTextFile(
      `${cwd}/foreign.csv`,
      `${HOSTILE},Date,Open\n${HOSTILE},2024-01-02,1\n`,
    );
    for (const [file, wire] of [["foreign", "x\u202e\u061cy"], ["refused", HOSTILE]]) {
      const columns = [{ wire, name: "x", type: "string", required: true }];
      const schema = JSON.stringify({ table: "quotes", columns });
      await Deno.writeTextFile(`${cwd}/${file}.json`, schema);
    }
    for (const args of LINES) {
      // Without its lake a group reads all again.
      if (args[0] === "consume") {
        await Deno.remove(`${cwd}/.ticklake/lake`, { recursive: true }).catch(() => {});
      }
      const { stdout, stderr } = await runTicklake([...args], { cwd, env });
      const what = JSON.stringify({ args, stdout, stderr });
      assert.doesNotMatch(stdout, UNSAFE, what);
      assert.doesNotMatch(stderr, UNSAFE, what);
      assert.match(stdout + stderr, /\\u202e/, what);
    }
  });
});
