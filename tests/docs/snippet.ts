import assert from "node:assert/strict";
import { REPOSITORY } from "../services/tools_folder.ts";

/**
 * The one block of a page in a language (`sql`, or `sh spark` with a label) that has some text.
 * @param page relative to the repository
 */
export function snippet(page: string, language: string, text: string): string {
  const source = Deno.readTextFileSync(`${REPOSITORY}/${page}`);
  const blocks = [...source.matchAll(/^```([\w ]+)\n([\s\S]*?)^```/gm)];
  const found = blocks.filter(([, of, block]) => of === language && block.includes(text));
  assert.equal(found.length, 1, `${page}: ${language} with ${text}`);
  return found[0][2];
}

/** The statements of a block of SQL, without comments. */
export function statementsOf(block: string): string[] {
  return block.replace(/^--.*$/gm, "").split(";").map((sql) => sql.trim()).filter((sql) =>
    sql !== ""
  );
}

/** The settings of a block of properties, by their names. */
export function propertiesOf(block: string): Record<string, string> {
  const lines = block.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(lines.map((line) => line.split("=", 2)));
}
