import assert from "node:assert/strict";
import type { Resolved } from "../../mod/config/resolved.ts";
import { redaction } from "../../mod/config/redaction.ts";
import type { SettingKey } from "../../mod/config/settings.ts";

function secret(value: string): Resolved {
  const setting = {
    type: "string",
    group: "common",
    secret: true,
    commands: "all",
    description: "",
  } as const;
  return { key: "password" as SettingKey, setting, value, origin: "environment", source: "" };
}

Deno.test("a secret setting's value is taken out of a text, wherever it stands", () => {
  const redact = redaction([secret("hunter22")], {});
  assert.equal(redact("login hunter22 failed; hunter22!"), "login (secret) failed; (secret)!");
});

Deno.test("a secret is found in JSON and in a URL too", () => {
  const redact = redaction([secret('a"b\\c/d')], {});
  assert.equal(redact(JSON.stringify({ password: 'a"b\\c/d' })), '{"password":"(secret)"}');
  assert.equal(redact(`http://u:${encodeURIComponent('a"b\\c/d')}@host`), "http://u:(secret)@host");
});

Deno.test("AWS's secrets are taken out, its access key's name stays", () => {
  const redact = redaction([], {
    AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI",
    AWS_SESSION_TOKEN: "FwoGZXIvYXdzE",
  });
  assert.equal(redact("AKIAEXAMPLE wJalrXUtnFEMI FwoGZXIvYXdzE"), "AKIAEXAMPLE (secret) (secret)");
});

Deno.test("of two secrets the one that contains the other goes whole", () => {
  const redact = redaction([secret("pass"), secret("password1")], {});
  assert.equal(redact("password1 pass"), "(secret) (secret)");
});

Deno.test("values of other settings stay", () => {
  const open: Resolved = {
    ...secret("quotes"),
    setting: { type: "string", group: "common", commands: "all", description: "" },
  };
  assert.equal(redaction([open], {})("topic quotes"), "topic quotes");
});
