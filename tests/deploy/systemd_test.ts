import assert from "node:assert/strict";
import { parseLine } from "../../mod/cli/program.ts";
import { loadSettings } from "../../mod/config/load.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

const UNITS = ["ticklake-consume", "ticklake-produce"];

/** A unit's settings, by section; a name that stands there several times has several values. */
function read(unit: string): Record<string, Record<string, string[]>> {
  const sections: Record<string, Record<string, string[]>> = {};
  let section: Record<string, string[]> = {};
  for (const line of Deno.readTextFileSync(pathOf(unit)).split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [, heading] = /^\[(\w+)\]$/.exec(line) ?? [];
    if (heading !== undefined) {
      section = sections[heading] = {};
      continue;
    }
    const at = line.indexOf("=");
    assert.ok(at > 0, line);
    (section[line.slice(0, at)] ??= []).push(line.slice(at + 1));
  }
  return sections;
}

function pathOf(unit: string): string {
  return `${REPOSITORY}/deploy/systemd/${unit}.service`;
}

for (const unit of UNITS) {
  Deno.test(`${unit} restarts after failures, but not after wrong settings`, () => {
    const { Unit, Service, Install } = read(unit);
    assert.deepEqual(Service.Restart, ["on-failure"]);
    assert.deepEqual(Service.RestartPreventExitStatus, ["2 4"]);
    assert.deepEqual(Unit.StartLimitIntervalSec, ["0"], "however often");
    assert.deepEqual(Install.WantedBy, ["multi-user.target"]);
  });

  Deno.test(`${unit} runs as nobody, on a read-only system, without new privileges`, () => {
    const { Service } = read(unit);
    for (
      const [name, value] of [
        ["DynamicUser", "yes"],
        ["NoNewPrivileges", "yes"],
        ["ProtectSystem", "strict"],
        ["ProtectHome", "yes"],
        ["PrivateTmp", "yes"],
        ["PrivateDevices", "yes"],
        ["CapabilityBoundingSet", ""],
      ]
    ) {
      assert.deepEqual(Service[name], [value], name);
    }
    // The one place that it may write is the one where its embedded parts would lie.
    const [state] = Service.StateDirectory;
    assert.ok(Service.Environment.includes(`TICKLAKE_HOME=/var/lib/${state}`));
    assert.deepEqual(Service.WorkingDirectory, [`/var/lib/${state}`]);
  });

  Deno.test(`${unit}'s command line is one that the program understands`, () => {
    const { Service: { ExecStart: [line] } } = read(unit);
    const [program, ...words] = line.split(" ");
    assert.equal(program, "/usr/local/bin/ticklake");
    const parsed = parseLine(words, "0");
    assert.ok("invocation" in parsed, line);
    const { settings } = loadSettings({ flags: parsed.invocation.flags, environment: {} });
    assert.equal(settings.logFormat, "json");
    assert.match(settings.metrics!, /^127\.0\.0\.1:\d+$/, "metrics for this host only");
  });

  Deno.test({
    name: `${unit} passes systemd's own checks, and is exposed little`,
    ignore: !await hasSystemd(),
    async fn() {
      const folder = await Deno.makeTempDir();
      const file = `${folder}/${unit}.service`;
      // It wants the program to be there.
      const text = Deno.readTextFileSync(pathOf(unit)).replace(
        "/usr/local/bin/ticklake",
        "/bin/true",
      );
      await Deno.writeTextFile(file, text);
      await systemdAnalyze("verify", "--man=no", file);
      await systemdAnalyze("security", "--offline=true", "--threshold=20", file);
      await Deno.remove(folder, { recursive: true });
    },
  });
}

async function hasSystemd(): Promise<boolean> {
  try {
    return (await new Deno.Command("systemd-analyze", { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}

async function systemdAnalyze(...args: string[]): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command("systemd-analyze", { args }).output();
  const said = new TextDecoder().decode(stderr);
  assert.ok(success, said + new TextDecoder().decode(stdout));
  assert.equal(said, "");
}
