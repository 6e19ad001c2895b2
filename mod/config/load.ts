import { parse } from "dotenv";
import { Failure, messageOf } from "../failure/failure.ts";
import { readTextSync } from "../files/read_text.ts";
import { ALL_SETTINGS, type Setting, type SettingKey, type Settings } from "./settings.ts";
import { secretsOf } from "./redaction.ts";
import type { Origin, Resolved } from "./resolved.ts";
import { meantName, meantSdkName } from "./meant_name.ts";
import { parseValue } from "./value.ts";

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
  /** Values of flags, by key; `undefined` if the flag was not given. */
  flags: Partial<Record<SettingKey, string | boolean | undefined>>;
  /** @default {Deno.env.toObject()} */
  environment?: Record<string, string>;
}

/**
 * Finds each setting's value: flag, then environment, then `.env`, then default. Names in the
 * `.env` file that are not settings (such as `AWS_PROFILE`) are put into the environment unless
 * they are there, so that the AWS SDK sees them.
 * @throws {Failure} kind `usage`, naming the setting, where its value came from and what was
 * expected
 */
export function loadSettings(options: LoadOptions): LoadedSettings {
  const environment = options.environment ?? Deno.env.toObject();
  const file = readEnvFile(options.flags.envFile as string | undefined);
  const resolved = ALL_SETTINGS.map(([key, setting]) =>
    resolve(key, setting, options.flags[key], environment, file)
  );
  if (options.environment === undefined) {
    for (const [name, value] of Object.entries(file.values)) {
      if (!SETTING_NAMES.has(name) && !environment[name]) Deno.env.set(name, value);
    }
  }
  const warnings = [
    ...unknownNames(Object.keys(file.values), file.path!, true),
    ...unknownNames(Object.keys(environment), "the environment", false),
    ...openSecrets(file),
    ...openSecretFiles(environment, file),
    ...cutValues(file),
  ];
  return {
    settings: Object.fromEntries(resolved.map(({ key, value }) => [key, value])) as Settings,
    resolved,
    envFile: file.path,
    warnings,
  };
}

const SETTING_NAMES: ReadonlySet<string> = new Set(
  ALL_SETTINGS.flatMap(([, { env, fileEnv }]) => [env ?? [], fileEnv ?? []].flat()),
);

/** Names in the environment of a host that may be meant for us; others' are none of our business. */
const MAYBE_OURS = /^(KAFKA|AWS|S3|TICKLAKE|BOOTSTRAP)_/i;

/** Names of which only ours begin so. */
const OURS = /^(TICKLAKE|AWS_S3)_/;

/**
 * A warning for each name that was probably meant to be a setting's: without one, the embedded
 * parts would silently take a service's place.
 * @param file whether it is a `.env` file, which was written for us, not the host's environment
 */
function unknownNames(names: string[], place: string, file: boolean): string[] {
  return names.filter((name) => !SETTING_NAMES.has(name)).flatMap((name) => {
    const meant = file || MAYBE_OURS.test(name) ? meantName(name, SETTING_NAMES) : undefined;
    if (meant !== undefined) {
      return [`${name} in ${place} is not a setting; did you mean ${meant}?`];
    }
    const ofSdk = file ? meantSdkName(name) : undefined;
    if (ofSdk !== undefined) {
      return [`${name} in ${place} is not read by the AWS SDK; did you mean ${ofSdk}?`];
    }
    if (!OURS.test(name) && !(file && name.startsWith("KAFKA_"))) return [];
    return [`${name} in ${place} is not a setting; \`ticklake config\` lists them`];
  });
}

/** A warning when a file with secrets can be read by other users. */
function openSecrets({ path, values }: EnvFile): string[] {
  const names = ALL_SETTINGS.flatMap(([, { env, secret }]) => secret === true ? [env!] : []);
  const secrets = [...names.map((name) => values[name]), ...secretsOf([], values)];
  if (!secrets.some(Boolean)) return [];
  const { mode } = Deno.statSync(path!);
  if (mode === null || (mode & 0o077) === 0) return [];
  return [`${path} holds secrets and other users can read it; run \`chmod 600 ${path}\``];
}

/** A warning for each file of one secret, such as a password, that other users can read. */
function openSecretFiles(environment: Record<string, string>, file: EnvFile): string[] {
  return ALL_SETTINGS.flatMap(([, { env, fileEnv }]) => {
    const path = fileEnv && (environment[fileEnv] || file.values[fileEnv]);
    if (!path || environment[env!] || file.values[env!]) return [];
    // The key of a group, as of the secrets of a container, is its administrator's choice.
    const { mode, isFile } = Deno.statSync(path);
    if (!isFile || mode === null || (mode & 0o007) === 0) return [];
    return [
      `${path} (${fileEnv}) holds a secret and other users can read it; run \`chmod 600 ${path}\``,
    ];
  });
}

/** `NAME=begin#end` without quotes: to dotenv the value is `begin`, to a shell it is all. */
const CUT_VALUE = /^\s*(?:export\s+)?([\w.-]+)\s*=[ \t]*[^'"`#\s](?:[^#\r\n]*\S)?#/gm;

function cutValues({ path, text }: EnvFile): string[] {
  return [...text.matchAll(CUT_VALUE)].map(([, name]) =>
    `${name} in ${path} is cut at the #; put quotes around the value if it belongs to it`
  );
}

interface EnvFile {
  path?: string;
  text: string;
  values: Record<string, string>;
}

function readEnvFile(named: string | undefined): EnvFile {
  const path = named ?? ".env";
  let text: string;
  try {
    text = readTextSync(path);
  } catch (cause) {
    if (named === undefined && cause instanceof Deno.errors.NotFound) {
      return { text: "", values: {} };
    }
    throw new Failure("usage", `${path} cannot be read: ${messageOf(cause)}`, {
      cause,
      fix: named === undefined
        ? "Make the file readable, or name another with --env-file."
        : "Name a file of NAME=value lines with --env-file.",
    });
  }
  return { path, text, values: parse(text) };
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
    value: parseValue(setting, text, source),
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
  const { fileEnv } = setting;
  const path = fileEnv && (environment[fileEnv] || file.values[fileEnv]);
  if (path) {
    const source = `${fileEnv} in ${environment[fileEnv] ? "the environment" : file.path}`;
    return found(valueIn(path, source), environment[fileEnv] ? "environment" : "file", source);
  }
  const origin = setting.default === undefined ? "unset" : "default";
  return { key, setting, value: setting.default, origin, source: origin };
}

/** A value from a file of its own, without the newline at its end. */
function valueIn(path: string, source: string): string {
  try {
    return readTextSync(path).replace(/\r?\n$/, "");
  } catch (cause) {
    throw new Failure("usage", `${source}: ${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
