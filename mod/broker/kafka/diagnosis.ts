import type { KafkaConfig } from "kafkajs";
import type { Settings } from "../../config/settings.ts";
import type { Broker, CallOptions } from "../broker.ts";
import { clientOptions } from "./client.ts";
import { Cluster } from "./cluster.ts";
import { listenerUse } from "./explain_connection.ts";
import { openKafkaBroker } from "./kafka_broker.ts";
import { type ListenerFault, listenerFault } from "./listener_fault.ts";
import { type ListenerState, probeListener } from "./listener_probe.ts";

/** What the check of one listener found. */
export interface ListenerDiagnosis {
  state: ListenerState;
  /** IP address that its host name resolved to, if it did. */
  ip?: string;
  /** What is wrong; unset if it answers correctly. */
  fault?: ListenerFault;
}

/** An address that a broker tells clients to connect to. */
export interface AdvertisedListener {
  nodeId: number;
  host: string;
  port: number;
}

/** The individual steps of a connection to Kafka, for `doctor`. */
export class KafkaDiagnosis {
  /** Whether connections use TLS and SASL. */
  readonly use: Readonly<{ tls: boolean; login: boolean }>;
  /** The bootstrap servers, as `HOST:PORT`. */
  readonly servers: readonly string[];
  readonly #config: KafkaConfig;
  readonly #settings: Settings;

  /** @throws {Failure} kind `usage`, when the settings are wrong; the signal's reason */
  static async of(settings: Settings, signal: AbortSignal): Promise<KafkaDiagnosis> {
    return new KafkaDiagnosis(settings, await clientOptions(settings, signal));
  }

  private constructor(settings: Settings, config: KafkaConfig) {
    this.#settings = settings;
    this.#config = config;
    this.servers = this.#config.brokers as string[];
    this.use = listenerUse(this.#config);
  }

  /** Queries a listener as a client would. Never throws. @param server `HOST:PORT` */
  async probe(server: string): Promise<ListenerDiagnosis> {
    const { options: tls, ...use } = listenerUse(this.#config);
    const { state, detail, ip } = await probeListener(server, { tls });
    return { state, ip, fault: listenerFault({ state, detail }, use) };
  }

  /**
   * The brokers' advertised addresses; no connection to them is opened.
   * @param servers servers to ask, as `HOST:PORT`
   * @throws {Failure} kind `service`, after 12 seconds at most
   */
  async advertised(servers: string[]): Promise<AdvertisedListener[]> {
    const cluster = new Cluster({ ...this.#config, brokers: servers });
    try {
      return await cluster.advertised();
    } finally {
      cluster.close();
    }
  }

  /** Connects as the other commands do. @throws {Failure} kind `service` */
  open(options: CallOptions): Promise<Broker> {
    return openKafkaBroker(this.#settings, options);
  }
}
