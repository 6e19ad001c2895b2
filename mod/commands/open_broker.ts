import type { Broker, CallOptions } from "../broker/broker.ts";
import type { Settings } from "../config/settings.ts";

/**
 * Opens the broker that the settings name: Kafka, otherwise the embedded log.
 * @throws {Failure} kind `service`, when it cannot be reached; the signal's reason
 */
export async function openBroker(
  settings: Settings,
  options: CallOptions = {},
): Promise<Broker> {
  if (settings.bootstrapServers !== undefined) {
    const { openKafkaBroker } = await import("../broker/kafka/kafka_broker.ts");
    return openKafkaBroker(settings, options);
  }
  const { openEmbeddedBroker } = await import("../broker/embedded/embedded_broker.ts");
  return openEmbeddedBroker(`${settings.home}/log.sqlite`, {
    retention: {
      ms: settings.logRetention,
      bytes: settings.logRetentionBytes,
      unconsumed: settings.logRetentionUnconsumed,
    },
  });
}

/**
 * Opens the broker that the settings name, to look into it: an embedded log that does not exist yet is not
 * created, and has no topics.
 * @throws {Failure} kind `service`, when it cannot be reached; the signal's reason
 */
export async function openExistingBroker(
  settings: Settings,
  options: CallOptions = {},
): Promise<Broker> {
  if (settings.bootstrapServers !== undefined) return await openBroker(settings, options);
  const { openExistingLog } = await import("../broker/embedded/existing_log.ts");
  return await openExistingLog(`${settings.home}/log.sqlite`);
}
