import assert from "node:assert/strict";
import { loadSettings } from "../../mod/config/load.ts";
import { secretsOf } from "../../mod/config/redaction.ts";
import { Secrets } from "../../mod/failure/secrets.ts";
import { Failure } from "../../mod/failure/failure.ts";

async function withFile(text: string, body: (path: string) => void): Promise<void> {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, text);
  try {
    body(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("a secret may stand in a file that NAME_FILE names; the end of its line is no part of it", async () => {
  await withFile(" blank at both ends \n", (path) => {
    const loaded = loadSettings({ flags: {}, environment: { KAFKA_SASL_PASSWORD_FILE: path } });
    assert.equal(loaded.settings.saslPassword, " blank at both ends ");
    const { source } = loaded.resolved.find(({ key }) => key === "saslPassword")!;
    assert.equal(source, "KAFKA_SASL_PASSWORD_FILE in the environment");
    assert.deepEqual(loaded.warnings, []);
    const secrets = new Secrets();
    secrets.keep(...secretsOf(loaded.resolved, {}));
    assert.equal(secrets.redact("x blank at both ends y"), "x(secret)y");
  });
});

Deno.test("a secret's file that every user of the host can read gives a warning, as a link to it does", async () => {
  await withFile("hunter2", (path) => {
    const warningsOf = (path: string, mode: number) => {
      Deno.chmodSync(path, mode);
      const environment = { KAFKA_SASL_PASSWORD_FILE: path };
      return loadSettings({ flags: {}, environment }).warnings;
    };
    assert.deepEqual(warningsOf(path, 0o600), []);
    // A group is its administrator's choice, as for the secrets of a container.
    assert.deepEqual(warningsOf(path, 0o640), []);
    const warning = (path: string) =>
      `${path} (KAFKA_SASL_PASSWORD_FILE) holds a secret and other users can read it; run \`chmod 600 ${path}\``;
    assert.deepEqual(warningsOf(path, 0o644), [warning(path)]);
    const link = `${path}.link`;
    Deno.symlinkSync(path, link);
    assert.deepEqual(warningsOf(link, 0o604), [warning(link)]);
    Deno.removeSync(link);
  });
});

Deno.test("the secret itself wins over its file", async () => {
  await withFile("from-file", (path) => {
    const environment = { KAFKA_SASL_PASSWORD: "direct", KAFKA_SASL_PASSWORD_FILE: path };
    assert.equal(loadSettings({ flags: {}, environment }).settings.saslPassword, "direct");
  });
});

Deno.test("a file that does not exist or empty is named, its content is not", async () => {
  const load = (path: string) =>
    loadSettings({ flags: {}, environment: { KAFKA_SASL_PASSWORD_FILE: path } });
  assert.throws(
    () => load("/no/such/file"),
    (error) =>
      error instanceof Failure && error.exitCode === 2 &&
      /^KAFKA_SASL_PASSWORD_FILE in the environment: \/no\/such\/file cannot be read/.test(
        error.message,
      ),
  );
  await withFile("\n", (path) => {
    assert.throws(() => load(path), /KAFKA_SASL_PASSWORD_FILE in the environment: expected text/);
  });
});
