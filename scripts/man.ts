/**
 * Writes the manual page, dist/ticklake.1, from the tables of commands and settings:
 *
 *     ./dev man [FOLDER]
 */
import { manualPage } from "../mod/cli/manual_page.ts";
import { COMMANDS } from "../mod/commands/table.ts";
import { VERSION } from "../mod/config/version.ts";

const folder = Deno.args[0] ?? new URL("../dist", import.meta.url).pathname;
Deno.mkdirSync(folder, { recursive: true });
Deno.writeTextFileSync(`${folder}/ticklake.1`, manualPage(COMMANDS, VERSION));
