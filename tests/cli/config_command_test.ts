import assert from "node:assert/strict";
import type { Output } from "../../mod/terminal/output.ts";
import { run } from "../../mod/commands/config.ts";
import { ALL_SETTINGS, type Settings } from "../../mod/config/settings.ts";
import { runTicklake } from "../services/services.ts";

interface Row {
  setting: string;
  flag: string | null;
  value: string | null;
  source: string;
}

Deno.test("config shows each setting, its value and where it came from", async () => {
  const cwd = Deno.makeTempDirSync();
  Deno.writeTextFileSync(`${cwd}/.env`, "KAFKA_GROUP_ID=of-file\nAWS_REGION=eu-north-1\n");
  const { code, stdout, stderr } = await runTicklake(
    ["config", "--flush-interval", "90s", "--json"],
    { cwd, env: { KAFKA_TOPIC: "of-environment" } },
  );
  Deno.removeSync(cwd, { recursive: true });
  assert.deepEqual([code, stderr], [0, ""]);
  const document = JSON.parse(stdout) as { settings: Row[]; envFile: string };
  assert.equal(document.envFile, ".env");
  assert.equal(document.settings.length, ALL_SETTINGS.length);
  const row = (name: string) => document.settings.find(({ setting }) => setting === name);
  assert.deepEqual(row("TICKLAKE_FLUSH_INTERVAL"), {
    setting: "TICKLAKE_FLUSH_INTERVAL",
    flag: "--flush-interval",
    value: "90s",
    source: "--flush-interval",
  });
  assert.deepEqual(row("KAFKA_TOPIC")!.source, "KAFKA_TOPIC in the environment");
  assert.deepEqual(row("KAFKA_GROUP_ID")!.value, "of-file");
  assert.deepEqual(row("KAFKA_GROUP_ID")!.source, "KAFKA_GROUP_ID in .env");
  assert.deepEqual([row("AWS_S3_BUCKET")!.value, row("AWS_S3_BUCKET")!.source], [null, "unset"]);
});

Deno.test("config without --json is a table", async () => {
  const { stdout } = await runTicklake(["config"], { env: { KAFKA_TOPIC: "quotes" } });
  assert.match(stdout, /^KAFKA_TOPIC +quotes +KAFKA_TOPIC in the environment$/m);
});

Deno.test("a warning about a wrong name goes to standard error", async () => {
  const { code, stderr } = await runTicklake(["config"], { env: { TICKLAKE_FORMATS: "x" } });
  assert.equal(code, 0);
  assert.equal(
    stderr,
    "warning: TICKLAKE_FORMATS in the environment is not a setting; did you mean TICKLAKE_FORMAT?\n",
  );
});

Deno.test("config never shows a secret, in text or in JSON", async () => {
  for (const json of [false, true]) {
    const written: string[] = [];
    const output = {
      json,
      line: (text: string) => written.push(text),
      document: (value: unknown) => written.push(JSON.stringify(value)),
    } as unknown as Output;
    const resolved = [{
      key: "topic" as const,
      setting: {
        type: "string",
        group: "common",
        secret: true,
        env: "A_SECRET",
        description: "",
        commands: "all",
      },
      value: "hunter2",
      origin: "environment",
      source: "A_SECRET in the environment",
    }] as const;
    await run({
      settings: {} as Settings,
      loaded: { settings: {} as Settings, resolved: [...resolved], warnings: [] },
      commands: [],
      args: [],
      output,
      signal: new AbortController().signal,
    });
    assert.match(written.join("\n"), /A_SECRET/);
    assert.match(written.join("\n"), /not shown/);
    assert.doesNotMatch(written.join("\n"), /hunter2/);
  }
});
