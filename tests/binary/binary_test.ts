import assert from "node:assert/strict";
import { COMMANDS } from "../../mod/commands/table.ts";
import { VERSION } from "../../mod/config/version.ts";
import { PERMISSIONS } from "../../scripts/compile.ts";
import { runTicklake, serviceTest, type TicklakeOptions } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

const BINARY = { needs: ["binary"] } as const;

function run(args: string[], options: TicklakeOptions = {}) {
  return runTicklake(args, { ...options, binary: true });
}

serviceTest("the binary prints its help", BINARY, async () => {
  const { code, stdout, stderr } = await run(["--help"]);
  assert.deepEqual([code, stderr], [0, ""]);
  for (const { name } of COMMANDS) assert.match(stdout, new RegExp(`^ {2}${name} `, "m"));
});

serviceTest("the binary prints the help of each command", BINARY, async () => {
  for (const { name } of COMMANDS) {
    const { code, stdout } = await run([name, "--help"]);
    assert.equal(code, 0, name);
    assert.match(stdout, /Examples:\n {2}(.* )?ticklake /, name);
  }
});

serviceTest("the binary prints its version", BINARY, async () => {
  assert.deepEqual(await run(["--version"]), {
    code: 0,
    signal: null,
    stdout: `${VERSION}\n`,
    stderr: "",
  });
});

serviceTest("the binary ends with exit code 2 for a wrong flag", BINARY, async () => {
  const { code, stderr } = await run(["produce", "--nope"]);
  assert.equal(code, 2);
  assert.match(stderr, /^error: unknown option '--nope'/);
});

/** Whether this user may make a network namespace. */
const UNSHARE = await mayUnshare();

async function mayUnshare(): Promise<boolean> {
  try {
    return (await new Deno.Command("unshare", { args: ["-rn", "true"], stderr: "null" }).output())
      .success;
  } catch {
    return false;
  }
}

/**
 * Runs the binary in an empty folder, with an empty home and without network, and gives its JSON and
 * the names of what it left there.
 */
async function isolated(...args: string[]) {
  const empty = Deno.makeTempDirSync();
  const program = [Deno.env.get("TEST_BINARY")!, ...args, "--json"];
  const [first, ...rest] = UNSHARE ? ["unshare", "-rn", ...program] : program;
  const { code, stdout, stderr } = await new Deno.Command(first, {
    args: rest,
    cwd: empty,
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH")!, HOME: empty, TMPDIR: empty, DENO_DIR: `${empty}/cache` },
  }).output();
  const left = [...Deno.readDirSync(empty)].map(({ name }) => name);
  Deno.removeSync(empty, { recursive: true });
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return { document: JSON.parse(new TextDecoder().decode(stdout)), left };
}

serviceTest(
  "the binary works in an empty folder, with an empty home and without network",
  BINARY,
  async () => {
    const { document, left } = await isolated("produce", "--mode", "replay", "--rate", "max");
    assert.equal(document.rejected, 0);
    assert.ok(document.sent > 10_000);
    // Nothing but its own files: no cache of Deno's.
    assert.deepEqual(left, [".ticklake"]);
  },
);

for (const format of ["hive", "iceberg"]) {
  serviceTest(
    `the whole path runs in the binary, its demo, without network: ${format}`,
    BINARY,
    async () => {
      const { document, left } = await isolated("demo", "--table-format", format);
      assert.equal(document.rows, 20_000);
      const results = document.steps.map(({ result }: { result: unknown }) => result);
      assert.equal(results[1].written, 20_000);
      for (const rows of results.slice(-3)) assert.ok(rows.length >= 5);
      assert.match(left.join(), /^ticklake-demo-\w+$/);
    },
  );
}

serviceTest("the binary may use net, env, read, write and sys, and nothing else", BINARY, () => {
  const permissions = compiledPermissions(Deno.env.get("TEST_BINARY")!);
  const allowed = Object.keys(permissions)
    .filter((name) => name.startsWith("allow_") && permissions[name] !== null)
    .map((name) => `--${name.replace("_", "-")}`);
  // It has a list of hosts to import from, and denies them all.
  const expected = [...PERMISSIONS, "--allow-import"];
  assert.deepEqual(allowed.sort(), expected.sort());
  assert.deepEqual(permissions.deny_import, []);
  assert.equal(permissions.prompt, false);
});

/** The permissions that `deno compile` wrote into an executable, an empty list being without limit. */
function compiledPermissions(path: string): Record<string, unknown> {
  const bytes = Deno.readFileSync(path);
  const mark = new TextEncoder().encode('"permissions":{"allow_');
  for (let at = bytes.length; (at = bytes.lastIndexOf(mark[0], at - 1)) >= 0;) {
    if (!mark.every((byte, i) => bytes[at + i] === byte)) continue;
    const start = at + mark.indexOf(0x7b);
    return JSON.parse(
      new TextDecoder().decode(bytes.subarray(start, bytes.indexOf(0x7d, start) + 1)),
    );
  }
  throw new Error(`${path} has no permissions written into it`);
}

Deno.test("from source the program has the permissions of the binary", () => {
  const manifest = JSON.parse(Deno.readTextFileSync(`${REPOSITORY}/deno.json`));
  const task = manifest.tasks.ticklake as string;
  assert.deepEqual(task.match(/--allow-\S+/g), PERMISSIONS);
  const script = Deno.readTextFileSync(`${REPOSITORY}/dev`);
  assert.deepEqual(script.match(/^permissions='(.+)'$/m)![1].split(" "), PERMISSIONS);
});
