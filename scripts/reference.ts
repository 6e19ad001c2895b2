/** Writes the table of settings into README.md, between its markers. */
import { withSettings } from "../mod/config/reference.ts";

const path = new URL("../README.md", import.meta.url);
const document = withSettings(await Deno.readTextFile(path));
if (document === null) {
  console.error("README.md has no <!-- settings --> … <!-- /settings -->");
  Deno.exit(1);
}
await Deno.writeTextFile(path, document);
