import assert from "node:assert/strict";
import { RELEASE_TARGETS } from "../../scripts/release_targets.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

/** A release on a server of this host, made by the script that makes the real ones. */
interface Release extends AsyncDisposable {
  url: string;
  /** Folder of its files. */
  folder: string;
  /** An empty folder to install into. */
  to: string;
}

const REPOSITORY_URL = "https://example.com/someone/ticklake";

async function release(version: string): Promise<Release> {
  const root = await Deno.makeTempDir({ prefix: "ticklake-install-" });
  const folder = `${root}/release`;
  await Deno.mkdir(folder);
  for (const target of Object.keys(RELEASE_TARGETS)) {
    const script = `#!/bin/sh\n[ "$1" = --version ] && echo "${version}" # ${target}\n`;
    await Deno.writeTextFile(`${folder}/ticklake-${target}`, script);
  }
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "pack-release", folder, REPOSITORY_URL],
    cwd: REPOSITORY,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      try {
        return new Response(await Deno.readFile(folder + new URL(request.url).pathname));
      } catch {
        return new Response(null, { status: 404 });
      }
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    folder,
    to: `${root}/bin`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await Deno.remove(root, { recursive: true });
    },
  };
}

interface Installed {
  code: number;
  stdout: string;
  stderr: string;
}

async function install(
  { url, to, folder }: Release,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<Installed> {
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: [`${folder}/install.sh`, "--from", url, "--to", to, ...args],
    env,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Where a program lies. */
async function pathOf(program: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", `command -v ${program}`] })
    .output();
  return new TextDecoder().decode(stdout).trim();
}

/** Names in a folder; none where it is not there. */
function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

/** A folder of programs that come before the usual ones. */
async function withPrograms(
  programs: Record<string, string>,
  body: (env: Record<string, string>) => Promise<void>,
  hidden: string[] = [],
): Promise<void> {
  const folder = await Deno.makeTempDir();
  for (const [name, script] of Object.entries(programs)) {
    await Deno.writeTextFile(`${folder}/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  let path = `${folder}:${Deno.env.get("PATH")}`;
  if (hidden.length > 0) {
    // The usual programs one by one, without the hidden ones.
    for (const directory of ["/usr/bin", "/bin"]) {
      for (const name of namesIn(directory)) {
        if (hidden.includes(name) || namesIn(folder).includes(name)) continue;
        await Deno.symlink(`${directory}/${name}`, `${folder}/${name}`).catch(() => {});
      }
    }
    path = folder;
  }
  await body({ PATH: path });
  await Deno.remove(folder, { recursive: true });
}

Deno.test("it installs the binary of this host, after verifying it", async () => {
  await using files = await release("1.2.3");
  const { code, stdout, stderr } = await install(files);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^installed ticklake 1\.2\.3 as \S+\/bin\/ticklake$/m);
  assert.match(stdout, /is not in your PATH/);
  assert.deepEqual(namesIn(files.to), ["ticklake"]);
  assert.equal(Deno.statSync(`${files.to}/ticklake`).mode! & 0o777, 0o755);
});

Deno.test("a later one takes the place of an earlier one", async () => {
  await using files = await release("2.0.0");
  await Deno.mkdir(files.to);
  await Deno.writeTextFile(`${files.to}/ticklake`, "old");
  assert.equal((await install(files)).code, 0);
  assert.match(await Deno.readTextFile(`${files.to}/ticklake`), /2\.0\.0/);
});

for (
  const [what, tamper, message] of [
    [
      "a file that was changed",
      (folder: string) =>
        Deno.writeTextFile(`${folder}/ticklake-linux-x64.gz`, "x", { append: true }),
      /the checksum of ticklake-linux-x64\.gz is [0-9a-f]{64}, expected [0-9a-f]{64}: nothing was/,
    ],
    [
      "a file whose checksum is not there",
      (folder: string) => Deno.writeTextFile(`${folder}/SHA256SUMS`, "0  ticklake-macos-x64.gz\n"),
      /SHA256SUMS has no checksum of ticklake-linux-x64\.gz/,
    ],
    [
      "a release without checksums",
      (folder: string) => Deno.remove(`${folder}/SHA256SUMS`),
      /SHA256SUMS cannot be downloaded/,
    ],
    [
      "a release without this host's binary",
      (folder: string) => Deno.remove(`${folder}/ticklake-linux-x64.gz`),
      /ticklake-linux-x64\.gz cannot be downloaded/,
    ],
  ] as const
) {
  Deno.test(`${what} installs nothing and leaves the old one`, async () => {
    await withPrograms({ uname: '[ "$1" = -m ] && echo x86_64 || echo Linux' }, async (env) => {
      await using files = await release("2.0.0");
      await Deno.mkdir(files.to);
      await Deno.writeTextFile(`${files.to}/ticklake`, "old");
      await tamper(files.folder);
      const { code, stderr } = await install(files, [], env);
      assert.equal(code, 1);
      assert.match(stderr, message);
      assert.deepEqual(namesIn(files.to), ["ticklake"]);
      assert.equal(await Deno.readTextFile(`${files.to}/ticklake`), "old");
    });
  });
}

for (
  const [system, machine, target] of [
    ["Linux", "x86_64", "linux-x64"],
    ["Linux", "aarch64", "linux-arm64"],
    ["Darwin", "x86_64", "macos-x64"],
    ["Darwin", "arm64", "macos-arm64"],
  ]
) {
  Deno.test(`${system} on ${machine} gets ${target}`, async () => {
    const uname = `[ "$1" = -m ] && echo ${machine} || echo ${system}`;
    await withPrograms({ uname }, async (env) => {
      await using files = await release("1.0.0");
      const { code, stderr } = await install(files, [], env);
      assert.equal(code, 0, stderr);
      assert.ok((await Deno.readTextFile(`${files.to}/ticklake`)).includes(target));
    });
  });
}

Deno.test("a platform without a binary is named", async () => {
  await withPrograms({ uname: '[ "$1" = -m ] && echo riscv64 || echo Linux' }, async (env) => {
    await using files = await release("1.0.0");
    const { code, stderr } = await install(files, [], env);
    assert.equal(code, 1);
    assert.match(stderr, /there is no binary for riscv64\n {2}fix: build it from source/);
  });
});

Deno.test("without curl it takes wget, without sha256sum it takes shasum", async () => {
  const programs = {
    // The same as ever, under names that the script may take.
    wget: `[ "$1" = --spider ] || exec ${await pathOf("curl")} -fsS -o "$4" "$5"`,
    shasum: 'shift 2; exec openssl dgst -sha256 -r "$@"',
  };
  await withPrograms(programs, async (env) => {
    await using files = await release("1.0.0");
    const { code, stderr } = await install(files, [], env);
    assert.equal(code, 0, stderr);
  }, ["curl", "sha256sum"]);
});

Deno.test("without anything that verifies it installs nothing", async () => {
  await withPrograms({}, async (env) => {
    await using files = await release("1.0.0");
    const { code, stderr } = await install(files, [], env);
    assert.equal(code, 1);
    assert.match(stderr, /so the download cannot be verified/);
    assert.deepEqual(namesIn(files.to), []);
  }, ["sha256sum", "shasum"]);
});

Deno.test("wrong options are named", async () => {
  await using files = await release("1.0.0");
  const wrong = await install(files, ["--prefix", "/opt"]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /unknown option --prefix/);
  assert.match((await install(files, ["--version"])).stderr, /--version needs a value/);
});

Deno.test("the release's script knows where it came from; the one in the source says that it does not", async () => {
  await using files = await release("1.0.0");
  const script = await Deno.readTextFile(`${files.folder}/install.sh`);
  assert.ok(script.includes(`repository='${REPOSITORY_URL}'`));
  assert.ok(!script.includes("@REPOSITORY"));
  const { code, stderr } = await new Deno.Command("sh", {
    args: [`${REPOSITORY}/scripts/install.sh`, "--to", files.to],
  }).output();
  assert.equal(code, 1);
  assert.match(new TextDecoder().decode(stderr), /belongs to no release/);
});

Deno.test("packing twice makes the same files, each with its checksum", async () => {
  await using a = await release("1.0.0");
  await using b = await release("1.0.0");
  const sums = (folder: string) => Deno.readTextFileSync(`${folder}/SHA256SUMS`);
  assert.equal(sums(a.folder), sums(b.folder));
  const files = sums(a.folder).trim().split("\n").map((line) => line.split("  ")[1]);
  assert.deepEqual([...files, "SHA256SUMS"].sort(), namesIn(a.folder), "all files have a checksum");
  assert.ok(files.includes("ticklake-consume.service"));
});

Deno.test("it fetches over TLS alone, or from this host", async () => {
  await using files = await release("1.0.0");
  const plain = await install({ ...files, url: "http://example.test" });
  assert.equal(plain.code, 1);
  assert.match(plain.stderr, /is not fetched without TLS\n {2}fix: /);
  await withPrograms({ curl: 'echo "$@" >&2; exit 1' }, async (env) => {
    const { stderr } = await install({ ...files, url: "https://example.test" }, [], env);
    assert.match(stderr, /^--proto =https --tlsv1\.2 -fsSL /);
  });
});

Deno.test("wget follows a redirect to TLS alone", async () => {
  await using files = await release("1.0.0");
  const programs = {
    wget: `if [ "$1" = --spider ]; then
      case $4 in
        https://example.test/*) echo "  Location: $HOP" >&2 ;;
      esac
      exit 8
    fi
    echo "fetched with $*" >&2; exit 1`,
  };
  await withPrograms(programs, async (env) => {
    const url = "https://example.test";
    const plain = await install({ ...files, url }, [], {
      ...env,
      HOP: "http://other.test/x [following]",
    });
    assert.equal(plain.code, 1);
    assert.match(plain.stderr, /redirects to http:\/\/other\.test\/x, without TLS\n {2}fix: /);
    assert.doesNotMatch(plain.stderr, /fetched/);
    const secure = await install({ ...files, url }, [], { ...env, HOP: "https://other.test/x" });
    assert.match(secure.stderr, /fetched with --max-redirect=0 -q -O \S+ https:\/\/other\.test\/x/);
  }, ["curl"]);
});

Deno.test("a release has a bill of materials: each package with its version and hash", async () => {
  await using files = await release("1.0.0");
  const { components } = JSON.parse(await Deno.readTextFile(`${files.folder}/sbom.cdx.json`));
  const kafkajs = components.find(({ name }: { name: string }) => name === "kafkajs");
  assert.equal(kafkajs.purl, `pkg:npm/kafkajs@${kafkajs.version}`);
  for (const { name, version, hashes } of components) {
    assert.match(`${name} ${version}`, /^(@[\w.-]+\/)?[\w.-]+ \d+\.\d+\.\d+/);
    assert.match(hashes[0].content, /^[0-9a-f]{128}$/);
  }
});
