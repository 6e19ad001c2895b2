import assert from "node:assert/strict";
import { REPOSITORY } from "../services/tools_folder.ts";

/** All of the program's code as one text, with the parts of a message that are put together joined. */
function code(folder: string): string {
  return [...Deno.readDirSync(folder)].map(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? code(path) : name.endsWith(".ts") ? Deno.readTextFileSync(path) : "";
  }).join("\n").replace(/["`] \+\s+["`]/g, "");
}

Deno.test("every message that the page on troubleshooting quotes is one of the program's", () => {
  const page = Deno.readTextFileSync(`${REPOSITORY}/docs/troubleshooting.md`);
  const firstColumns = [...page.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell]) => cell);
  const quoted = firstColumns.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)])
    .map(([, text]) => text).filter((text) => text !== "verify");
  assert.ok(quoted.length >= 15, String(quoted));
  const program = code(`${REPOSITORY}/mod`);
  for (const text of quoted) {
    for (const part of text.split("…").map((part) => part.trim()).filter((part) => part !== "")) {
      const pattern = part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\b\d+\b/, "\\S+");
      assert.match(program, new RegExp(pattern), part);
    }
  }
});
