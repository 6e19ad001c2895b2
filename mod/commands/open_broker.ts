import type { Broker } from "../broker/broker.ts";
import type { Settings } from "../config/settings.ts";

/** Opens the broker that the settings name: Kafka, else the embedded log. */
export async function openBroker(settings: Settings): Promise<Broker> {
  if (settings.bootstrapServers !== undefined) {
    const { openKafkaBroker } = await import("../broker/kafka/kafka_broker.ts");
    return openKafkaBroker(settings);
  }
  const { openEmbeddedBroker } = await import("../broker/embedded/embedded_broker.ts");
  return openEmbeddedBroker(`${settings.home}/log.sqlite`);
}
