import assert from "node:assert/strict";
import { settingsMarkdown, withSettings } from "../../mod/config/reference.ts";
import { ALL_SETTINGS } from "../../mod/config/settings.ts";
import { runTicklake } from "../services/services.ts";

const README = new URL("../../README.md", import.meta.url);

Deno.test("config --reference prints a row for each setting, in Markdown and in JSON", async () => {
  const { code, stdout } = await runTicklake(["config", "--reference"]);
  assert.equal(code, 0);
  assert.equal(stdout, settingsMarkdown());
  const rows = stdout.trim().split("\n").slice(2);
  assert.equal(rows.length, ALL_SETTINGS.length);
  // A | inside of a cell would begin another one.
  for (const row of rows) assert.equal(row.match(/(?<!\\)\|/g)!.length, 6, row);
  assert.ok(
    rows.includes(
      "| `TICKLAKE_FLUSH_INTERVAL`<br>`--flush-interval` | a duration such as 500ms, 1s, 5m or 2h, " +
        "at most 596h | `1m` | consume | Write a partition's rows when the oldest has waited this long |",
    ),
  );
  const json = await runTicklake(["config", "--reference", "--json"]);
  const documents = JSON.parse(json.stdout) as Array<{ key: string; env: string }>;
  assert.deepEqual(documents.map(({ key }) => key), ALL_SETTINGS.map(([key]) => key));
});

Deno.test("the reference names a secret's file and that it is never printed", () => {
  const row = settingsMarkdown().split("\n").find((row) => row.includes("KAFKA_SASL_PASSWORD`"))!;
  assert.match(row, /`KAFKA_SASL_PASSWORD`<br>`KAFKA_SASL_PASSWORD_FILE`/);
  assert.match(row, /never printed/);
});

Deno.test("the table goes between a document's markers, and only there", () => {
  const document = "a\n<!-- settings -->\nold\n<!-- /settings -->\nb $& $1\n";
  const once = withSettings(document)!;
  assert.equal(
    once,
    `a\n<!-- settings -->\n\n${settingsMarkdown()}\n<!-- /settings -->\nb $& $1\n`,
  );
  assert.equal(withSettings(once), once);
  assert.equal(withSettings("no markers"), null);
});

Deno.test("the README's table of settings is the one of the program (deno task reference)", async () => {
  const readme = await Deno.readTextFile(README);
  assert.equal(withSettings(readme), readme);
});
