import assert from "node:assert/strict";
import { type LoadedSettings, type LoadOptions, loadSettings } from "../../mod/config/load.ts";
import type { SettingKey } from "../../mod/config/settings.ts";

/** Loads with a `.env` file of these lines. */
function load(
  lines: string,
  options: LoadOptions = { flags: {}, environment: {} },
): LoadedSettings & { path: string } {
  const path = Deno.makeTempFileSync();
  try {
    Deno.writeTextFileSync(path, lines);
    return { ...loadSettings({ ...options, flags: { ...options.flags, envFile: path } }), path };
  } finally {
    Deno.removeSync(path);
  }
}

function source(loaded: LoadedSettings, key: SettingKey): string {
  return loaded.resolved.find((resolved) => resolved.key === key)!.source;
}

Deno.test("a flag wins over the environment, that over the file, that over the default", () => {
  const file = "KAFKA_TOPIC=of-file\nKAFKA_GROUP_ID=of-file\nTICKLAKE_PREFIX=of-file\n";
  const loaded = load(file, {
    flags: { topic: "of-flag" },
    environment: { KAFKA_TOPIC: "of-environment", KAFKA_GROUP_ID: "of-environment" },
  });
  assert.equal(loaded.settings.topic, "of-flag");
  assert.equal(source(loaded, "topic"), "--topic");
  assert.equal(loaded.settings.group, "of-environment");
  assert.equal(source(loaded, "group"), "KAFKA_GROUP_ID in the environment");
  assert.equal(loaded.settings.prefix, "of-file");
  assert.equal(source(loaded, "prefix"), `TICKLAKE_PREFIX in ${loaded.path}`);
  assert.equal(loaded.settings.home, ".ticklake");
  assert.equal(source(loaded, "home"), "default");
  assert.equal(loaded.settings.bucket, undefined);
  assert.equal(source(loaded, "bucket"), "unset");
});

Deno.test("values come in their types", () => {
  const { settings } = load(
    "TICKLAKE_FLUSH_INTERVAL=5m\nTICKLAKE_FLUSH_BYTES=1MiB\nTICKLAKE_RATE=max\nTICKLAKE_STRICT=yes",
  );
  assert.equal(settings.flushInterval, 300_000);
  assert.equal(settings.flushBytes, 2 ** 20);
  assert.equal(settings.rate, Infinity);
  assert.equal(settings.strict, true);
});

Deno.test("an empty variable counts as unset", () => {
  const { settings } = load("KAFKA_TOPIC=of-file\nKAFKA_GROUP_ID=\n", {
    flags: {},
    environment: { KAFKA_TOPIC: "", KAFKA_GROUP_ID: "" },
  });
  assert.equal(settings.topic, "of-file");
  assert.equal(settings.group, "ticklake");
});

Deno.test("the file may have comments, quotes, blanks and export, as a shell's", () => {
  const { settings } = load(
    `\uFEFF# Kafka\r\nexport KAFKA_TOPIC="quotes" # ours\r\n KAFKA_GROUP_ID = 'a b'\r\nTICKLAKE_PREFIX='a#b'\r\n`,
  );
  assert.equal(settings.topic, "quotes");
  assert.equal(settings.group, "a b");
  assert.equal(settings.prefix, "a#b");
});

Deno.test("a wrong value names the setting, where it came from and what was expected", () => {
  const wrong = (options: LoadOptions, message: RegExp) =>
    assert.throws(() => load("TICKLAKE_MODE=replays\n", options), { kind: "usage", message });
  wrong(
    { flags: {}, environment: {} },
    /^TICKLAKE_MODE in .+: expected one of sample, replay, simulate, found "replays"$/,
  );
  wrong(
    { flags: {}, environment: { TICKLAKE_MODE: "no" } },
    /^TICKLAKE_MODE in the environment: expected one of sample, replay, simulate, found "no"$/,
  );
  wrong(
    { flags: { mode: "never" }, environment: {} },
    /^--mode: expected one of sample, replay, simulate, found "never"$/,
  );
});

Deno.test("a file that was named and cannot be read is an error", () => {
  assert.throws(() => loadSettings({ flags: { envFile: "no/such/file" }, environment: {} }), {
    kind: "usage",
    message: /^no\/such\/file cannot be read: /,
    fix: /--env-file/,
  });
  assert.throws(() => loadSettings({ flags: { envFile: "tests" }, environment: {} }), {
    kind: "usage",
    message: /^tests cannot be read: /,
  });
});

Deno.test("names of the AWS SDK in the file reach the environment, unless they are there", () => {
  Deno.env.set("AWS_PROFILE_IN_TESTS", "of-environment");
  Deno.env.set("AWS_REGION_IN_TESTS", "");
  try {
    const file = [
      "AWS_PROFILE_IN_TESTS=of-file",
      "AWS_REGION_IN_TESTS=eu-north-1",
      "AWS_ENDPOINT_URL_IN_TESTS=http://127.0.0.1:1",
      "AWS_S3_BUCKET=of-file",
    ];
    const { settings } = load(file.join("\n"), { flags: {} });
    assert.equal(Deno.env.get("AWS_PROFILE_IN_TESTS"), "of-environment");
    assert.equal(Deno.env.get("AWS_REGION_IN_TESTS"), "eu-north-1");
    assert.equal(Deno.env.get("AWS_ENDPOINT_URL_IN_TESTS"), "http://127.0.0.1:1");
    assert.equal(settings.bucket, "of-file");
    assert.equal(Deno.env.get("AWS_S3_BUCKET"), undefined);
  } finally {
    for (const name of ["PROFILE", "REGION", "ENDPOINT_URL"]) {
      Deno.env.delete(`AWS_${name}_IN_TESTS`);
    }
  }
});

Deno.test("a name that is nearly a setting's gives a warning with the right one", () => {
  const { warnings, path } = load("KAFKA_BOOTSTRAP_SERVER=a:1\nAWS_REGION=x\n", {
    flags: {},
    environment: { TICKLAKE_FLUSH_ROW: "1", TICKLAKE_COLOUR: "red", KAFKA_OPTS: "-Dx=y", PATH: "" },
  });
  assert.deepEqual(warnings, [
    `KAFKA_BOOTSTRAP_SERVER in ${path} is not a setting; did you mean KAFKA_BOOTSTRAP_SERVERS?`,
    "TICKLAKE_FLUSH_ROW in the environment is not a setting; did you mean TICKLAKE_FLUSH_ROWS?",
    "TICKLAKE_COLOUR in the environment is not a setting; `ticklake config` lists them",
  ]);
});

Deno.test("a file with secrets that others can read gives a warning", () => {
  const path = Deno.makeTempFileSync();
  const warnings = (mode: number, lines: string) => {
    Deno.writeTextFileSync(path, lines);
    Deno.chmodSync(path, mode);
    return loadSettings({ flags: { envFile: path }, environment: {} }).warnings;
  };
  assert.deepEqual(warnings(0o600, "AWS_SECRET_ACCESS_KEY=hunter2"), []);
  assert.deepEqual(warnings(0o644, "AWS_REGION=eu-north-1"), []);
  assert.deepEqual(warnings(0o644, "AWS_ENDPOINT_URL=http://localhost:9000"), []);
  for (
    const line of [
      "AWS_SECRET_ACCESS_KEY=hunter2",
      "KAFKA_SASL_PASSWORD=hunter2",
      "AWS_ENDPOINT_URL=http://alice:hunter2@localhost:9000",
      "HTTPS_PROXY=http://alice:hunter2@proxy:3128",
    ]
  ) {
    assert.deepEqual(warnings(0o640, line), [
      `${path} holds secrets and other users can read it; run \`chmod 600 ${path}\``,
    ], line);
  }
  Deno.removeSync(path);
});

Deno.test("a value without quotes that a # cuts gives a warning", () => {
  const { warnings, settings, path } = load([
    "TICKLAKE_PREFIX=a#b",
    "export KAFKA_GROUP_ID = a b#c",
    "KAFKA_TOPIC=x # a comment",
    "TICKLAKE_MODE='sample' #a comment",
    "AWS_PROFILE='a#b'",
    "# HOME=a#b",
    "TICKLAKE_HOME=# nothing",
  ].join("\n"));
  assert.equal(settings.prefix, "a");
  assert.deepEqual(warnings, [
    `TICKLAKE_PREFIX in ${path} is cut at the #; put quotes around the value if it belongs to it`,
    `KAFKA_GROUP_ID in ${path} is cut at the #; put quotes around the value if it belongs to it`,
  ]);
});
