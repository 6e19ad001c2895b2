import assert from "node:assert/strict";
import { REPOSITORY } from "../services/tools_folder.ts";

/** Programs of the host that `./dev` uses to look for Deno, and none that could install it. */
const TOOLS = ["dirname", "sed", "mkdir", "mv", "rm", "chmod", "cat"];

/** Runs a copy of `./dev` on a host that has only these programs, by name and shell script. */
async function dev(args: string[], programs: Record<string, string>) {
  const folder = Deno.makeTempDirSync();
  try {
    Deno.mkdirSync(`${folder}/bin`);
    Deno.copyFileSync(`${REPOSITORY}/dev`, `${folder}/dev`);
    for (const name of TOOLS) Deno.symlinkSync(await which(name), `${folder}/bin/${name}`);
    for (const [name, script] of Object.entries(programs)) {
      Deno.writeTextFileSync(`${folder}/bin/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
      args: [`${folder}/dev`, ...args],
      clearEnv: true,
      env: { PATH: `${folder}/bin` },
      cwd: "/",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).replaceAll(folder, "ROOT");
    return { code, stdout: text(stdout), stderr: text(stderr) };
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

async function which(name: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", `command -v ${name}`] }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** A program that says its version as Deno does, else what it was called with. */
function fakeDeno(version: string): string {
  return `if [ "$1" = --version ]; then echo "deno ${version} (stable, release)"; exit; fi
echo "$DENO_TLS_CA_STORE"; pwd; for word; do echo "<$word>"; done`;
}

Deno.test("./dev runs a task with an installed Deno, and passes all arguments on", async () => {
  const { code, stdout } = await dev(["test", "broker", "--filter=a b"], {
    deno: fakeDeno("2.6.10"),
  });
  assert.equal(code, 0);
  assert.equal(
    stdout,
    "system,mozilla\nROOT\n<task>\n<--quiet>\n<test>\n<broker>\n<--filter=a b>\n",
  );
});

Deno.test("./dev ticklake runs the program where the user is, with its permissions", async () => {
  const { stdout } = await dev(["ticklake", "produce", "--input", "a b.csv"], {
    deno: fakeDeno("3.0.0"),
  });
  assert.equal(
    stdout,
    "system,mozilla\n/\n<run>\n<--quiet>\n<--config=ROOT/deno.json>\n<--allow-net>\n<--allow-env>\n" +
      "<--allow-read>\n<--allow-write>\n<--allow-sys>\n<ROOT/main.ts>\n<produce>\n<--input>\n<a b.csv>\n",
  );
});

Deno.test("./dev demo is the program's demo", async () => {
  const { stdout } = await dev(["demo"], { deno: fakeDeno("2.9.6") });
  assert.match(stdout, /<ROOT\/main.ts>\n<demo>\n$/);
});

for (const version of ["2.5.9", "1.99.0", ""]) {
  Deno.test(`./dev does not use Deno ${version || "that does not say its version"}`, async () => {
    const { code, stdout, stderr } = await dev(["test"], { deno: fakeDeno(version) });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^installing Deno \d+\.\d+\.\d+ into \.tools\nerror: /);
    assert.match(stderr, /could be installed neither with npm nor with pip\n {2}fix: install Deno/);
  });
}

const NPM = `while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/node_modules/@deno/host"
cat >"$2/node_modules/@deno/host/deno" <<'END'
#!/bin/sh
${fakeDeno("2.9.6")}
END`;

const PIP = `while [ "$1" != --target ]; do shift; done
mkdir -p "$2/bin"
cat >"$2/bin/deno" <<'END'
#!/bin/sh
${fakeDeno("2.9.6")}
END`;

Deno.test("./dev installs Deno with npm, without scripts of packages", async () => {
  const { stdout } = await dev(["test"], {
    npm: `case "$*" in *--ignore-scripts*deno@*) ;; *) exit 1 ;; esac\n${NPM}`,
  });
  assert.match(stdout, /<task>\n<--quiet>\n<test>\n$/);
});

Deno.test("./dev runs no Deno that is not the pinned one, whatever its version says", async () => {
  const { code, stdout, stderr } = await dev(["test"], {
    npm: NPM,
    sha256sum: `echo "${"0".repeat(64)}  $1"`,
  });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /is not the pinned one \(SHA-256 0{64}\)/);
});

Deno.test("./dev installs Deno with pip where npm fails", async () => {
  const { stdout } = await dev(["test"], { npm: "exit 1", python3: PIP });
  assert.match(stdout, /<task>\n<--quiet>\n<test>\n$/);
});

Deno.test("./dev without a task says what there is", async () => {
  const { code, stdout } = await dev([], {});
  assert.equal(code, 0);
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${REPOSITORY}/deno.json`));
  const named = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
  assert.ok(named.length > 5);
  for (const name of named) assert.ok(name in tasks, name);
});

Deno.test("./dev says in words that a package is missing and cannot be fetched", async () => {
  const env = {
    PATH: Deno.env.get("PATH")!,
    HOME: Deno.env.get("HOME")!,
    DENO_DIR: Deno.makeTempDirSync(),
    NPM_CONFIG_REGISTRY: "http://127.0.0.1:9",
  };
  // A room that is not there: where the packages are found after all, not the whole suite is to run.
  for (const args of [["test", "no-such-room"], ["compile"], ["demo"]]) {
    const { code, stderr } = await new Deno.Command(`${REPOSITORY}/dev`, {
      args,
      clearEnv: true,
      env,
    }).output();
    const text = new TextDecoder().decode(stderr);
    assert.deepEqual([args, code], [args, 3], text);
    assert.match(
      text,
      /^error: a package .*\n {2}found: no answer for http:\/\/127\.0\.0\.1:9\/.*\n {2}fix: connect.*\n$/,
    );
  }
  Deno.removeSync(env.DENO_DIR, { recursive: true });
});
