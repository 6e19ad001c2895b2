import assert from "node:assert/strict";
import { serveHttp, type ServeHttpOptions } from "../../../mod/ops/http/serve_http.ts";
import { HostileClient } from "../../hostile/hostile_client.ts";

/** Milliseconds within which a connection must be closed whose limit is far shorter. */
const PATIENCE_MS = 20_000;

const SHORT = 100;
const LONG = 600_000;

const REQUEST = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/** Larger than what the kernel keeps of an answer that nobody reads. */
const LARGE = new Uint8Array(64 * 2 ** 20);

function started(options: Partial<ServeHttpOptions>) {
  const stop = new AbortController();
  const server = serveHttp({ hostname: "127.0.0.1", port: 0 }, {
    source: "--listen",
    signal: stop.signal,
    answer: () => new Response("here\n"),
    maxConnections: 100,
    ...options,
  });
  const client = new HostileClient(server.addr.port);
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.close();
      stop.abort();
      await server.finished;
    },
  };
}

Deno.test("a connection that sends nothing, or half of a head, is closed after the limit for heads", async () => {
  await using server = started({ limits: { headMs: SHORT, idleMs: LONG, writeMs: LONG } });
  await server.client.open(5);
  await server.client.open(5, "GET / HTTP/1.1\r\n");
  assert.equal(await server.client.closed(PATIENCE_MS), 10);
});

Deno.test("a connection that is idle after its answer is closed after the limit for idling", async () => {
  await using server = started({ limits: { headMs: LONG, idleMs: SHORT, writeMs: LONG } });
  await server.client.open(5, REQUEST);
  assert.equal(await server.client.ended(PATIENCE_MS), 5);
});

Deno.test("a connection whose answer is never read is closed after the limit for writing", async () => {
  const limits = { headMs: LONG, idleMs: LONG, writeMs: SHORT };
  const ended = Promise.withResolvers<void>();
  let streams = 0;
  await using server = started({
    limits,
    answer: () => {
      streams++;
      const body = new ReadableStream({
        pull: (controller) => controller.enqueue(LARGE),
        cancel() {
          if (--streams === 0) ended.resolve();
        },
      }, { highWaterMark: 0 });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    },
  });
  await server.client.open(5, REQUEST);
  await ended.promise;
});

Deno.test("beyond the cap a connection replaces the one that is idle longest", async () => {
  await using server = started({
    maxConnections: 3,
    limits: { headMs: LONG, idleMs: LONG, writeMs: LONG },
  });
  const { client } = server;
  await client.open(10);
  assert.equal(
    await client.send(REQUEST.replace("Host", "Connection: close\r\nHost")).then(lastLine),
    "here",
  );
  // Two of the ten are left, and have no limit to wait for.
  assert.equal(await client.closed(500), 8);
});

Deno.test("beyond the cap a connection is closed where all others wait for an answer", async () => {
  const release = Promise.withResolvers<void>();
  let waiting = 0;
  const full = Promise.withResolvers<void>();
  await using server = started({
    maxConnections: 3,
    answer: async () => {
      if (++waiting === 3) full.resolve();
      await release.promise;
      return new Response("late\n");
    },
  });
  await server.client.open(3, REQUEST.replace("Host", "Connection: close\r\nHost"));
  await full.promise;
  assert.equal(await server.client.send(REQUEST), "");
  release.resolve();
  assert.equal(await server.client.ended(PATIENCE_MS), 3);
  assert.equal(waiting, 3);
});

function lastLine(text: string): string {
  return text.trimEnd().split("\r\n").at(-1)!;
}
