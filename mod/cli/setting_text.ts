import type { Setting } from "../config/settings.ts";
import { formatValue, type ValueType } from "../config/value.ts";

/** Placeholders of flags whose setting names none. */
const PLACEHOLDERS: Partial<Record<ValueType, string>> = {
  integer: "<n>",
  duration: "<duration>",
  size: "<size>",
  rate: "<rows-per-second>",
};

/**
 * The placeholder after a setting's flag, such as `<file>` or `<parquet|jsonl>`; empty for a
 * boolean.
 */
export function placeholderOf({ type, placeholder, choices }: Setting): string {
  if (type === "boolean") return "";
  if (placeholder !== undefined) return placeholder;
  return PLACEHOLDERS[type] ?? `<${(choices ?? [type]).join("|")}>`;
}

/** How a setting is given: `-n, --count <rows>`, or `NAME=<value>` if it has no flag. */
export function settingTerm(setting: Setting): string {
  const { flag, short, env } = setting;
  const value = placeholderOf(setting);
  if (flag === undefined) return value === "" ? `${env}=true|false` : `${env}=${value}`;
  const flags = short === undefined ? flag : `${short}, ${flag}`;
  return value === "" ? flags : `${flags} ${value}`;
}

/**
 * What to know of a setting beside its description: choices that the placeholder does not show, the
 * default, and with `names` the environment names.
 */
export function settingNotes(setting: Setting, names: boolean): string[] {
  const { type, choices, placeholder, flag, env, fileEnv } = setting;
  const notes: string[] = [];
  if (choices !== undefined && placeholder !== undefined) {
    notes.push(`one of ${choices.join(", ")}`);
  }
  if (setting.default !== undefined && type !== "boolean") {
    notes.push(`default ${formatValue(type, setting.default)}`);
  }
  if (names && flag !== undefined && env !== undefined) notes.push(env);
  if (names && fileEnv !== undefined) notes.push(`or ${fileEnv}, a file with the value`);
  return notes;
}
