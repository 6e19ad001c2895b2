/** Writes the references of the settings and of schemas into docs/: `./dev reference`. */
import { schemaMarkdown } from "../mod/schema/schema_reference.ts";
import { settingsMarkdown } from "../mod/config/reference.ts";
import { writeSection } from "./marked_section.ts";

await writeSection("docs/settings.md", "settings", settingsMarkdown());
await writeSection("docs/schema.md", "schema", schemaMarkdown());
