import assert from "node:assert/strict";
import { parseLine } from "../cli/parse_line.ts";
import { loadSettings } from "../../mod/config/load.ts";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { until } from "../until.ts";
import { kafka, realS3Env, serviceTest, spawnTicklake, uniqueName } from "../services/services.ts";
import { missingSystemd, skippableTest } from "../services/skippable.ts";
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
        // systemd's own 1024 are used up by as many idle connections to --metrics.
        ["LimitNOFILE", "65536"],
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
    assert.equal(program, "ticklake", "systemd looks in /usr/local/bin, then in /usr/bin");
    const parsed = parseLine(words);
    assert.ok("invocation" in parsed, line);
    const { settings } = loadSettings({ flags: parsed.invocation.flags, environment: {} });
    assert.equal(settings.logFormat, "json");
    assert.match(settings.metrics!, /^127\.0\.0\.1:\d+$/, "metrics for this host only");
  });

  skippableTest({
    name: `${unit} passes systemd's own checks, and is exposed little`,
    missing: missingSystemd(),
    async fn() {
      const folder = await Deno.makeTempDir();
      const file = `${folder}/${unit}.service`;
      // It wants the program to be there.
      const text = Deno.readTextFileSync(pathOf(unit)).replace(
        "ExecStart=ticklake",
        "ExecStart=/bin/true",
      );
      await Deno.writeTextFile(file, text);
      await systemdAnalyze("verify", "--man=no", file);
      await systemdAnalyze("security", "--offline=true", "--threshold=20", file);
      await Deno.remove(folder, { recursive: true });
    },
  });
}

serviceTest(
  "the units' command lines carry rows with the binary, serve their health, and end cleanly when systemd stops them",
  { needs: ["binary", "kafka", "real-s3"] },
  async () => {
    const s3 = realS3Env();
    const env = {
      ...s3,
      AWS_S3_BUCKET: await withEnv(s3, newBucket),
      KAFKA_BOOTSTRAP_SERVERS: kafka()!,
      KAFKA_TOPIC: uniqueName("systemd"),
      KAFKA_GROUP_ID: uniqueName("systemd"),
      TICKLAKE_INTERVAL: "5ms",
      TICKLAKE_FLUSH_INTERVAL: "300ms",
    };
    const start = (unit: string) => {
      const { Service } = read(unit);
      const words = Service.ExecStart[0].split(" ").slice(1);
      // Another port than on the host that the unit is for.
      words[words.indexOf("--metrics") + 1] = "0";
      const own = Service.Environment.map((line) => line.split("=") as [string, string])
        .filter(([name]) => name !== "TICKLAKE_HOME");
      return spawnTicklake(words, { binary: true, env: { ...env, ...Object.fromEntries(own) } });
    };
    await using produce = start("ticklake-produce");
    await produce.waitFor(/sampling/);
    await using consume = start("ticklake-consume");
    for (const program of [produce, consume]) {
      const [, url] = await program.waitFor(/metrics and health at (http:[^"]+)"/);
      await until("ready", async () => (await (await fetch(`${url}/readyz`)).text()) === "ready\n");
    }
    await consume.waitFor(/wrote offsets/);
    for (const program of [consume, produce]) {
      const { code, stdout, stderr } = await program.stop("SIGTERM");
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^(read|sent) \d/);
      // What the journal gets is one event a line.
      for (const line of stderr.trimEnd().split("\n")) JSON.parse(line);
    }
  },
);

async function systemdAnalyze(...args: string[]): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command("systemd-analyze", { args }).output();
  const said = new TextDecoder().decode(stderr);
  assert.ok(success, said + new TextDecoder().decode(stdout));
  assert.equal(said, "");
}
