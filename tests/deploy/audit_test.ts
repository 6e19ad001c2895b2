import assert from "node:assert/strict";
import { REPOSITORY } from "../services/tools_folder.ts";

/** The task as CI runs it, against a registry. */
async function audit(registry: string) {
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${REPOSITORY}/deno.json`));
  const [deno, ...args] = tasks.audit.split(" ");
  assert.equal(deno, "deno");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: REPOSITORY,
    env: { NPM_CONFIG_REGISTRY: registry, NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return { code, text };
}

/** Runs it against a registry that gives one answer, and counts the packages that it was asked about. */
async function auditWith(answer: () => Response) {
  let packages = 0;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    packages = Object.keys(await request.json()).length;
    return answer();
  });
  try {
    return { ...await audit(`http://127.0.0.1:${server.addr.port}/`), packages };
  } finally {
    await server.shutdown();
  }
}

const advisory = (severity: string) => () =>
  Response.json({
    kafkajs: [{
      id: 1,
      url: "https://github.com/advisories/GHSA-0000-0000-0000",
      title: "a weakness",
      severity,
      vulnerable_versions: "<99",
      cwe: [],
      cvss: { score: 7.5, vectorString: null },
    }],
  });

Deno.test("the audit fails on a package with a high or critical advisory, and names it", async () => {
  for (const severity of ["high", "critical"]) {
    const { code, text, packages } = await auditWith(advisory(severity));
    assert.equal(code, 1, text);
    assert.match(text, /kafkajs/);
    assert.ok(packages > 50, `${packages} packages`);
  }
});

Deno.test("the audit passes lesser advisories, none, and a registry that does not answer", async () => {
  for (const severity of ["low", "moderate"]) {
    const { code, text } = await auditWith(advisory(severity));
    assert.equal(code, 0, text);
  }
  assert.equal((await auditWith(() => Response.json({}))).code, 0);
  const refused = await auditWith(() => new Response("maintenance", { status: 503 }));
  assert.equal(refused.code, 0, refused.text);
  const closed = await audit("http://127.0.0.1:1/");
  assert.equal(closed.code, 0, closed.text);
  assert.match(closed.text, /Failed to get data from the registry/);
});

Deno.test("CI runs the audit, and heeds it", () => {
  const ci = Deno.readTextFileSync(`${REPOSITORY}/.github/workflows/ci.yml`);
  assert.match(ci, /- run: \.\/dev audit\n/);
  assert.doesNotMatch(ci, /continue-on-error/);
});
