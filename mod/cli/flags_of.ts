import {
  ALL_SETTINGS,
  type CommandName,
  type Setting,
  type SettingKey,
  takes,
} from "../config/settings.ts";

/**
 * The settings that are flags of a command. Two commands may use one flag for different settings
 * (`--format`); if a command takes both, as `config` does, the flag belongs to the first one.
 */
export function flagsOf(
  command: CommandName,
): ReadonlyArray<readonly [key: SettingKey, setting: Setting]> {
  const seen = new Set<string>();
  return ALL_SETTINGS.filter(([key, { flag }]) => {
    if (flag === undefined || !takes(command, key) || seen.has(flag)) return false;
    seen.add(flag);
    return true;
  });
}
