import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import { openKafkaBroker } from "../../mod/broker/kafka/kafka_broker.ts";
import { freePort } from "../services/free_port.ts";
import { startKafka } from "../services/kafka/kafka.ts";
import { serviceTest } from "../services/services.ts";
import { kafkaSettings } from "./kafka_settings.ts";

/** Longest time until a start without a broker has failed, as the commands promise it. */
const PROMISED_MS = 15_000;

async function failureOf(servers: string): Promise<Failure> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no failure within 15 s")), PROMISED_MS);
  });
  const opening = openKafkaBroker(kafkaSettings(servers)).then(async (broker) => {
    await broker.close();
    throw new Error("it could be opened");
  });
  try {
    return await Promise.race([late, opening]);
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    return error;
  } finally {
    clearTimeout(timer);
  }
}

Deno.test("a port where nobody listens fails with the address and what to check", async () => {
  const port = freePort();
  const { kind, message, fix } = await failureOf(`127.0.0.1:${port}`);
  assert.equal(kind, "service");
  assert.match(message, new RegExp(`Kafka at 127\\.0\\.0\\.1:${port} cannot be reached`));
  assert.match(message, /ECONNREFUSED/);
  assert.match(fix!, /firewall or security group/);
});

Deno.test("each server of the list is tried", async () => {
  const servers = [freePort(), freePort()].map((port) => `127.0.0.1:${port}`);
  const { message } = await failureOf(servers.join(", "));
  assert.ok(message.includes(`cannot be reached at any of ${servers.join(", ")}`), message);
});

Deno.test("a host that does not exist fails with its name", async () => {
  const { kind, message } = await failureOf("broker.invalid:9092");
  assert.equal(kind, "service");
  assert.match(message, /broker\.invalid:9092/);
});

Deno.test("a port that is not Kafka's fails, whatever it answers", async () => {
  // At once: the patience with each is twelve seconds.
  await Promise.all(["nothing", "HTTP/1.1 400 Bad Request\r\n\r\n"].map(async (answer) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const connections: Deno.Conn[] = [];
    const serving = (async () => {
      for await (const connection of listener) {
        connections.push(connection);
        if (answer !== "nothing") await connection.write(new TextEncoder().encode(answer));
      }
    })();
    const { port } = listener.addr;
    const { kind, message } = await failureOf(`127.0.0.1:${port}`);
    assert.equal(kind, "service");
    assert.match(message, new RegExp(`127\\.0\\.0\\.1:${port}`));
    for (const connection of connections) connection.close();
    listener.close();
    await serving;
  }));
});

Deno.test("a port of another program is told from a broker that is slow, without its patience", async () => {
  const fixes = await Promise.all(
    [
      // What answers at once, what says nothing before a line has ended, what closes the connection.
      (connection: Deno.Conn) => connection.write(new TextEncoder().encode("SSH-2.0-OpenSSH\r\n")),
      (connection: Deno.Conn) => answerHttp(connection),
      async (connection: Deno.Conn) => {
        await connection.read(new Uint8Array(64));
        connection.close();
      },
    ].map(async (serve) => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const connections: Deno.Conn[] = [];
      const serving = (async () => {
        for await (const connection of listener) {
          connections.push(connection);
          serve(connection).catch(() => {});
        }
      })();
      const { message } = await failureOf(`127.0.0.1:${listener.addr.port}`);
      for (const connection of connections) {
        try {
          connection.close();
        } catch { /* it has closed itself */ }
      }
      listener.close();
      await serving;
      return message;
    }),
  );
  // Another failure than that of a broker that did not answer in time.
  for (const message of fixes) assert.match(message, /does not answer like Kafka/);
});

/** An HTTP server: it answers when a request has ended. */
async function answerHttp(connection: Deno.Conn): Promise<void> {
  let text = "";
  while (!text.includes("\r\n\r\n")) {
    const bytes = new Uint8Array(256);
    const count = await connection.read(bytes);
    if (count === null) return;
    text += new TextDecoder("latin1").decode(bytes.subarray(0, count));
  }
  await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"));
}

serviceTest(
  "a broker that advertises an address that cannot be reached fails with that address, a controller as such",
  { needs: ["kafka"] },
  async () => {
    const folder = Deno.makeTempDirSync({ prefix: "ticklake-advertised-" });
    const advertised = `127.0.0.1:${freePort()}`;
    const port = freePort();
    await using kafka = await startKafka({
      folder,
      listeners: [{ name: "PLAINTEXT", protocol: "PLAINTEXT", port, advertised }],
    });
    const { kind, message, fix } = await failureOf(`127.0.0.1:${port}`);
    assert.equal(kind, "service");
    assert.ok(message.includes(`127.0.0.1:${port} answered`), message);
    assert.ok(message.includes(advertised), message);
    assert.match(fix!, /advertised\.listeners/);
    const controller = await failureOf(`127.0.0.1:${kafka.controllerPort}`);
    assert.match(controller.message, /is a controller's listener/);
    assert.match(controller.fix!, /controller\.listener\.names/);
    Deno.removeSync(folder, { recursive: true });
  },
);

for (const servers of ["localhost", "localhost:x", "host:99999", "[::1]:9092", ",", "http://h:1"]) {
  Deno.test(`bootstrap servers ${JSON.stringify(servers)} are wrong usage`, async () => {
    const { kind, message, fix } = await failureOf(servers);
    assert.equal(kind, "usage");
    assert.match(message, /expected HOST:PORT, found/);
    assert.match(fix!, /KAFKA_BOOTSTRAP_SERVERS/);
  });
}
