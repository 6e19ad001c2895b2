import assert from "node:assert/strict";
import { runTicklake, type Spawned, spawnTicklake } from "../services/services.ts";
import { HostileClient } from "./hostile_client.ts";

/** Files that the program may have open: as few as leave it room to work. */
const FILES = 160;

/** Connections that are more than its files. */
const CONNECTIONS = 400;

const LIMITED = ["sh", "-c", `ulimit -n ${FILES}; exec "$@"`, "sh"];

/** A command that serves a port, and its port's number in its output. */
const SERVERS = [
  {
    args: ["consume", "--metrics", "127.0.0.1:0"],
    port: /http:\/\/127\.0\.0\.1:(\d+)/,
    path: "/metrics",
  },
  {
    args: ["dashboard", "--listen", "127.0.0.1:0"],
    port: /dashboard at \S+:(\d+)/,
    path: "/api/state",
  },
];

/** What clients send that is no request; each gets an answer of that status, or none. */
const NO_REQUESTS: ReadonlyArray<readonly [text: string, status: RegExp]> = [
  ["GET / HTTP/1.1\r\nHost: a b\r\n\r\n", /^HTTP\/1\.1 400 /],
  ["GET / HTTP/1.1\r\nHost: [\r\n\r\n", /^HTTP\/1\.1 400 /],
  ["GET / HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 400 /],
  ["\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\r\n\r\n", /^HTTP\/1\.1 400 /],
  [`GET /${"a".repeat(20_000)} HTTP/1.1\r\n`, /^(HTTP\/1\.1 431 |$)/],
  [`GET / HTTP/1.1\r\nHost: a\r\n${"x: y\r\n".repeat(3000)}\r\n`, /^(HTTP\/1\.1 431 |$)/],
  [
    "GET /../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    /^HTTP\/1\.1 404 /,
  ],
  [
    "GET /%2e%2e/main.ts HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    /^HTTP\/1\.1 404 /,
  ],
  ["GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", /^HTTP\/1\.1 403 /],
  ["POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n123456789", /^HTTP\/1\.1 405 /],
  ["TRACE / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", /^HTTP\/1\.1 501 /],
  [`GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`, /^HTTP\/1\.1 400 /],
];

const home = Deno.makeTempDirSync({ prefix: "ticklake-ports-" });
addEventListener("unload", () => Deno.removeSync(home, { recursive: true }));

async function started({ args, port }: typeof SERVERS[number]): Promise<[Spawned, number]> {
  const produced = await runTicklake(["produce", "-n", "1", "--rate", "max", "--home", home]);
  assert.equal(produced.code, 0, produced.stderr);
  const server = spawnTicklake([...args, "--home", home], { wrapper: LIMITED });
  const [, number] = await server.waitFor(port);
  // From source its threads still load their modules, for which files are needed; the binary has them in it.
  if (args[0] === "consume") await server.waitFor(/reading partitions/);
  return [server, Number(number)];
}

for (const command of SERVERS) {
  const [name] = command.args;
  const answers = async (port: number) =>
    (await fetch(`http://127.0.0.1:${port}${command.path}`, {
      signal: AbortSignal.timeout(5000),
    })).text();

  Deno.test(`${name} continues when more connections idle at its port than it may have files`, async () => {
    const [server, port] = await started(command);
    await using _ = server;
    await using client = new HostileClient(port);
    await client.open(CONNECTIONS / 2);
    await client.open(CONNECTIONS / 2, "GET / HTTP/1.1\r\n");
    client.close();
    await answers(port);
    const { code, stderr } = await server.stop();
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /Uncaught|defect/);
  });

  Deno.test(`${name} answers what is no request with its own status, and logs no flood of it`, async () => {
    const [server, port] = await started(command);
    await using _ = server;
    await using client = new HostileClient(port);
    for (const [text, status] of NO_REQUESTS) {
      assert.match((await client.send(text)).split("\r\n")[0], status, text.slice(0, 60));
    }
    const before = server.stderr.length;
    for (let i = 0; i < 300; i++) await client.send("GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
    await answers(port);
    assert.ok(server.stderr.length - before < 2000, server.stderr.slice(before));
    const { code, stderr } = await server.stop();
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /Uncaught|defect|\n\s+at /);
  });
}

Deno.test("a connection that sends a head byte by byte, or none, is closed in time", async () => {
  const [server, port] = await started(SERVERS[0]);
  await using _ = server;
  await using client = new HostileClient(port);
  await client.open(5);
  await client.open(5, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ");
  assert.equal(await client.closed(8000), 10);
});

Deno.test("--metrics :PORT says that all can reach it", async () => {
  await using server = spawnTicklake(["consume", "--metrics", ":0"]);
  await server.waitFor(/open to everyone who can reach this machine/);
});
