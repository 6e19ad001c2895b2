import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import { DashboardAccess } from "../../mod/live/dashboard_access.ts";
import { GuessLimit } from "../../mod/live/guess_limit.ts";
import { Sessions } from "../../mod/live/sessions.ts";
import { runTicklake, spawnTicklake } from "../services/services.ts";

const TOKEN = "a-token-of-many-characters";
const LOCAL = { hostname: "127.0.0.1", port: 1 };
const ANYWHERE = { hostname: "0.0.0.0", port: 1 };

Deno.test("other hosts see nothing without a token, and the token is long", () => {
  const usage = (error: unknown) => error instanceof Failure && error.kind === "usage";
  assert.throws(() => new DashboardAccess(ANYWHERE, undefined), usage);
  assert.throws(() => new DashboardAccess(ANYWHERE, "short"), usage);
  new DashboardAccess(ANYWHERE, TOKEN);
  new DashboardAccess(LOCAL, undefined);
});

Deno.test("a script sends the token as Bearer; a browser gets a session for it, once", () => {
  const access = new DashboardAccess(ANYWHERE, TOKEN);
  const ask = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    access.refuse(new Request(`http://example.test${path}`, { headers, method }), "192.0.2.1");
  assert.equal(ask("/")?.status, 401);
  assert.equal(ask("/api/state")?.status, 401);
  assert.equal(ask("/", { authorization: "Bearer wrong" })?.status, 401);
  assert.equal(ask("/", { authorization: `Bearer ${TOKEN}` }), undefined);
  assert.equal(ask(`/?token=${TOKEN}`)?.status, 401, "an address stays in histories and logs");
  assert.equal(ask("/login", { authorization: "Bearer wrong" }, "POST")?.status, 401);
  const login = ask("/login", { authorization: `Bearer ${TOKEN}` }, "POST")!;
  assert.equal(login.status, 204);
  const cookie = login.headers.get("set-cookie")!;
  assert.match(cookie, /; HttpOnly; SameSite=Strict/);
  assert.ok(!cookie.includes(TOKEN));
  assert.equal(ask("/", { cookie: cookie.split(";")[0] }), undefined);
  assert.equal(ask("/", { cookie: `other=1; ${cookie.split(";")[0]}; more=2` }), undefined);
  for (const wrong of ["wrong", "%", "", TOKEN, "0".repeat(64)]) {
    assert.equal(ask("/", { cookie: `ticklake_session=${wrong}` })?.status, 401);
  }
  for (const file of ["/login.js", "/login.html", "/app.css"]) assert.equal(ask(file), undefined);
});

Deno.test("a token cannot be found by trying: an address has ten guesses a minute, all have 200", () => {
  const access = new DashboardAccess(ANYWHERE, TOKEN);
  const guess = (token: string, remote: string) =>
    access.refuse(
      new Request("http://example.test/", { headers: { authorization: `Bearer ${token}` } }),
      remote,
    )?.status;
  for (let i = 0; i < 10; i++) assert.equal(guess(`wrong ${i}`, "192.0.2.1"), 401);
  assert.equal(guess(TOKEN, "192.0.2.1"), 429);
  assert.equal(guess(TOKEN, "192.0.2.2"), undefined, "others are not shut out");
  for (let i = 0; i < 200; i++) guess("wrong", `203.0.113.${i}`);
  assert.equal(guess(TOKEN, "198.51.100.1"), 429);
});

Deno.test("a minute after wrong guesses the right token is let in again", () => {
  let now = 0;
  const guesses = new GuessLimit(() => now);
  assert.ok(guesses.allows("192.0.2.1"));
  for (let i = 0; i < 200; i++) guesses.wrong("192.0.2.1");
  assert.ok(!guesses.allows("192.0.2.1") && !guesses.allows("192.0.2.2"));
  now = 59_000;
  assert.ok(!guesses.allows("192.0.2.1"));
  now = 121_000;
  assert.ok(guesses.allows("192.0.2.1") && guesses.allows("192.0.2.2"));
});

Deno.test("a session ends, and the oldest of many makes room", () => {
  let now = 0;
  const sessions = new Sessions(() => now);
  const first = sessions.begin();
  assert.ok(sessions.has(first));
  for (let i = 0; i < 100; i++) sessions.begin();
  assert.ok(!sessions.has(first));
  const last = sessions.begin();
  now = 12 * 3_600_000;
  assert.ok(!sessions.has(last));
});

Deno.test("a page of another site cannot reach the dashboard by a name that leads here", () => {
  const access = new DashboardAccess(LOCAL, undefined);
  const ask = (host: string) => access.refuse(new Request(`http://${host}:1/`), "127.0.0.1");
  assert.equal(ask("evil.test")?.status, 403);
  for (const host of ["127.0.0.1", "localhost", "[::1]"]) assert.equal(ask(host), undefined);
});

Deno.test("the name that the browser was given is the one that counts, whatever it leads to", async () => {
  const home = await Deno.makeTempDir({ prefix: "ticklake-access-" });
  try {
    await using dashboard = spawnTicklake(["dashboard", "--home", home, "--listen", "127.0.0.1:0"]);
    const [, port] = await dashboard.waitFor(/dashboard at \S+:(\d+)/);
    const ask = async (request: string) => {
      using connection = await Deno.connect({ port: Number(port) });
      await connection.write(
        new TextEncoder().encode(`${request}\r\nConnection: close\r\n\r\n`),
      );
      const [head] = (await new Response(connection.readable).text()).split("\r\n\r\n");
      return head.split(" ")[1];
    };
    assert.equal(await ask(`GET /api/state HTTP/1.1\r\nHost: evil.test:${port}`), "403");
    assert.equal(await ask(`GET /api/events HTTP/1.1\r\nHost: 127.0.0.1.evil.test`), "403");
    assert.equal(await ask(`GET /api/state HTTP/1.1\r\nHost: localhost:${port}`), "200");
    assert.equal(await ask(`POST /api/state HTTP/1.1\r\nHost: localhost:${port}`), "405");
    assert.equal(await ask(`GET /../main.ts HTTP/1.1\r\nHost: localhost:${port}`), "404");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("the dashboard serves with a strict policy, to loopback; its token is asked for elsewhere", async () => {
  const home = await Deno.makeTempDir({ prefix: "ticklake-access-" });
  try {
    const open = await runTicklake(["dashboard", "--home", home, "--listen", "0.0.0.0:0"]);
    assert.equal(open.code, 2);
    assert.match(open.stderr, /without a token[\s\S]*fix: Set TICKLAKE_DASHBOARD_TOKEN/);
    await using dashboard = spawnTicklake(
      ["dashboard", "--home", home, "--listen", "0.0.0.0:0"],
      { env: { TICKLAKE_DASHBOARD_TOKEN: TOKEN } },
    );
    const [, port] = await dashboard.waitFor(/dashboard at \S+:(\d+)/);
    const url = `http://127.0.0.1:${port}`;
    const refused = await fetch(url);
    await refused.body?.cancel();
    assert.equal(refused.status, 401);
    const answer = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } });
    await answer.body?.cancel();
    assert.equal(answer.status, 200);
    const policy = answer.headers.get("content-security-policy")!;
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    const stopped = await dashboard.stop();
    assert.equal(stopped.code, 0);
    assert.doesNotMatch(stopped.stdout + stopped.stderr, new RegExp(TOKEN));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
