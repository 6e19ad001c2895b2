/** Numbers of the requests that come before a login has succeeded. Source: Kafka's protocol guide. */
const [SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE] = [17, 18, 36];

/** The versions that are answered here. */
const VERSIONS = [[0, 0, 9], [1, 0, 11], [3, 0, 6], [SASL_HANDSHAKE, 1, 1], [API_VERSIONS, 0, 2], [
  SASL_AUTHENTICATE,
  0,
  1,
]];

/** Error code of a login that is refused. */
const SASL_AUTHENTICATION_FAILED = 58;

/** A Kafka that refuses each login, and repeats in its message what it was told. */
export function turncoatKafka(): { port: number } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections = new Set<Deno.Conn>();
  (async () => {
    for await (const connection of listener) {
      connections.add(connection);
      serve(connection).catch(() => {}).finally(() => connections.delete(connection));
    }
  })().catch(() => {});
  return {
    port: listener.addr.port,
    [Symbol.dispose]() {
      listener.close();
      for (const connection of connections) connection.close();
    },
  };
}

async function serve(connection: Deno.Conn): Promise<void> {
  for (;;) {
    const size = new DataView((await exactly(connection, 4)).buffer).getInt32(0);
    const request = await exactly(connection, size);
    const view = new DataView(request.buffer);
    const [api, version] = [view.getInt16(0), view.getInt16(2)];
    // Behind the header with the client's name.
    const body = request.subarray(10 + Math.max(0, view.getInt16(8)));
    const answer = [...int32(view.getInt32(4)), ...answerTo(api, version, body)];
    await connection.write(new Uint8Array([...int32(answer.length), ...answer]));
  }
}

function answerTo(api: number, version: number, body: Uint8Array): number[] {
  switch (api) {
    case API_VERSIONS: {
      const versions = VERSIONS.flatMap((numbers) => numbers.flatMap(int16));
      return [
        ...int16(0),
        ...int32(VERSIONS.length),
        ...versions,
        ...version > 0 ? int32(0) : [],
      ];
    }
    case SASL_HANDSHAKE:
      return [...int16(0), ...int32(1), ...text("PLAIN")];
    case SASL_AUTHENTICATE: {
      const message = text(`not ${new TextDecoder().decode(body.subarray(4))}`);
      const lifetime = version > 0 ? [...int32(0), ...int32(0)] : [];
      return [...int16(SASL_AUTHENTICATION_FAILED), ...message, ...int32(0), ...lifetime];
    }
    default:
      throw new Error(`no answer to request ${api}`);
  }
}

const int16 = (value: number) => [value >> 8 & 255, value & 255];
const int32 = (value: number) => [...int16(value >> 16), ...int16(value)];

function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...int16(bytes.length), ...bytes];
}

async function exactly(connection: Deno.Conn, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await connection.read(bytes.subarray(at));
    if (count === null) throw new Error("the client is gone");
    at += count;
  }
  return bytes;
}
