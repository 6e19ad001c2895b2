import type { Socket } from "node:net";
import type { KafkaConfig } from "kafkajs";
import KafkaJSCluster from "kafkajs/src/cluster/index.js";
import { KafkaJSConnectionClosedError, KafkaJSRequestTimeoutError } from "kafkajs/src/errors.js";
import { createLogger } from "kafkajs/src/loggers/index.js";
import defaultSocketFactory from "kafkajs/src/network/socketFactory.js";
import { Failure } from "../../failure/failure.ts";
import { deadline } from "../../wait/deadline.ts";
import type { BrokerNode } from "./broker_node.ts";
import { neverBroker, otherProgram } from "./other_program.ts";
import { explainConnection } from "./explain_connection.ts";
import { isConnecting } from "./kafkajs_repairs.ts";
import type { CallOptions, LogIdentity } from "../broker.ts";
import { type BrokersAnswer, METADATA_KEY, metadataRequest } from "./metadata_request.ts";
import { protocolError, type RawRequest, sendRaw } from "./raw_request.ts";
import { errorType } from "./request_error.ts";
import { cannotConnect, cannotReachAdvertised } from "./unreachable.ts";

/** A partition and its leader. */
export interface PartitionLeader {
  partition: number;
  /** Id of the leader, -1 while there is none. */
  leader: number;
}

/** A topic's current metadata. */
export interface TopicDescription {
  log: LogIdentity;
  /** By partition. */
  partitions: PartitionLeader[];
}

/** Options of {@linkcode Cluster}. */
export interface ClusterOptions {
  /** Default timeout of a request in milliseconds. @default {30_000} */
  requestTimeoutMs?: number;
}

/** Milliseconds after which a start without a connection fails. */
const START_TIMEOUT_MS = 12_000;

/** Milliseconds that kafkajs's own timeout may be late before ours fires. */
const TIMEOUT_GRACE_MS = 2000;

/**
 * The connections to a Kafka cluster. kafkajs manages them: TCP, TLS, SASL, the brokers' addresses,
 * requests and responses. Its consumer and producer are not used; group_member.ts and producer.ts
 * say why.
 */
export class Cluster {
  /** For messages to the user: `Kafka at host:port,host:port`. */
  readonly description: string;
  // deno-lint-ignore no-explicit-any -- kafkajs's internals have no types.
  readonly #pool: any;
  readonly #config: KafkaConfig;
  readonly #servers: string[];
  readonly #requestTimeoutMs: number;
  readonly #sockets = new Set<Socket>();
  #closed = false;
  #refreshing: Promise<unknown> = Promise.resolve();

  constructor(config: KafkaConfig, options: ClusterOptions = {}) {
    const { logLevel, logCreator, socketFactory = defaultSocketFactory(), ...rest } = config;
    this.#config = config;
    this.#servers = config.brokers as string[];
    this.#requestTimeoutMs = options.requestTimeoutMs ?? 30_000;
    this.description = `Kafka at ${this.#servers.join(",")}`;
    const cluster = new KafkaJSCluster({
      ...rest,
      socketFactory: (options: unknown) => {
        if (this.#closed) throw new Error("the cluster's connections are closed");
        return this.#keep(socketFactory(options));
      },
      logger: createLogger({ level: logLevel, logCreator }),
      requestTimeout: this.#requestTimeoutMs,
      enforceRequestTimeout: true,
      // Enough to try each server in turn; the caller decides about further retries.
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 2 * this.#servers.length },
    });
    this.#pool = cluster.brokerPool;
    this.#useOwnMetadata();
  }

  #keep(socket: Socket): Socket {
    // Each request is written in one piece, so waiting to fill a packet (Nagle) would only delay
    // it.
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    return socket;
  }

  /**
   * kafkajs fails the whole response if one partition has no leader, and asks for all topics of the
   * cluster if none is named.
   */
  #useOwnMetadata(): void {
    const { createBroker } = this.#pool;
    this.#pool.createBroker = (options: unknown) => {
      const broker = createBroker(options);
      broker.metadata = (topics: string[] | null) => {
        const { maxVersion } = (broker as BrokerNode).versions[METADATA_KEY];
        return broker.connectionPool.send(metadataRequest(topics, maxVersion));
      };
      broker.disconnect = async () => drop(broker, connectionClosed());
      return broker;
    };
  }

  /**
   * Opens the first connections: to a bootstrap server, then to a broker that it names.
   * @throws {Failure} kind `service`, after 12 seconds at most; the signal's reason
   */
  async connect({ signal }: CallOptions = {}): Promise<void> {
    let server: string | undefined;
    const start = async () => {
      await this.#pool.connect();
      server = this.#pool.seedBroker.brokerAddress;
      await this.#refresh([]);
      const ids: string[] = this.#pool.getNodeIds();
      await Promise.any(ids.map((nodeId) => this.#pool.findBroker({ nodeId })));
    };
    const answered = new AbortController();
    const other = neverBroker(this.#config, {
      signal: answered.signal,
      yieldTurn: () => {
        if (server !== undefined) return false;
        this.#closeSockets();
        return true;
      },
    });
    try {
      await Promise.race([within(START_TIMEOUT_MS, start, signal), other]);
      answered.abort();
    } catch (error) {
      answered.abort();
      other.catch(() => {});
      if (error instanceof Failure) {
        this.close();
        throw error;
      }
      const { brokers } = this.#pool.metadata as BrokersAnswer | null ?? { brokers: [] };
      this.close();
      signal?.throwIfAborted();
      const cause = error instanceof AggregateError ? error.errors[0] ?? error : error;
      const advertised = brokers.map(({ host, port }) => `${host}:${port}`);
      if (advertised.length === 0) {
        const explained = await explainConnection(this.#config, cause) ??
          await otherProgram(this.#config);
        if (explained !== undefined) throw explained;
      }
      if (server === undefined) throw cannotConnect(this.#servers, cause);
      throw cannotReachAdvertised(server, advertised, cause);
    }
  }

  /**
   * The brokers with their advertised addresses, as a bootstrap server reports them; no connection
   * to them is opened.
   * @throws {Failure} kind `service`, after 12 seconds at most
   */
  async advertised(): Promise<BrokersAnswer["brokers"]> {
    const ask = async () => {
      await this.#pool.connect();
      return (await this.#refresh([])).brokers;
    };
    try {
      return await within(START_TIMEOUT_MS, ask);
    } catch (error) {
      this.close();
      throw await explainConnection(this.#config, error) ?? cannotConnect(this.#servers, error);
    }
  }

  /** The current partitions of a topic; `null` if there is no such topic. */
  async partitions(topic: string): Promise<PartitionLeader[] | null> {
    return (await this.topic(topic))?.partitions ?? null;
  }

  /** The current metadata of a topic; `null` if there is no such topic. */
  async topic(topic: string): Promise<TopicDescription | null> {
    const { topicMetadata, clusterId } = await this.#refresh([topic]);
    const found = topicMetadata.find((metadata) => metadata.topic === topic);
    if (found === undefined) return null;
    if (found.topicErrorCode !== 0) {
      const error = protocolError(found.topicErrorCode);
      if (errorType(error) === "UNKNOWN_TOPIC_OR_PARTITION") return null;
      throw error;
    }
    const partitions = found.partitionMetadata
      .map(({ partitionId, leader }) => ({ partition: partitionId, leader }))
      .sort((a, b) => a.partition - b.partition);
    return { log: { cluster: clusterId ?? "", topicId: found.topicId ?? null }, partitions };
  }

  /** Names of all topics except internal ones, sorted. */
  async topicNames(): Promise<string[]> {
    const node = await this.anyBroker();
    const { topicMetadata } = await this.ask(node, () => node.metadata(null));
    return topicMetadata.filter(({ isInternal }) => !isInternal).map(({ topic }) => topic).sort();
  }

  /** In kafkajs, overlapping refreshes open connections of their own, so they are queued here. */
  #refresh(topics: string[]): Promise<BrokersAnswer> {
    const refresh = this.#refreshing.catch(() => {}).then(async () => {
      await this.#limited(() => this.#pool.refreshMetadata(topics));
      return this.#pool.metadata as BrokersAnswer;
    });
    this.#refreshing = refresh;
    return refresh;
  }

  /** The broker with an id. */
  async broker(nodeId: number): Promise<BrokerNode> {
    return await this.#limited(() => this.#pool.findBroker({ nodeId }));
  }

  /** Any broker. */
  async anyBroker(): Promise<BrokerNode> {
    return await this.#limited(() => this.#pool.findConnectedBroker());
  }

  /** The controller. */
  async controller(): Promise<BrokerNode> {
    const { controllerId } = await this.#refresh([]);
    return await this.broker(controllerId);
  }

  /** The coordinator of a group. */
  async coordinator(group: string): Promise<BrokerNode> {
    const any = await this.anyBroker();
    const { coordinator } = await this.ask(
      any,
      () => any.findGroupCoordinator({ groupId: group, coordinatorType: 0 }),
    );
    try {
      return await this.broker(coordinator.nodeId);
    } catch {
      await this.#refresh([]);
      return await this.broker(coordinator.nodeId);
    }
  }

  /**
   * Makes a request that kafkajs encodes and decodes, such as `() => node.heartbeat(...)`. If it
   * times out, the connections to that broker are closed: kafkajs keeps dead ones, on which each
   * later request would have to time out too.
   */
  async ask<T>(node: BrokerNode, request: () => Promise<T>, timeoutMs?: number): Promise<T> {
    try {
      return await within((timeoutMs ?? this.#requestTimeoutMs) + TIMEOUT_GRACE_MS, request);
    } catch (error) {
      if (error instanceof KafkaJSRequestTimeoutError) drop(node, error as Error);
      throw error;
    }
  }

  /** Makes a request that we encode and decode. */
  send<T>(node: BrokerNode, request: RawRequest<T>): Promise<T> {
    const send = async () => {
      const connection = await node.connectionPool.getConnectionByRequest({ request });
      return await sendRaw(connection, request);
    };
    return this.ask(node, send, request.timeoutMs);
  }

  async #limited<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await within(this.#requestTimeoutMs + TIMEOUT_GRACE_MS, request);
    } catch (error) {
      if (error instanceof KafkaJSRequestTimeoutError) this.reset();
      throw error;
    }
  }

  /** Closes all connections permanently, even with requests in flight. */
  close(): void {
    this.#closed = true;
    this.reset();
    this.#closeSockets();
  }

  #closeSockets(): void {
    for (const socket of this.#sockets) socket.destroy(connectionClosed());
  }

  /** Closes the open connections, even with requests in flight; the next requests reopen them. */
  reset(): void {
    const closed = connectionClosed();
    const nodes = [this.#pool.seedBroker, ...Object.values(this.#pool.brokers)];
    for (const node of new Set<BrokerNode>(nodes)) node && drop(node, closed);
  }
}

function connectionClosed(): Error {
  return new KafkaJSConnectionClosedError("the connection was closed");
}

/**
 * Closes the connections to a broker; requests in flight fail with `error`. Nothing is closed while
 * it is connecting: that ends in bounded time, and otherwise requests that time out while they wait
 * for it would cancel each other's attempts forever.
 */
function drop(node: BrokerNode, error: Error): void {
  if (isConnecting(node)) return;
  for (const connection of node.connectionPool.pool) {
    connection.rejectRequests(error);
    connection.disconnect().then(() => connection.socket?.destroy(), () => {});
  }
}

/** @throws {KafkaJSRequestTimeoutError} after `ms`; the signal's reason */
function within<T>(ms: number, request: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const late = () => new KafkaJSRequestTimeoutError(`no answer within ${ms / 1000} s`);
  return deadline({ ms, signal, late }, request);
}
