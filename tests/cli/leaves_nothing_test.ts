import assert from "node:assert/strict";
import { COMMANDS } from "../../mod/commands/table.ts";
import { runTicklake } from "../services/services.ts";

/** Command lines that look, in a folder where nothing is yet. */
const LOOKING = [
  "setup-catalog",
  "setup-catalog --dry-run",
  "query --example monthly-candles",
  "query --example",
  "verify",
  "status",
  "doctor",
  "topic list",
  "topic show",
  "topic read -n 1",
  "config",
  "completions bash",
];

for (const line of LOOKING) {
  Deno.test(`\`ticklake ${line}\` leaves nothing behind where nothing is`, async () => {
    const cwd = await Deno.makeTempDir({ prefix: "ticklake-nothing-" });
    const { code, stderr } = await runTicklake(line.split(" "), { cwd });
    const left = [...Deno.readDirSync(cwd)].map(({ name }) => name);
    await Deno.remove(cwd, { recursive: true });
    assert.deepEqual(left, []);
    assert.ok(code <= 4, stderr);
    assert.doesNotMatch(stderr, /This is a defect/);
  });
}

Deno.test("`produce`, `consume` and `demo` alone make something, and every command is looked at", () => {
  const known = new Set(["produce", "consume", "demo", "dashboard"]);
  for (const line of LOOKING) known.add(line.split(" ")[0]);
  // What changes a lake, or files of its own, has nothing to look at here.
  for (const name of ["dead-letters", "reset", "maintain", "repair", "schema"]) known.add(name);
  for (const { name } of COMMANDS) assert.ok(known.has(name), name);
});
