/** A request as it came over the wire, except for its body, which is still in the connection. */
export interface RequestHead {
  method: string;
  /** Path and query. */
  target: string;
  /** All of the head, with the empty line at its end. */
  bytes: Uint8Array;
  /** Length of the body. */
  contentLength: number;
}

/** Small, so that a body stays unread in the connection: closing that one then resets it. */
const PIECE = 64;

/**
 * Reads a request's head. The part of the body that came with it is returned in `rest`; the rest of its
 * bytes stays in the connection.
 * @returns `undefined` where the client has closed the connection
 */
export async function readHead(
  connection: Deno.Conn,
): Promise<{ head: RequestHead; rest: Uint8Array } | undefined> {
  let bytes = new Uint8Array(0);
  const piece = new Uint8Array(PIECE);
  for (let end = -1;;) {
    const count = await connection.read(piece);
    if (count === null) return undefined;
    bytes = joined([bytes, piece.subarray(0, count)]);
    end = endOfHead(bytes);
    if (end < 0) continue;
    const text = new TextDecoder("latin1").decode(bytes.subarray(0, end));
    const [method, target] = text.split(" ", 2);
    const length = text.match(/^content-length: *(\d+)/im)?.[1];
    if (length === undefined && /^transfer-encoding:/im.test(text)) {
      throw new Error(`a body of unknown length:\n${text}`);
    }
    return {
      head: { method, target, bytes: bytes.subarray(0, end), contentLength: Number(length ?? 0) },
      rest: bytes.subarray(end),
    };
  }
}

/** Reads the rest of a body of known length. */
export async function readBody(
  connection: Deno.Conn,
  begun: Uint8Array,
  length: number,
): Promise<Uint8Array> {
  const body = new Uint8Array(length);
  body.set(begun);
  for (let at = begun.length; at < length;) {
    const count = await connection.read(body.subarray(at));
    if (count === null) throw new Deno.errors.UnexpectedEof("the client closed within a body");
    at += count;
  }
  return body;
}

/** Sends a request to a server on a connection of its own and gives the whole answer, as it was written. */
export async function exchange(
  port: number,
  head: RequestHead,
  body: Uint8Array,
): Promise<Uint8Array> {
  using server = await Deno.connect({ hostname: "127.0.0.1", port });
  // Asked to close, the server ends its answer by closing the connection, whatever the answer's form.
  const closing = new TextEncoder().encode("connection: close\r\n\r\n");
  await writeAll(server, joined([head.bytes.subarray(0, -2), closing, body]));
  const parts: Uint8Array[] = [];
  const buffer = new Uint8Array(64 * 1024);
  for (let count; (count = await server.read(buffer)) !== null;) {
    parts.push(buffer.slice(0, count));
  }
  const answer = joined(parts);
  const end = endOfHead(answer);
  if (end < 0) throw new Deno.errors.UnexpectedEof("the server closed without an answer");
  const text = new TextDecoder("latin1").decode(answer.subarray(0, end));
  // One that ends with the connection (Jetty's long ones) gets a length: the client's connection stays open.
  const hasLength = /^(content-length|transfer-encoding):/im.test(text) ||
    /^HTTP\S+ [23]04 /.test(text);
  const length = hasLength ? "" : `content-length: ${answer.length - end}\r\n`;
  const kept = text.replace(/^connection: .*\r\n/im, "").replace(/\r\n$/, `${length}\r\n`);
  return joined([
    Uint8Array.from(kept, (character) => character.charCodeAt(0)),
    answer.subarray(end),
  ]);
}

/** An error as S3 answers it. */
export function errorAnswer(status: number, code: string): Uint8Array {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code>` +
    `<Message>made by a test</Message><RequestId>0</RequestId></Error>`;
  return new TextEncoder().encode(
    `HTTP/1.1 ${status} made by a test\r\ncontent-type: application/xml\r\n` +
      `content-length: ${body.length}\r\n\r\n${body}`,
  );
}

/** Writes all of the bytes. */
export async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

function endOfHead(bytes: Uint8Array): number {
  for (let i = 0; i + 3 < bytes.length; i++) {
    if (bytes[i] === 13 && bytes[i + 1] === 10 && bytes[i + 2] === 13 && bytes[i + 3] === 10) {
      return i + 4;
    }
  }
  return -1;
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
