import { freePort } from "../free_port.ts";
import { installKafka, type Kafka, startKafka } from "./kafka.ts";
import type { KafkaListener } from "./server_properties.ts";

/** A cluster of several nodes, each a broker and a controller. */
export interface KafkaCluster {
  /** All nodes' `127.0.0.1:PORT`, separated by commas. */
  readonly bootstrap: string;
  /** The ids of the nodes, which are numbered from 1. */
  readonly ids: number[];
  /** Ends a node at once, as a loss of power would. */
  kill(id: number): Promise<void>;
  /** Starts a node again, with what is in its folder. */
  start(id: number): Promise<void>;
  /** Folder of a node's logs. */
  dataFolder(id: number): string;
  stop(): Promise<void>;
}

/**
 * Starts three KRaft nodes on loopback, which takes about 12 s and 400 MB each. Replication factors are 3
 * where they are not given.
 * @param properties further lines of each server.properties
 * @throws {Missing} without Java or Maven
 */
export async function startKafkaCluster(
  folder: string,
  properties: Record<string, string> = {},
): Promise<KafkaCluster> {
  await installKafka();
  const ids = [1, 2, 3];
  const listeners = ids.map((): KafkaListener => {
    return { name: "PLAINTEXT", protocol: "PLAINTEXT", port: freePort() };
  });
  const controllerPorts = ids.map(() => freePort());
  const voters = ids.map((id, i) => `${id}@127.0.0.1:${controllerPorts[i]}`).join();
  const nodes = new Map<number, Kafka>();
  const start = async (id: number) => {
    const node = await startKafka({
      folder: `${folder}/node-${id}`,
      listeners: [listeners[id - 1]],
      member: { id, voters, controllerPort: controllerPorts[id - 1] },
      heapMegabytes: 256,
      properties: {
        "default.replication.factor": "3",
        "offsets.topic.replication.factor": "3",
        "transaction.state.log.replication.factor": "3",
        // A node that is killed is noticed after this, not after 9 s.
        "broker.session.timeout.ms": "2000",
        "broker.heartbeat.interval.ms": "500",
        ...properties,
      },
    });
    nodes.set(id, node);
  };
  // One after the other they would wait for each other.
  const failed = (await Promise.allSettled(ids.map(start)))
    .find(({ status }) => status === "rejected") as PromiseRejectedResult | undefined;
  if (failed !== undefined) {
    await Promise.all([...nodes.values()].map((node) => node.kill()));
    throw failed.reason;
  }
  return {
    ids,
    bootstrap: listeners.map(({ port }) => `127.0.0.1:${port}`).join(),
    start,
    dataFolder: (id) => `${folder}/node-${id}/data`,
    async kill(id) {
      await nodes.get(id)?.kill();
      nodes.delete(id);
    },
    async stop() {
      await Promise.all([...nodes.values()].map((node) => node.kill()));
    },
  };
}
