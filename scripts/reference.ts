/** Writes the reference of the settings into docs/settings.md: `./dev reference`. */
import { settingsMarkdown } from "../mod/config/reference.ts";
import { writeSection } from "./marked_section.ts";

await writeSection("docs/settings.md", "settings", settingsMarkdown());
