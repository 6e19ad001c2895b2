/**
 * Repairs of kafkajs 2.2.4, which is no longer developed, at the places where its network code goes
 * wrong for every program. They take effect when this file is loaded.
 */
import KafkaJSConnection from "kafkajs/src/network/connection.js";
import ConnectionPool from "kafkajs/src/network/connectionPool.js";
import RequestQueue from "kafkajs/src/network/requestQueue/index.js";

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
  isConnected(): boolean;
  connect(): Promise<unknown>;
}

const connecting = new WeakMap<Connection, Promise<Connection>>();

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
    opening = connection.connect().then(() => connection)
      .finally(() => connecting.delete(connection));
    connecting.set(connection, opening);
  }
  return opening;
};

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
