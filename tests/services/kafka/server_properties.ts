/** One listener of a broker. */
export interface KafkaListener {
  /** Name, such as `PLAINTEXT` or `CLIENTS`. */
  name: string;
  protocol: "PLAINTEXT" | "SSL" | "SASL_PLAINTEXT" | "SASL_SSL";
  port: number;
  /** `HOST:PORT` that clients are told to use instead of the address of the listener itself. */
  advertised?: string;
}

/** A node of a cluster of several. */
export interface ClusterMember {
  id: number;
  /** All nodes' controllers, `ID@HOST:PORT` separated by commas. */
  voters: string;
}

/** Options of {@linkcode serverProperties}. */
export interface ServerPropertiesOptions {
  listeners: KafkaListener[];
  controllerPort: number;
  /** The node's place in a cluster. @default {the only one} */
  member?: ClusterMember;
  dataFolder: string;
  /** Further lines of server.properties, which win over those written here. */
  properties?: Record<string, string>;
}

/** The server.properties of a KRaft node that is quick to start, rebalance and forget. */
export function serverProperties(options: ServerPropertiesOptions): string {
  const { listeners, controllerPort, member, dataFolder, properties } = options;
  const address = ({ name, port }: KafkaListener) => `${name}://127.0.0.1:${port}`;
  const advertised = ({ name, port, advertised }: KafkaListener) =>
    `${name}://${advertised ?? `127.0.0.1:${port}`}`;
  const all: Record<string, string> = {
    "process.roles": "broker,controller",
    "node.id": `${member?.id ?? 1}`,
    ...member === undefined
      ? { "controller.quorum.bootstrap.servers": `127.0.0.1:${controllerPort}` }
      : { "controller.quorum.voters": member.voters },
    "controller.listener.names": "CONTROLLER",
    "listeners": [...listeners.map(address), `CONTROLLER://127.0.0.1:${controllerPort}`].join(),
    "advertised.listeners": listeners.map(advertised).join(),
    "inter.broker.listener.name": listeners[0].name,
    "listener.security.protocol.map": [
      ...listeners.map(({ name, protocol }) => `${name}:${protocol}`),
      "CONTROLLER:PLAINTEXT",
    ].join(),
    "log.dirs": dataFolder,
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "log.initial.task.delay.ms": "500",
    "log.retention.check.interval.ms": "1000",
    ...properties,
  };
  return Object.entries(all).map(([name, value]) => `${name}=${value}\n`).join("");
}
