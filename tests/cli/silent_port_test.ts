import assert from "node:assert/strict";
import { flagsOf } from "../../mod/cli/flags_of.ts";
import { COMMANDS } from "../../mod/commands/table.ts";
import {
  kafka,
  runTicklake,
  serviceTest,
  spawnTicklake,
  uniqueName,
} from "../services/services.ts";

/** A port that accepts connections; what it does with them is the caller's. */
function listen(take: (connection: Deno.TcpConn) => unknown): { server: string } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.TcpConn[] = [];
  (async () => {
    for await (const connection of listener) {
      connections.push(connection);
      await take(connection);
    }
  })();
  return {
    server: `127.0.0.1:${listener.addr.port}`,
    [Symbol.dispose]() {
      for (const connection of connections) {
        try {
          connection.close();
        } catch { /* its other end has closed it */ }
      }
      listener.close();
    },
  };
}

const TOLD =
  /accepts the connection, but has not answered for 1 s: is it a Kafka broker's listener/;

Deno.test("a port that accepts and never answers is reported while the command still waits", async () => {
  using silent = listen(() => {});
  const env = { KAFKA_BOOTSTRAP_SERVERS: silent.server };
  const toTheEnd = runTicklake(["verify"], { env });
  const commands: Array<[words: string[], env?: Record<string, string>]> = [
    [["produce", "--count", "1"]],
    [["consume"]],
    [["status"]],
    [["topic", "list"]],
    [["dashboard", "--listen", "127.0.0.1:0"]],
    [["status"], { KAFKA_SECURITY_PROTOCOL: "SSL" }],
  ];
  await Promise.all(commands.map(async ([words, more]) => {
    await using command = spawnTicklake(words, { env: { ...env, ...more } });
    await command.waitFor(TOLD);
    assert.doesNotMatch(command.stderr, /error: /, "it goes on waiting");
    const { stderr } = await command.stop();
    assert.doesNotMatch(stderr, /but does not answer/, `${words.join(" ")} ends by the signal`);
  }));
  const { code, stderr } = await toTheEnd;
  assert.equal(code, 3);
  assert.match(
    stderr,
    new RegExp(
      `error: Kafka at ${silent.server} accepts connections, but does not answer like a Kafka`,
    ),
  );
  assert.match(stderr, /\n {2}fix: Check the port/);
});

/** An HTTP server that answers one connection at a time, as Python's `HTTPServer` does. */
async function answerHttp(connection: Deno.TcpConn): Promise<void> {
  const part = new Uint8Array(1024);
  let text = "";
  while (!text.includes("\n")) {
    const count = await connection.read(part).catch(() => null);
    if (count === null) break;
    text += new TextDecoder("latin1").decode(part.subarray(0, count));
  }
  const answer = new TextEncoder().encode("HTTP/1.0 400 Bad request\r\n\r\n");
  await connection.write(answer).catch(() => {});
  connection.close();
}

Deno.test("an HTTP server that answers one connection at a time is named by every command before any waiting", async () => {
  const commands = [
    ["produce", "--count", "1"],
    ["consume"],
    ["verify"],
    ["status"],
    ["repair"],
    ["reset", "--to", "lake"],
    ["topic", "list"],
    ["dead-letters", "replay"],
    ["dashboard", "--listen", "127.0.0.1:0"],
  ];
  // What doctor says is in doctor_test.ts; config asks no service.
  const named = new Set([...commands.map(([name]) => name), "doctor", "config"]);
  const asking = COMMANDS.map(({ name }) => name)
    .filter((name) => flagsOf(name).some(([key]) => key === "bootstrapServers"));
  assert.deepEqual(asking.filter((name) => !named.has(name)), []);
  for (const words of commands) {
    using http = listen(answerHttp);
    const env = { KAFKA_BOOTSTRAP_SERVERS: http.server };
    const { code, stderr } = await runTicklake(words, { env });
    assert.equal(code, 3, `${words.join(" ")}: ${stderr}`);
    assert.match(stderr, /an HTTP server is there/, words.join(" "));
    assert.doesNotMatch(stderr, TOLD, words.join(" "));
  }
});

serviceTest("a broker that answers late is reported, and used", { needs: ["kafka"] }, async () => {
  const [host, port] = kafka()!.split(":");
  const patience = new Promise((resolve) => setTimeout(resolve, 4000));
  using slow = listen((connection) => {
    patience.then(async () => {
      const broker = await Deno.connect({ hostname: host, port: Number(port) });
      await Promise.allSettled([
        connection.readable.pipeTo(broker.writable),
        broker.readable.pipeTo(connection.writable),
      ]);
    });
  });
  const env = { KAFKA_BOOTSTRAP_SERVERS: slow.server, KAFKA_TOPIC: uniqueName("late") };
  const { code, stderr } = await runTicklake(["produce", "--count", "1", "--rate", "max"], { env });
  assert.equal(code, 0, stderr);
  assert.match(stderr, TOLD);
});

serviceTest(
  "a broker that takes a third of a second for each answer is used, and its connections left open",
  {
    needs: ["kafka"],
  },
  async () => {
    const [host, port] = kafka()!.split(":");
    using slow = listen((connection) => {
      (async () => {
        const broker = await Deno.connect({ hostname: host, port: Number(port) });
        const late = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
          async transform(chunk, controller) {
            await new Promise((resolve) => setTimeout(resolve, 350));
            controller.enqueue(chunk);
          },
        });
        await Promise.allSettled([
          connection.readable.pipeTo(broker.writable),
          broker.readable.pipeThrough(late).pipeTo(connection.writable),
        ]);
      })();
    });
    const env = { KAFKA_BOOTSTRAP_SERVERS: slow.server, KAFKA_TOPIC: uniqueName("slow") };
    const { code, stderr } = await runTicklake(["topic", "list"], { env });
    assert.equal(code, 0, stderr);
  },
);
