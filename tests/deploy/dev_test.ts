import assert from "node:assert/strict";
import { REPOSITORY } from "../services/tools_folder.ts";

/** A checkout with `./dev` alone, on a host whose npm gives what `npm` makes. */
async function dev(npm: string) {
  const folder = Deno.makeTempDirSync({ prefix: "ticklake-dev-" });
  try {
    Deno.copyFileSync(`${REPOSITORY}/dev`, `${folder}/dev`);
    Deno.mkdirSync(`${folder}/bin`);
    const programs = {
      npm: `#!/bin/sh\nwhile [ "$1" != --prefix ]; do shift; done\n` +
        `mkdir -p "$2/node_modules/@deno/x"\n${npm}\n`,
      // Neither a Deno nor a Python of this host.
      deno: "#!/bin/sh\nexit 1\n",
      python3: "#!/bin/sh\nexit 1\n",
    };
    for (const [name, text] of Object.entries(programs)) {
      Deno.writeTextFileSync(`${folder}/bin/${name}`, text, { mode: 0o755 });
    }
    const { code, stderr } = await new Deno.Command("sh", {
      args: [`${folder}/dev`, "check"],
      env: { PATH: `${folder}/bin:/usr/bin:/bin`, MARK: `${folder}/ran` },
      clearEnv: true,
    }).output();
    let ran = true;
    try {
      Deno.statSync(`${folder}/ran`);
    } catch {
      ran = false;
    }
    return { code, stderr: new TextDecoder().decode(stderr), ran };
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("./dev runs no Deno that npm gives under the pinned version, but not the pinned one", async () => {
  const other =
    `printf '#!/bin/sh\\ntouch "$MARK"\\necho "deno 2.9.6"\\n' > "$2/node_modules/@deno/x/deno"`;
  const { code, stderr, ran } = await dev(other);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /is not the pinned one \(SHA-256 [0-9a-f]{64}\)/);
  assert.match(stderr, /fix: install Deno/);
  assert.ok(!ran, "it was run");
});

Deno.test("./dev says what to do where Deno cannot be installed", async () => {
  const { code, stderr } = await dev("exit 1");
  assert.equal(code, 1);
  assert.match(stderr, /neither with npm nor with pip\n {2}fix: install Deno/);
});
