import { STATUS_CODES } from "node:http";

/** How a response is written. */
export interface WriteOptions {
  /** Leave the body out, as for HEAD. */
  headOnly: boolean;
  /** Whether another request may follow. */
  keepAlive: boolean;
  /** Whether the client knows chunked bodies. */
  chunked: boolean;
}

/** Writes all of the bytes, or throws. */
export type Write = (bytes: Uint8Array) => Promise<void>;

const encoder = new TextEncoder();

/**
 * Writes a response. An event stream is sent in parts as they come; any other body is short and is sent with its
 * length.
 */
export async function writeResponse(
  response: Response,
  write: Write,
  { headOnly, keepAlive, chunked }: WriteOptions,
): Promise<void> {
  const { status, headers, body } = response;
  const isStream = headers.get("content-type") === "text/event-stream";
  const bytes = isStream ? undefined : new Uint8Array(await response.arrayBuffer());
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  lines.push(`date: ${new Date().toUTCString()}`);
  if (bytes !== undefined) lines.push(`content-length: ${bytes.length}`);
  else if (chunked) lines.push("transfer-encoding: chunked");
  if (!keepAlive) lines.push("connection: close");
  const head = encoder.encode(lines.join("\r\n") + "\r\n\r\n");
  if (bytes !== undefined) return await write(headOnly ? head : joined(head, bytes));
  const reader = body!.getReader();
  try {
    await write(head);
    while (!headOnly) {
      const { done, value } = await reader.read();
      if (done) break;
      if (value.length === 0) continue;
      await write(chunked ? chunk(value) : value);
    }
    if (chunked && !headOnly) await write(encoder.encode("0\r\n\r\n"));
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function chunk(bytes: Uint8Array): Uint8Array {
  const size = encoder.encode(`${bytes.length.toString(16)}\r\n`);
  return joined(size, bytes, encoder.encode("\r\n"));
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
