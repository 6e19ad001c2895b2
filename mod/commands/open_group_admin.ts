import type { CallOptions } from "../broker/broker.ts";
import type { GroupAdmin } from "../broker/group_admin.ts";
import type { Settings } from "../config/settings.ts";

/** Opens what can set a group's offsets on the broker that the settings name. */
export async function openGroupAdmin(
  settings: Settings,
  options: CallOptions,
): Promise<GroupAdmin> {
  if (settings.bootstrapServers !== undefined) {
    const { openKafkaGroupAdmin } = await import("../broker/kafka/kafka_group_admin.ts");
    return await openKafkaGroupAdmin(settings, options);
  }
  const { openEmbeddedGroupAdmin } = await import("../broker/embedded/embedded_group_admin.ts");
  return await openEmbeddedGroupAdmin(`${settings.home}/log.sqlite`);
}
