import type { CallOptions } from "../broker/broker.ts";
import type { TopicInspector } from "../broker/topic_inspector.ts";
import type { Settings } from "../config/settings.ts";

/** Opens the topic inspector of the configured broker. */
export async function openTopicInspector(
  settings: Settings,
  options: CallOptions,
): Promise<TopicInspector> {
  if (settings.bootstrapServers !== undefined) {
    const { openKafkaTopicInspector } = await import("../broker/kafka/kafka_topic_inspector.ts");
    return await openKafkaTopicInspector(settings, options);
  }
  const { openEmbeddedTopicInspector } = await import(
    "../broker/embedded/embedded_topic_inspector.ts"
  );
  return await openEmbeddedTopicInspector(`${settings.home}/log.sqlite`);
}
