import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import { serviceTest } from "../services/services.ts";
import { missingProgram, skippableTest } from "../services/skippable.ts";
import { REPOSITORY, runTool } from "../services/tools_folder.ts";

const ENV_FILE = "/etc/ticklake/ticklake.env";

/** Modes of the packages' files by path; the shells' own folders differ. */
function expected(zsh: string): Record<string, string> {
  const plain = [
    "/usr/lib/systemd/system/ticklake-consume.service",
    "/usr/lib/systemd/system/ticklake-produce.service",
    "/usr/share/bash-completion/completions/ticklake",
    "/usr/share/doc/ticklake/copyright",
    "/usr/share/doc/ticklake/ticklake-cron",
    "/usr/share/fish/vendor_completions.d/ticklake.fish",
    "/usr/share/man/man1/ticklake.1.gz",
    `${zsh}/_ticklake`,
  ];
  return {
    ...Object.fromEntries(plain.map((path) => [path, "-rw-r--r-- root root"])),
    "/usr/bin/ticklake": "-rwxr-xr-x root root",
    [ENV_FILE]: "-rw------- root root",
  };
}

/** Builds the packages as the release does, of a binary for Linux, and takes them away at the end. */
async function packages(binary: string): Promise<{ deb: string; rpm: string } & AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "ticklake-packages-" });
  await Deno.symlink(binary, `${folder}/ticklake-linux-x64`);
  await runTool(`${REPOSITORY}/dev`, ["packages", folder]);
  return {
    deb: `${folder}/ticklake_${manifest.version}_amd64.deb`,
    rpm: `${folder}/ticklake-${manifest.version}-1.x86_64.rpm`,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** A file that stands for the executable where what it does is of no interest. */
async function smallBinary(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "#!/bin/sh\necho ticklake\n");
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

/** A root folder of a host with systemd, whose `systemctl` notes what it is asked. */
async function host() {
  const root = await Deno.makeTempDir({ prefix: "ticklake-host-" });
  const asked = `${root}/asked`;
  await Deno.mkdir(`${root}/run/systemd/system`, { recursive: true });
  await Deno.mkdir(`${root}/var/lib/dpkg/updates`, { recursive: true });
  await Deno.mkdir(`${root}/var/lib/dpkg/info`, { recursive: true });
  for (const file of ["status", "available"]) {
    await Deno.writeTextFile(`${root}/var/lib/dpkg/${file}`, "");
  }
  await Deno.mkdir(`${root}/fake`);
  const script = `#!/bin/sh\necho "$*" >> '${asked}'\n`;
  await Deno.writeTextFile(`${root}/fake/systemctl`, script, { mode: 0o755 });
  const path = `${root}/fake:/usr/sbin:/usr/bin:/sbin:/bin`;
  return {
    root,
    /** Runs dpkg as if the host were this folder; as nobody's root where we are not. */
    dpkg: (...args: string[]) => {
      const to = ["--root", root, "--force-not-root", "--force-script-chrootless"];
      const line = ["dpkg", ...to, "--force-depends", "--force-confdef", "--force-confold"];
      const program = Deno.uid() === 0 ? [] : ["unshare", "--map-root-user"];
      const [first, ...rest] = [...program, ...line, "--log", `${root}/log`, ...args];
      return runTool(first, rest, { PATH: path });
    },
    /** What systemctl was asked since the last call. */
    async asked(): Promise<string[]> {
      const text = await Deno.readTextFile(asked).catch(() => "");
      await Deno.remove(asked).catch(() => {});
      return text.split("\n").filter((line) => line !== "");
    },
    path,
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

const RELOAD = "daemon-reload";
const UNITS = "ticklake-consume.service ticklake-produce.service";

serviceTest(
  "the .deb installs a program that runs, with its units, and an upgrade keeps the settings",
  { needs: ["binary"] },
  async () => {
    await using built = await packages(Deno.env.get("TEST_BINARY")!);
    const listing = (await runTool("dpkg-deb", ["--contents", built.deb])).split("\n");
    const files = listing.map((line) => line.split(/\s+/)).filter(([mode]) => mode[0] !== "d");
    assert.deepEqual(
      Object.fromEntries(
        files.map(([mode, owner, , , , path]) => [
          path.slice(1),
          `${mode} ${owner.replace("/", " ")}`,
        ]),
      ),
      expected("/usr/share/zsh/vendor-completions"),
    );

    await using at = await host();
    await at.dpkg("--install", built.deb);
    assert.deepEqual(await at.asked(), [RELOAD, `try-restart ${UNITS}`]);
    const program = `${at.root}/usr/bin/ticklake`;
    assert.equal(await runTool(program, ["--version"]), manifest.version);
    for (const unit of UNITS.split(" ")) {
      const text = await Deno.readTextFile(`${at.root}/usr/lib/systemd/system/${unit}`);
      assert.match(text, /^ExecStart=ticklake /m, "found wherever it was installed");
      assert.ok(text.includes(`EnvironmentFile=${ENV_FILE}\n`));
    }

    const own = "KAFKA_BOOTSTRAP_SERVERS=10.0.0.1:9092\n";
    await Deno.writeTextFile(at.root + ENV_FILE, own);
    await at.dpkg("--install", built.deb);
    assert.deepEqual(await at.asked(), [RELOAD, RELOAD, `try-restart ${UNITS}`], "not stopped");
    assert.equal(await Deno.readTextFile(at.root + ENV_FILE), own);

    await Deno.mkdir(`${at.root}/var/lib/ticklake`);
    await Deno.writeTextFile(`${at.root}/var/lib/ticklake/log.sqlite`, "rows");
    await at.dpkg("--remove", "ticklake");
    assert.deepEqual(await at.asked(), [`disable --now ${UNITS}`, RELOAD]);
    assert.equal(await Deno.readTextFile(at.root + ENV_FILE), own, "until it is purged");
    await at.dpkg("--purge", "ticklake");
    await assert.rejects(Deno.stat(at.root + ENV_FILE), Deno.errors.NotFound);
    await Deno.stat(`${at.root}/var/lib/ticklake/log.sqlite`);
  },
);

skippableTest({
  name: "the .rpm has the same files, keeps changed settings and runs the same scripts",
  missing: missingProgram("rpm"),
  async fn() {
    await using binary = await smallBinary();
    await using built = await packages(binary.path);
    const rpm = (...args: string[]) => runTool("rpm", ["--query", "--package", ...args, built.rpm]);
    const format = "[%{FILEMODES:perms} %{FILEUSERNAME} %{FILEGROUPNAME} %{FILENAMES}\n]";
    const lines = (await rpm("--queryformat", format)).split("\n");
    assert.deepEqual(
      Object.fromEntries(
        lines.map((line) => line.split(" ")).map(([m, u, g, f]) => [
          f,
          `${m} ${u} ${g}`,
        ]),
      ),
      expected("/usr/share/zsh/site-functions"),
    );
    assert.equal(await rpm("--configfiles"), ENV_FILE);
    assert.match(
      await rpm("--queryformat", "[%{FILENAMES} %{FILEFLAGS:fflags}\n]"),
      /ticklake\.env cn$/m,
    );
    assert.match(await rpm("--requires"), /^glibc >= 2\.27$/m);
    // rpm checks the digests of header and payload.
    assert.match(await runTool("rpm", ["--checksig", "--nosignature", built.rpm]), /digests OK/);

    await using at = await host();
    const script = async (name: string, argument: string) => {
      const text = await rpm("--queryformat", `%{${name}}`);
      // Its own tests of what kind of host it is are dpkg's: rpm runs it in the root folder.
      await runTool("sh", ["-c", text, "script", argument], { PATH: at.path, DPKG_ROOT: at.root });
      return await at.asked();
    };
    const restarted = [RELOAD, `try-restart ${UNITS}`];
    assert.deepEqual(await script("POSTIN", "1"), restarted, "installation");
    assert.deepEqual(await script("POSTIN", "2"), restarted, "upgrade");
    assert.deepEqual(await script("PREUN", "1"), [], "upgrade");
    assert.deepEqual(await script("PREUN", "0"), [`disable --now ${UNITS}`], "removal");
    assert.deepEqual(await script("POSTUN", "0"), [RELOAD]);
    // A container has no systemd.
    await Deno.remove(`${at.root}/run`, { recursive: true });
    for (const name of ["POSTIN", "PREUN", "POSTUN"]) assert.deepEqual(await script(name, "0"), []);
  },
});
