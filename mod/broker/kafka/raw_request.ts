import type { Buffer } from "node:buffer";
import { KafkaJSConnectionError, KafkaJSProtocolError } from "kafkajs/src/errors.js";
import { createErrorFromCode } from "kafkajs/src/protocol/error.js";

/** A request of which we write and read the bytes ourselves. */
export interface RawRequest<T> {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  /** Its bytes, after `headerLength` bytes that are left for the header. */
  encode(headerLength: number): Buffer;
  /** Reads the answer; throws what the broker says has gone wrong as a whole. */
  decode(payload: Buffer): { throttleMs: number; answer: T };
  /** Milliseconds, instead of the connection's. */
  readonly timeoutMs?: number;
}

/** One connection of kafkajs, as far as it is used here. */
export interface RawConnection {
  readonly clientId: string;
  readonly connectionStatus: "connected" | "disconnecting" | "disconnected";
  readonly socket?: { write(bytes: Uint8Array): void; destroy(): void };
  readonly requestQueue: {
    push(request: unknown): void;
    maybeThrottle(throttleMs: number): void;
  };
  authenticate(): Promise<void>;
  nextCorrelationId(): number;
  rejectRequests(error: Error): void;
  disconnect(): Promise<unknown>;
}

/**
 * Sends a request on a connection and waits for its answer. kafkajs's own way is the same, but it
 * copies a request three times, each time into memory of up to twice its size.
 */
export async function sendRaw<T>(connection: RawConnection, request: RawRequest<T>): Promise<T> {
  await connection.authenticate();
  // kafkajs counts a connection that is closing as open; the request would never be answered.
  if (connection.connectionStatus !== "connected") {
    throw new KafkaJSConnectionError("not connected");
  }
  const { apiKey, apiVersion, apiName } = request;
  const correlationId = connection.nextCorrelationId();
  const headerLength = 4 + 2 + 2 + 4 + 2 + connection.clientId.length;
  const bytes = request.encode(headerLength);
  bytes.writeInt32BE(bytes.length - 4, 0);
  bytes.writeInt16BE(apiKey, 4);
  bytes.writeInt16BE(apiVersion, 6);
  bytes.writeInt32BE(correlationId, 8);
  bytes.writeInt16BE(connection.clientId.length, 12);
  bytes.write(connection.clientId, 14, "latin1");
  const { payload } = await new Promise<{ payload: Buffer }>((resolve, reject) => {
    connection.requestQueue.push({
      entry: { apiKey, apiVersion, apiName, correlationId, resolve, reject },
      expectResponse: true,
      requestTimeout: request.timeoutMs ?? null,
      sendRequest: () => connection.socket!.write(bytes),
    });
  });
  const { throttleMs, answer } = request.decode(payload);
  connection.requestQueue.maybeThrottle(throttleMs);
  return answer;
}

/** Kafka's errors that kafkajs does not know, by their code. All of them pass. */
const NEWER: Record<number, { type: string; message: string }> = {
  89: { type: "THROTTLING_QUOTA_EXCEEDED", message: "The quota is exceeded" },
  100: { type: "UNKNOWN_TOPIC_ID", message: "The broker does not know this topic's id" },
  103: { type: "INCONSISTENT_TOPIC_ID", message: "The topic has another id" },
};

/** The error of a code in a broker's answer. */
export function protocolError(code: number): Error {
  const known = NEWER[code];
  if (known === undefined) return createErrorFromCode(code);
  return new KafkaJSProtocolError({ ...known, code, retriable: true });
}
