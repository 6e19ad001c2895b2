import assert from "node:assert/strict";
import { ALL_SETTINGS, COMMAND_NAMES } from "../../mod/config/settings.ts";
import { formatValue, parseValue } from "../../mod/config/value.ts";

Deno.test("every setting can be set, a secret without a flag, and a password by no flag", () => {
  for (const [key, { flag, env, secret }] of ALL_SETTINGS) {
    assert.ok(flag !== undefined || env !== undefined, key);
    if (secret === true) assert.notEqual(env, undefined, key);
    if (/PASSWORD|SECRET|TOKEN/.test(env ?? "")) {
      assert.deepEqual([flag, secret], [undefined, true]);
    }
  }
});

Deno.test("environment names are unique and spelled as such", () => {
  const names = ALL_SETTINGS.flatMap(([, { env }]) => env ?? []);
  assert.equal(new Set(names).size, names.length);
  for (const name of names) {
    assert.match(name, /^(AWS_S3|ICEBERG_REST|KAFKA|SCHEMA_REGISTRY|TICKLAKE)_[A-Z0-9_]+$/);
  }
});

Deno.test("no command takes two settings with one flag", () => {
  for (const command of COMMAND_NAMES.filter((name) => name !== "config")) {
    const taken = ALL_SETTINGS.filter(([, { commands }]) =>
      commands === "all" || commands.includes(command)
    );
    const flags = taken.flatMap(([, { flag, short }]) => [flag, short].filter((x) => x));
    assert.equal(new Set(flags).size, flags.length, command);
    for (const flag of flags) assert.match(flag!, /^(--[a-z][a-z0-9-]*|-[a-zA-Z])$/);
  }
});

Deno.test("every default is a value that could be given", () => {
  for (const [key, setting] of ALL_SETTINGS) {
    if (setting.default === undefined) continue;
    const text = formatValue(setting.type, setting.default);
    assert.equal(parseValue(setting, text, key), setting.default);
  }
});

Deno.test("every setting is described in one sentence without a full stop", () => {
  for (const [key, { description }] of ALL_SETTINGS) {
    assert.match(description, /^[A-Za-z].+[^.]$/s, key);
  }
});

Deno.test("help says what stands after a flag: text and long lists of words have a placeholder", () => {
  for (const [key, { type, placeholder, choices }] of ALL_SETTINGS) {
    if (placeholder !== undefined) assert.match(placeholder, /^<[a-z0-9:,.-]+>$/, key);
    else {
      assert.notEqual(type, "string", key);
      assert.ok((choices ?? []).join().length < 40, key);
    }
  }
});
