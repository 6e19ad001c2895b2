import type { ConnectionOptions } from "node:tls";
import { messageOf } from "../../failure/failure.ts";
import { deadline } from "../../wait/deadline.ts";

/** What a listener turned out to be. */
export type ListenerState =
  /** It answers as Kafka does. */
  | "kafka"
  /** Its host name does not resolve. */
  | "unknown-host"
  /** Nothing accepts a connection there. */
  | "no-connection"
  /** It accepts a connection, but its answer is not Kafka's. */
  | "not-kafka"
  /** It accepts a connection, but does not answer in time. */
  | "silent"
  /** It is a KRaft controller's, which answers no client. */
  | "controller"
  /** It requires TLS, and was asked without it. */
  | "wants-tls"
  /** It has no TLS, and was asked with it. */
  | "no-tls"
  /** Its certificate comes from an authority that is not trusted. */
  | "untrusted"
  /** Its certificate is for other names. */
  | "other-name"
  /** Its certificate is not valid now. */
  | "expired"
  /** It requires a client certificate, or a different one. */
  | "client-certificate"
  /** TLS failed for another reason. */
  | "tls-failed"
  /** It answers, but requires a login before it lists topics. */
  | "wants-login";

/** What {@linkcode probeListener} found. */
export interface ListenerFinding {
  state: ListenerState;
  /** The runtime's error message, if something failed. */
  detail: string;
  /** IP address that the host name resolved to. */
  ip?: string;
}

/** Options of {@linkcode probeListener}. */
export interface ProbeOptions {
  /** Connects with TLS, as kafkajs would with these options. */
  tls?: ConnectionOptions;
  /** Milliseconds that it may take. @default {4000} */
  timeoutMs?: number;
}

/** ApiVersions (key 18) version 0, correlation 1, no client id. */
const API_VERSIONS = frame([0, 18, 0, 0, 0, 0, 0, 1, 255, 255]);

/** Metadata (key 3) version 1 of no topic, correlation 2, no client id. */
const METADATA = frame([0, 3, 0, 1, 0, 0, 0, 2, 255, 255, 0, 0, 0, 0]);

/** The API key of Metadata, which every broker's listener offers and no controller's. */
const METADATA_KEY = 3;

/** A request that an HTTP server answers at once; for the rest of any other one it would wait. */
const HTTP_REQUEST = new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n");

/** First byte of a TLS record: an alert, or a handshake. */
const TLS_RECORDS = [0x15, 0x16];

/**
 * Finds out what a listener is by querying it as kafkajs would and, if TLS fails, without TLS.
 * Explains why a connection fails where kafkajs only knows that it was closed. Never throws.
 * @param server `HOST:PORT`
 */
export async function probeListener(
  server: string,
  { tls, timeoutMs = 4000 }: ProbeOptions = {},
): Promise<ListenerFinding> {
  const address = addressOf(server);
  const plain = await attempt(Deno.connect(address), timeoutMs / 2, ask);
  if (plain.ip === undefined) return plain;
  const [http, secure] = await Promise.all([
    plain.state === "silent" ? probeHttp(server, timeoutMs / 2) : undefined,
    tls && attempt(connectTls(address, tls), timeoutMs, ask, { accepts: true }),
  ]);
  if (http?.state === "not-kafka") return http;
  if (secure === undefined) return plain;
  const { ip } = plain;
  const { state, detail } = secure;
  const hasNoTls = ["kafka", "wants-login"].includes(plain.state);
  return { state: state === "tls-failed" && hasNoTls ? "no-tls" : state, detail, ip };
}

/** Whether an HTTP server is there: `not-kafka`. Never throws. @param server `HOST:PORT` */
export async function probeHttp(server: string, timeoutMs: number): Promise<ListenerFinding> {
  return await attempt(Deno.connect(addressOf(server)), timeoutMs, askHttp);
}

function addressOf(server: string): { hostname: string; port: number } {
  const at = server.lastIndexOf(":");
  return { hostname: server.slice(0, at), port: Number(server.slice(at + 1)) };
}

/** The result if no answer came in time. */
class NoAnswer extends Error {}

/**
 * Sends the requests on a connection that is being opened; turns an error into what it says about
 * the listener.
 * @param options.accepts whether the listener is known to accept connections, so that an unanswered
 * TLS handshake counts as silence
 */
async function attempt(
  opening: Promise<Deno.Conn>,
  timeoutMs: number,
  ask: (connection: Deno.Conn) => Promise<ListenerFinding>,
  { accepts = false } = {},
): Promise<ListenerFinding> {
  const late = () => new NoAnswer(`no answer within ${timeoutMs / 1000} s`);
  let ip: string | undefined;
  try {
    return await deadline({ ms: timeoutMs, late }, async () => {
      const connection = await opening;
      ip = (connection.remoteAddr as Deno.NetAddr).hostname;
      return { ...await ask(connection), ip };
    });
  } catch (error) {
    const connected = ip !== undefined || (accepts && error instanceof NoAnswer);
    return { state: stateOf(error, connected), detail: messageOf(error), ip };
  } finally {
    // A connection that opens later must not stay open either.
    opening.then((connection) => connection.close(), () => {});
  }
}

async function connectTls(
  address: { hostname: string; port: number },
  { ca, cert, key }: ConnectionOptions,
): Promise<Deno.Conn> {
  const connection = await Deno.connectTls({
    ...address,
    ...ca === undefined ? {} : { caCerts: [String(ca)] },
    ...cert === undefined ? {} : { cert: String(cert), key: String(key) },
  });
  try {
    await connection.handshake();
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}

/** Requests the API versions and then the metadata, as every client does first. */
async function ask(connection: Deno.Conn): Promise<ListenerFinding> {
  await connection.write(API_VERSIONS);
  const versions = await readFrame(connection);
  if (versions !== undefined && TLS_RECORDS.includes(versions[0])) {
    return { state: "wants-tls", detail: "it answered with a TLS record" };
  }
  if (versions?.[3] !== 1) {
    return {
      state: "not-kafka",
      detail: versions === undefined ? "it closed the connection" : "its answer is not Kafka's",
    };
  }
  if (!offers(versions, METADATA_KEY)) {
    return { state: "controller", detail: "it offers no metadata" };
  }
  await connection.write(METADATA);
  return await readFrame(connection) === undefined
    ? { state: "wants-login", detail: "it closed the connection after the first question" }
    : { state: "kafka", detail: "" };
}

async function askHttp(connection: Deno.Conn): Promise<ListenerFinding> {
  await connection.write(HTTP_REQUEST);
  const answer = new Uint8Array(16);
  const count = await connection.read(answer) ?? 0;
  return new TextDecoder().decode(answer.subarray(0, count)).startsWith("HTTP/")
    ? { state: "not-kafka", detail: "an HTTP server is there" }
    : { state: "silent", detail: "no answer" };
}

/** Whether a response to ApiVersions (version 0) lists an API, or does not say. */
function offers(answer: Uint8Array, key: number): boolean {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
  if (answer.length < 10 || view.getInt16(4) !== 0) return true;
  const count = view.getInt32(6);
  for (let at = 10, n = 0; n < count && at + 6 <= answer.length; at += 6, n++) {
    if (view.getInt16(at) === key) return true;
  }
  return false;
}

/**
 * The content of a frame (a length of four bytes, then as many bytes), `undefined` if the
 * connection ends. Data that begins like a TLS record is returned as it is.
 */
async function readFrame(connection: Deno.Conn): Promise<Uint8Array | undefined> {
  let bytes = new Uint8Array();
  for (;;) {
    const part = new Uint8Array(16 * 1024);
    const count = await connection.read(part).catch((error) => {
      if (error instanceof Deno.errors.ConnectionReset) return null;
      throw error;
    });
    if (count === null) return undefined;
    bytes = Uint8Array.of(...bytes, ...part.subarray(0, count));
    if (bytes.length < 4) continue;
    if (TLS_RECORDS.includes(bytes[0]) && bytes[1] === 3) return bytes;
    const length = new DataView(bytes.buffer).getInt32(0);
    // Another protocol's answer makes an absurd length.
    if (length < 4 || length > 2 ** 24) return bytes.subarray(0, 0);
    if (bytes.length >= 4 + length) return bytes.subarray(4);
  }
}

/** What an error says about the listener; TLS errors are recognised by rustls's messages. */
function stateOf(error: unknown, connected: boolean): ListenerState {
  const detail = messageOf(error);
  if (/fatal alert: \w*(Certificate|UnknownCA)/.test(detail)) return "client-certificate";
  if (connected) return error instanceof NoAnswer ? "silent" : "not-kafka";
  if (/failed to lookup address|dns error/i.test(detail)) return "unknown-host";
  if (/invalid peer certificate/.test(detail)) {
    if (/not valid for name|NotValidForName/.test(detail)) return "other-name";
    return /expired|not valid (?:before|after|until)|NotValidYet/i.test(detail)
      ? "expired"
      : "untrusted";
  }
  const isTls = error instanceof Deno.errors.InvalidData ||
    error instanceof Deno.errors.UnexpectedEof;
  return isTls ? "tls-failed" : "no-connection";
}

function frame(content: number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(0, 0, 0, content.length, ...content);
}
