import { loadSettings } from "../../mod/config/load.ts";
import type { Settings } from "../../mod/config/settings.ts";

/** Settings for a Kafka broker, with a session that ends soon. */
export function kafkaSettings(bootstrapServers: string, sessionTimeout = "6s"): Settings {
  return loadSettings({ flags: { bootstrapServers, sessionTimeout }, environment: {} }).settings;
}
