import assert from "node:assert/strict";
import type { Resolved } from "../../mod/config/resolved.ts";
import { secretsOf } from "../../mod/config/redaction.ts";
import { Secrets } from "../../mod/failure/secrets.ts";
import { type SettingKey, SETTINGS } from "../../mod/config/settings.ts";

function redaction(...given: Parameters<typeof secretsOf>): (text: string) => string {
  const secrets = new Secrets();
  secrets.keep(...secretsOf(...given));
  return (text) => secrets.redact(text);
}

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

Deno.test("a secret URL is found as a parser writes it, and by its path", () => {
  const given =
    "HTTPS://Hooks.Example.COM:443/a/../services/T0000/b%2Dtoken-of-n0body?key=v3ry-secret";
  const redact = redaction([secret(given)], {});
  const url = new URL(given);
  for (
    const text of [
      given,
      url.href,
      `${url.pathname}${url.search}`,
      "b%2Dtoken-of-n0body",
      "b-token-of-n0body",
      "key=v3ry-secret",
    ]
  ) {
    assert.doesNotMatch(redact(`error for ${text}.`), /n0body|v3ry/, text);
  }
});

Deno.test("user information is taken out of any URL, of AWS's endpoint and of a proxy too", () => {
  const registry: Resolved = {
    ...secret("http://bob:h%75nter22@registry:8081"),
    setting: { type: "string", group: "common", commands: "all", description: "" },
  };
  const redact = redaction([registry], {
    AWS_ENDPOINT_URL: "http://key:pa55word@127.0.0.1:9000",
    AWS_ENDPOINT_URL_S3: "https://0nly-a-token@s3.example",
    HTTPS_PROXY: "http://proxy:s3cret-proxy@proxy:3128",
  });
  const text = "bob:h%75nter22@ hunter22 key:pa55word@ 0nly-a-token@ proxy:s3cret-proxy@";
  assert.doesNotMatch(redact(text), /nter22|pa55word|0nly|s3cret/);
});

Deno.test("a secret is found as basic authentication sends it, and behind the colon of a credential", () => {
  const setting = { type: "string", group: "common", commands: "all", description: "" } as const;
  const user: Resolved = {
    key: "registryUser",
    setting: { ...setting, env: SETTINGS.registryUser.env },
    value: "alice",
    origin: "environment",
    source: "",
  };
  const redact = redaction([user, secret("client:hunter22")], {});
  assert.equal(redact("client_secret=hunter22"), "client_secret=(secret)");
  assert.equal(redact(`Basic ${btoa("client:hunter22")}`), "Basic (secret)");
  assert.equal(redact(`Basic ${btoa("alice:client:hunter22")}`), "Basic (secret)");
});
