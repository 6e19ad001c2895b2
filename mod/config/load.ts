import { parse } from "dotenv";
import { Failure, messageOf } from "../failure/failure.ts";
import { ALL_SETTINGS, type Setting, type SettingKey, type Settings } from "./settings.ts";
import { parseValue, type ValueType, type ValueTypes } from "./value.ts";

/** Where a value came from. */
export type Origin = "flag" | "environment" | "file" | "default" | "unset";

/** One setting in force. */
export interface Resolved {
  key: SettingKey;
  setting: Setting;
  value: ValueTypes[ValueType] | undefined;
  origin: Origin;
  /** For people: `--topic`, `KAFKA_TOPIC in the environment`, `KAFKA_TOPIC in .env`, `default`. */
  source: string;
}

/** All that {@linkcode loadSettings} found. */
export interface LoadedSettings {
  settings: Settings;
  resolved: Resolved[];
  /** The `.env` file that was read, if there was one. */
  envFile?: string;
  /** Things worth a line in the log, such as an unknown name that is nearly one of ours. */
  warnings: string[];
}

/** Options of {@linkcode loadSettings}. */
export interface LoadOptions {
  /** Values of flags, by key; `undefined` where the flag was not given. */
  flags: Partial<Record<SettingKey, string | boolean | undefined>>;
  /** @default {Deno.env.toObject()} */
  environment?: Record<string, string>;
}

/**
 * Finds each setting's value: flag, else environment, else `.env`, else default. Names in the
 * `.env` file that are not settings (such as `AWS_PROFILE`) are put into the environment unless
 * they are there, so that the AWS SDK sees them.
 * @throws {Failure} kind `usage`, naming the setting, where its value came from and what was expected
 */
export function loadSettings(options: LoadOptions): LoadedSettings {
  const environment = options.environment ?? Deno.env.toObject();
  const file = readEnvFile(options.flags.envFile as string | undefined);
  const resolved = ALL_SETTINGS.map(([key, setting]) =>
    resolve(key, setting, options.flags[key], environment, file)
  );
  const known = new Set(ALL_SETTINGS.map(([, { env }]) => env));
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(file.values)) {
    if (known.has(name)) continue;
    if (name.startsWith("TICKLAKE_")) {
      warnings.push(`${name} in ${file.path} is not a setting; \`ticklake config\` lists them`);
    } else if (options.environment === undefined && !(name in environment)) {
      Deno.env.set(name, value);
    }
  }
  for (const name of Object.keys(environment)) {
    if (name.startsWith("TICKLAKE_") && !known.has(name)) {
      warnings.push(`${name} in the environment is not a setting; \`ticklake config\` lists them`);
    }
  }
  return {
    settings: Object.fromEntries(resolved.map(({ key, value }) => [key, value])) as Settings,
    resolved,
    envFile: file.path,
    warnings,
  };
}

interface EnvFile {
  path?: string;
  values: Record<string, string>;
}

function readEnvFile(named: string | undefined): EnvFile {
  const path = named ?? ".env";
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (cause) {
    if (named === undefined && cause instanceof Deno.errors.NotFound) return { values: {} };
    throw new Failure("usage", `${path} cannot be read: ${messageOf(cause)}`, {
      cause,
      fix: named === undefined
        ? "Make the file readable, or name another with --env-file."
        : "Name a file of NAME=value lines with --env-file.",
    });
  }
  return { path, values: parse(text) };
}

function resolve(
  key: SettingKey,
  setting: Setting,
  flag: string | boolean | undefined,
  environment: Record<string, string>,
  file: EnvFile,
): Resolved {
  const found = (text: string, origin: Origin, source: string): Resolved => ({
    key,
    setting,
    value: parseValue(setting.type, text, source, setting.choices),
    origin,
    source,
  });
  if (flag !== undefined) return found(String(flag), "flag", setting.flag!);
  const { env } = setting;
  // An empty value counts as unset, as in the shell's ${NAME:-default}.
  if (env !== undefined && environment[env]) {
    return found(environment[env], "environment", `${env} in the environment`);
  }
  if (env !== undefined && file.values[env]) {
    return found(file.values[env], "file", `${env} in ${file.path}`);
  }
  const origin = setting.default === undefined ? "unset" : "default";
  return { key, setting, value: setting.default, origin, source: origin };
}
