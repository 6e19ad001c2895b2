import type { Setting, SettingKey } from "./settings.ts";
import type { ValueType, ValueTypes } from "./value.ts";

/** Where a value came from. */
export type Origin = "flag" | "environment" | "file" | "default" | "unset";

/** One setting in force. */
export interface Resolved {
  key: SettingKey;
  setting: Setting;
  value: ValueTypes[ValueType] | undefined;
  origin: Origin;
  /** For display: `--topic`, `KAFKA_TOPIC in the environment`, `KAFKA_TOPIC in .env`, `default`. */
  source: string;
}
