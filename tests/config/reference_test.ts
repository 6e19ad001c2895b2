import assert from "node:assert/strict";
import { schemaMarkdown } from "../../mod/schema/schema_reference.ts";
import { settingsMarkdown } from "../../mod/config/reference.ts";
import { ALL_SETTINGS } from "../../mod/config/settings.ts";
import { withSection } from "../../scripts/marked_section.ts";
import { runTicklake } from "../services/services.ts";

const PAGE = new URL("../../docs/settings.md", import.meta.url);

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

Deno.test("a section goes between a document's markers, and only there", () => {
  const document = "a\n<!-- x -->\nold\n<!-- /x -->\nb $& $1\n";
  const once = withSection(document, "x", "new $1\n")!;
  assert.equal(once, "a\n<!-- x -->\n\nnew $1\n\n<!-- /x -->\nb $& $1\n");
  assert.equal(withSection(once, "x", "new $1\n"), once);
  assert.equal(withSection("no markers", "x", ""), null);
});

Deno.test("docs/settings.md has the program's table of settings (./dev reference writes it)", async () => {
  const page = await Deno.readTextFile(PAGE);
  assert.equal(withSection(page, "settings", settingsMarkdown()), page);
});

Deno.test("docs/schema.md has the reference of schemas (./dev reference writes it)", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/schema.md", import.meta.url));
  assert.equal(withSection(page, "schema", schemaMarkdown()), page);
  const { stdout } = await runTicklake(["schema", "reference"]);
  assert.equal(stdout, schemaMarkdown());
});
