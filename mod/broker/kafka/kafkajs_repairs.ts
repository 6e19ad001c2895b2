/**
 * Repairs of kafkajs 2.2.4, which is no longer developed, at the places where its network code goes
 * wrong for every program. They take effect when this file is loaded.
 */
import { Buffer } from "node:buffer";
import { KafkaJSConnectionError } from "kafkajs/src/errors.js";
import KafkaJSBroker from "kafkajs/src/broker/index.js";
import KafkaJSConnection from "kafkajs/src/network/connection.js";
import ConnectionPool from "kafkajs/src/network/connectionPool.js";
import RequestQueue from "kafkajs/src/network/requestQueue/index.js";
import { deadline } from "../../wait/deadline.ts";

interface Queue {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: ReturnType<typeof setTimeout> | null;
  checkPendingRequests(): void;
}

/** Milliseconds between two looks at requests that wait for room, as kafkajs has it. */
const CHECK_INTERVAL_MS = 10;

/**
 * The original sets a timer with `throttledUntil - now` after every answer, waiting requests or
 * not: far below zero, so each one prints a TimeoutNegativeWarning on newer runtimes.
 */
RequestQueue.prototype.scheduleCheckPendingRequests = function (this: Queue): void {
  if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return;
  this.throttleCheckTimeoutId = setTimeout(() => {
    this.throttleCheckTimeoutId = null;
    this.checkPendingRequests();
  }, Math.max(CHECK_INTERVAL_MS, this.throttledUntil - Date.now()));
};

interface Connection {
  host: string;
  port: number;
  connectionTimeout: number;
  socket?: { destroy(): void };
  isConnected(): boolean;
  connect(): Promise<unknown>;
}

const connecting = new WeakMap<Connection, Promise<Connection>>();

/** Milliseconds after its own timeout by which an attempt to connect must have ended. */
const CONNECT_GRACE_MS = 1000;

/**
 * Opens a connection. The original's promise never settles where the socket ends before it is
 * connected, as when the former socket's late error ends the new one; a caller that waits for it
 * would hold the broker's lock forever, although the broker is back.
 * @throws {KafkaJSConnectionError} in bounded time
 */
async function open(connection: Connection): Promise<Connection> {
  const { host, port, connectionTimeout } = connection;
  const late = () => {
    connection.socket?.destroy();
    return new KafkaJSConnectionError("Connection timeout", { broker: `${host}:${port}` });
  };
  await deadline({ ms: connectionTimeout + CONNECT_GRACE_MS, late }, () => connection.connect());
  return connection;
}

/**
 * In the original, two requests that find a connection closed both open it: one socket is
 * forgotten, and when the broker closes that one, all requests of the other fail.
 */
ConnectionPool.prototype.getConnection = function (
  this: { pool: Connection[] },
  index = 0,
): Promise<Connection> {
  const connection = this.pool[index];
  if (connection.isConnected()) return Promise.resolve(connection);
  let opening = connecting.get(connection);
  if (opening === undefined) {
    opening = open(connection).finally(() => connecting.delete(connection));
    connecting.set(connection, opening);
  }
  return opening;
};

interface Broker {
  isConnected(): boolean;
}

const { connect: connectBroker } = KafkaJSBroker.prototype;
const connectingBrokers = new WeakMap<Broker, Promise<void>>();

/**
 * In the original, those who want a broker's connection queue for a lock, and each tries for itself
 * when its turn comes. After a broker's return the queue is so long that all of them give up before
 * their turn, and the next ones too, forever. Here all wait for one attempt.
 */
KafkaJSBroker.prototype.connect = function (this: Broker): Promise<void> {
  let opening = connectingBrokers.get(this);
  if (opening === undefined) {
    opening = (connectBroker.call(this) as Promise<void>).finally(() =>
      connectingBrokers.delete(this)
    );
    connectingBrokers.set(this, opening);
  }
  return opening;
};

/** Whether a broker is being connected: it is connected, or has failed, in bounded time. */
export function isConnecting(broker: object): boolean {
  return connectingBrokers.has(broker as Broker);
}

const { disconnect } = KafkaJSConnection.prototype;

/**
 * The original ends the same socket again after each failed attempt to connect; each time adds a
 * listener to it, until the runtime warns of a leak.
 */
KafkaJSConnection.prototype.disconnect = function (
  this: { socket?: { destroyed: boolean } },
): Promise<boolean> {
  if (this.socket?.destroyed) this.socket = undefined;
  return disconnect.call(this);
};

interface Receiver {
  authHandlers: unknown;
  chunks: Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
  isConnected(): boolean;
  processData(data: Buffer): void;
  readonly requestQueue: {
    fulfillRequest(answer: { size: number; correlationId: number; payload: Buffer }): void;
  };
}

/** The answer that is coming in on a connection, and how much of it is there. */
const incoming = new WeakMap<Receiver, { bytes: Buffer; used: number }>();

/** Bytes of an answer's length, before the answer. */
const SIZE_LENGTH = 4;

/** Longest answer for which memory is taken before it is there: who is no Kafka may say any length. */
const MOST_EXPECTED_BYTES = 64 * 2 ** 20;

const { connect, processData } = KafkaJSConnection.prototype;

/**
 * The original keeps all pieces of an answer until the last one and then copies them, which takes
 * twice its memory. Here an answer that comes in pieces is put together as it comes, in memory that is
 * its own.
 */
KafkaJSConnection.prototype.processData = function (this: Receiver, data: Buffer): void {
  let answer = incoming.get(this);
  if (answer === undefined) {
    const begins = !this.authHandlers && this.bytesBuffered === 0 && data.length >= SIZE_LENGTH;
    if (!begins) return processData.call(this, data);
    const size = data.readInt32BE(0);
    const isWhole = size <= data.length - SIZE_LENGTH;
    if (isWhole || size > MOST_EXPECTED_BYTES) return processData.call(this, data);
    answer = { bytes: Buffer.allocUnsafeSlow(size), used: 0 };
    incoming.set(this, answer);
    data = data.subarray(SIZE_LENGTH);
  }
  const { bytes } = answer;
  const part = data.subarray(0, bytes.length - answer.used);
  bytes.set(part, answer.used);
  answer.used += part.length;
  if (answer.used < bytes.length) return;
  incoming.delete(this);
  this.requestQueue.fulfillRequest({
    size: bytes.length,
    correlationId: bytes.readInt32BE(0),
    payload: bytes.subarray(4),
  });
  if (part.length < data.length) this.processData(data.subarray(part.length));
};

/**
 * The original takes what was there of an answer when a connection broke for the beginning of the
 * first answer on the next one, and understands nothing any more.
 */
KafkaJSConnection.prototype.connect = function (this: Receiver): Promise<unknown> {
  if (!this.isConnected()) {
    incoming.delete(this);
    this.chunks = [];
    this.bytesBuffered = 0;
    this.bytesNeeded = SIZE_LENGTH;
  }
  return connect.call(this);
};
